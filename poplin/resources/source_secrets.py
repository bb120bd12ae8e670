"""The secrets of a source, out of the Secrets of the same files; no message has their values."""

import re
from base64 import b64decode
from dataclasses import dataclass, field

from poplin.catalog import Condition
from poplin.errors import InvalidResourceError
from poplin.resources.models import Loaded, Refused, Secret, one_line
from poplin.resources.source_models import (
    GitHubSpec,
    GitLabSpec,
    HookSpec,
    SecretKey,
    WebhookSpec,
)

__all__ = ["Secrets", "read_secrets"]

_TYPE = "SecretsProvided"
_NO_TOKEN = "AccessTokenNotFound"  # noqa: S105 - a reason, as Knative has it
_NO_SECRET = "SecretTokenNotFound"  # noqa: S105
_UNUSABLE = "SecretInvalid"
_SIGNING = b"whsec_"
_VISIBLE = re.compile(rb"[!-~]+\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """`values` are empty unless all are there."""

    condition: Condition
    values: tuple[bytes, ...] = field(default=(), repr=False)
    access_token: str | None = field(default=None, repr=False)
    warnings: tuple[str, ...] = ()


class _AbsentError(InvalidResourceError):
    """What is to be done; `reason` is that of the condition."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(one_line(message))
        self.reason = reason


def read_secrets(spec: HookSpec, namespace: str, loaded: Loaded) -> Secrets:
    if isinstance(spec, WebhookSpec) and spec.preset == "none":
        message = "Preset none verifies nothing."
        return Secrets(condition=Condition(_TYPE, "True", "NoSecretsConfigured", message))
    values: tuple[bytes, ...] = ()
    try:
        values = _values(spec, namespace, loaded)
        token = _access_token(spec, namespace, loaded)
    except _AbsentError as error:
        condition = Condition(_TYPE, "False", error.reason, str(error))
        return Secrets(condition=condition, values=values)
    return Secrets(
        condition=Condition(_TYPE, "True"),
        values=values,
        access_token=token,
        warnings=tuple(
            f"{_named(key, namespace)} {words}"
            for key, value in zip(spec.secrets, values, strict=True)
            if (words := _doubt(spec, value))
        ),
    )


def _doubt(spec: HookSpec, value: bytes) -> str:
    """What is legal but rarely meant."""
    if value.endswith((b"\n", b"\r")):
        return "ends with a line break, which is taken for a part of it; encode it as printf does"
    is_standard = isinstance(spec, WebhookSpec) and spec.preset in ("standard-webhooks", "gitlab")
    if not (is_standard or isinstance(spec, GitLabSpec)) or not value.startswith(_SIGNING):
        return ""
    encoded = value.removeprefix(_SIGNING)
    try:
        b64decode(encoded + b"=" * (-len(encoded) % 4), validate=True)
    except ValueError:
        return "begins with whsec_ and goes on with no base64; copy it as a whole"
    return ""


def _values(spec: HookSpec, namespace: str, loaded: Loaded) -> tuple[bytes, ...]:
    if not spec.secrets:
        message = "spec.secretToken is not there; without it nothing can be verified; add it"
        raise _AbsentError(_NO_SECRET, message)
    values = tuple(_value(each, namespace, loaded, _NO_SECRET) for each in spec.secrets)
    if isinstance(spec, WebhookSpec) and spec.preset == "basic":
        for key, value in zip(spec.secrets, values, strict=True):
            if b":" not in value:
                message = f"{_named(key, namespace)} has no colon; write it as user:password"
                raise _AbsentError(_UNUSABLE, message)
    return values


def _access_token(spec: HookSpec, namespace: str, loaded: Loaded) -> str | None:
    """GitLab's is not used, so nobody misses it."""
    if not isinstance(spec, GitHubSpec) or spec.access_token is None:
        return None
    value = _value(spec.access_token, namespace, loaded, _NO_TOKEN).strip()
    if _VISIBLE.match(value) is None:
        name = _named(spec.access_token, namespace)
        raise _AbsentError(_UNUSABLE, f"{name} is no token of visible ASCII; write it alone")
    return value.decode("ascii")


def _value(key: SecretKey, namespace: str, loaded: Loaded, reason: str) -> bytes:
    """Raises _AbsentError."""
    secret = loaded.documents.get(("Secret", namespace, key.name))
    name = f"Secret {namespace}/{key.name}"
    if isinstance(secret, Refused):
        raise _AbsentError(reason, f"{name} is refused at {secret.place}: {secret.message}")
    if not isinstance(secret, Secret):
        message = f"{name} is not in the files; add it, with the key {key.key} under stringData"
        raise _AbsentError(reason, message)
    value = secret.values.get(key.key)
    if value is None:
        raise _AbsentError(reason, f"{name} has no key {key.key}; add it under stringData")
    if not value:
        message = f"{_named(key, namespace)} is empty; write the secret there"
        raise _AbsentError(reason, message)
    return value


def _named(key: SecretKey, namespace: str) -> str:
    return f"key {key.key} of Secret {namespace}/{key.name}"
