"""A v1 Secret: checked, decoded, and never repeated in a message."""

from base64 import b64decode

from poplin.names import is_key
from poplin.resources.fields import Checker, Fields
from poplin.resources.models import Identity, Secret
from poplin.resources.values import Value

__all__ = ["read_secret"]

_MOST_BYTES = 1024 * 1024
"""Of all values together, as Kubernetes has it."""


def read_secret(
    checker: Checker, identity: Identity, _annotations: Value | None, document: Fields
) -> Secret:
    """`stringData` goes before `data`, as in Kubernetes."""
    data, texts = document.take("data"), document.take("stringData")
    for unused in ("type", "immutable"):
        document.take(unused)
    document.refuse_unknown()
    values = {
        name: _decoded(checker, value, text)
        for name, (value, text) in _texts(checker, data).items()
    }
    values |= {name: text.encode() for name, (_, text) in _texts(checker, texts).items()}
    if sum(map(len, values.values())) > _MOST_BYTES:
        checker.refuse(document.value, "holds more than 1 MiB")
    _, namespace, name = identity
    return Secret(namespace=namespace, name=name, values=values)


def _texts(checker: Checker, value: Value | None) -> dict[str, tuple[Value, str]]:
    """By key. Checker.bad is no use here: it shows what is wrong."""
    if value is None:
        return {}
    if not isinstance(value.data, dict):
        checker.refuse(value, "is not a mapping from keys to texts")
        return {}
    found = {}
    for name, each in value.data.items():
        if not is_key(name):
            checker.refuse(each, "a key holds letters, digits, '-', '_' and '.' only", value.path)
        elif each.data is not None and not isinstance(each.data, str):
            checker.refuse(each, "is not a text; put the value in quotes")
        else:
            found[name] = (each, each.data or "")
    return found


def _decoded(checker: Checker, value: Value, text: str) -> bytes:
    try:
        return b64decode("".join(text.split()), validate=True)
    except ValueError:
        checker.refuse(value, "is not base64; encode it, or use stringData")
        return b""
