"""What the documents of all event sources share: secrets, event types, URLs, overrides."""

import re

from poplin.codec.attributes import check, check_text, is_uri_reference
from poplin.errors import InvalidEventError
from poplin.names import is_key, is_name
from poplin.resources.destinations import check_url
from poplin.resources.fields import Checker
from poplin.resources.source_models import SecretKey
from poplin.resources.values import Value

__all__ = [
    "check_attribute",
    "check_extension_name",
    "read_event_types",
    "read_overrides",
    "read_secret_key",
    "read_url",
]

_VISIBLE = re.compile(r"[!-~]{1,200}\Z")
_EXTENSION = re.compile(r"[a-z0-9]{1,20}\Z")
# CloudEvents 1.0.2, "Context Attributes"; `data` is the name of the payload in JSON.
_NO_EXTENSIONS = frozenset(
    {
        "data", "datacontenttype", "dataschema", "id", "source", "specversion", "subject", "time",
        "type",
    }
)  # fmt: skip
_VALID = {"specversion": "1.0", "id": "1", "source": "/", "type": "t"}


def read_secret_key(checker: Checker, value: Value) -> SecretKey | None:
    """Of `accessToken`, `secretToken` and the items of `secrets`.

    Checker.bad is no use here: where a name belongs somebody may have written the secret itself.
    """
    if not isinstance(value.data, dict):
        checker.refuse(value, "is not a mapping with secretKeyRef; secrets stand in a v1 Secret")
        return None
    fields = checker.fields(value)
    ref = fields.need("secretKeyRef") if fields else None
    if fields:
        fields.refuse_unknown()
    return _ref(checker, ref) if ref else None


def _ref(checker: Checker, value: Value) -> SecretKey | None:
    if not isinstance(value.data, dict):
        checker.refuse(value, "is not a mapping with name and key of a v1 Secret")
        return None
    fields = checker.fields(value)
    if fields is None:
        return None
    name, key, optional = fields.need("name"), fields.need("key"), fields.take("optional")
    fields.refuse_unknown()
    if optional is not None and checker.flag(optional):
        checker.warn(optional, "is not heeded; nothing is accepted without the secret")
    if name is not None and not (isinstance(name.data, str) and is_name(name.data)):
        checker.refuse(name, "is no name of a Secret: lower-case letters, digits, '-' and '.'")
    elif key is not None and not (isinstance(key.data, str) and is_key(key.data)):
        checker.refuse(key, "is no key of a Secret: letters, digits, '-', '_' and '.'")
    elif name is not None and key is not None:
        return SecretKey(name=name.data, key=key.data)
    return None


def read_event_types(checker: Checker, value: Value) -> tuple[str, ...]:
    """Whatever the provider may call its events, now or one day; each once."""
    items = checker.items(value)
    if items == []:
        checker.refuse(value, "is empty; give at least one")
    found: dict[str, None] = {}
    for each in items or ():
        if isinstance(each.data, str) and _VISIBLE.match(each.data):
            found[each.data] = None
        else:
            checker.bad(each, "the name of an event, without spaces")
    return tuple(found)


def read_url(checker: Checker, value: Value) -> str:
    """An address of a provider; it may become the source of events."""
    url = checker.text(value) or ""
    known = len(checker.problems)
    if url:
        check_url(checker, value, url)
    if url and len(checker.problems) == known:
        if "?" in url or "#" in url:
            checker.refuse(value, "a query or fragment is not allowed; leave it out")
        elif not is_uri_reference(url):
            checker.bad(value, "a URL whose special characters are percent-encoded")
    return url


def read_overrides(checker: Checker, value: Value) -> tuple[tuple[str, str], ...]:
    """The extensions of `ceOverrides`."""
    fields = checker.fields(value)
    extensions = fields.take("extensions") if fields else None
    if fields:
        fields.refuse_unknown()
    members = checker.fields(extensions) if extensions else None
    found = []
    for name, each in (members.value.data if members else {}).items():
        if not isinstance(each.data, str) or not each.data:
            checker.bad(each, "a non-empty string (quote numbers and booleans)")
        elif check_extension_name(checker, each, name):
            check_attribute(checker, each, name, each.data)
            found.append((name, each.data))
    return tuple(found)


def check_extension_name(checker: Checker, value: Value, name: str) -> bool:
    if name in _NO_EXTENSIONS:
        checker.refuse(value, f"{name} is an attribute of CloudEvents itself, not an extension")
    elif _EXTENSION.match(name) is None:
        shown = ascii(name)[:60]
        words = "use 1 to 20 lower-case letters and digits"
        checker.refuse(value, f"extension name {shown} is not allowed; {words}")
    else:
        return True
    return False


def check_attribute(checker: Checker, value: Value, name: str, text: str) -> None:
    """What no ingress would take is refused where it is written."""
    try:
        check_text(name, text)
        check({**_VALID, name: text})
    except InvalidEventError as error:
        checker.refuse(value, str(error))
