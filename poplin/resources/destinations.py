"""Destinations by Knative's rules: a ref, an absolute URI, or a ref with a relative URI."""

import re
from urllib.parse import urlsplit

from poplin.errors import ConfigurationError
from poplin.resources.fields import Checker
from poplin.resources.models import Destination, Ref
from poplin.resources.values import Value
from poplin.sender import Target

__all__ = ["check_url", "read_destination", "read_ref"]

_VISIBLE = re.compile(r"[!-~]+")
_HAS_USERINFO = re.compile(r"[^/?#]*//[^/?#]*@")


def read_destination(checker: Checker, value: Value, namespace: str) -> Destination | None:
    """`namespace` is that of a ref that names none."""
    fields = checker.fields(value)
    if fields is None:
        return None
    ref_value, uri_value = fields.take("ref"), fields.take("uri")
    # To trust any CA where one was asked for, or to send no token, would weaken what was written.
    for unused in ("CACerts", "audience"):
        if (setting := fields.take(unused)) is not None:
            checker.refuse(setting, "is not served yet; leave it out")
    fields.refuse_unknown()
    ref = read_ref(checker, ref_value, namespace) if ref_value else None
    uri = checker.text(uri_value) if uri_value else None
    if ref_value is None and uri_value is None:
        checker.refuse(value, "expected at least one of ref and uri")
    if uri_value is not None and uri is not None:
        _check_uri(checker, uri_value, uri, has_ref=ref_value is not None)
    return Destination(ref=ref, uri=uri)


def read_ref(checker: Checker, value: Value, namespace: str) -> Ref | None:
    fields = checker.fields(value)
    if fields is None:
        return None
    kind, name = fields.need("kind"), fields.need("name")
    api, group, own = (fields.take(each) for each in ("apiVersion", "group", "namespace"))
    address = fields.take("address")
    fields.refuse_unknown()
    if api is None and group is None:
        checker.refuse(value, "is missing; it is required", f"{value.path}.apiVersion")
    texts = [
        checker.text(each) if each else None for each in (kind, name, api, group, own, address)
    ]
    if texts[0] is None or texts[1] is None:
        return None
    api_group, _, version = (texts[2] or "").rpartition("/")
    return Ref(
        kind=texts[0],
        name=texts[1],
        namespace=texts[4] or namespace,
        group=texts[3] or api_group,
        version=version,
    )


def check_url(checker: Checker, value: Value, url: str) -> None:
    """One that can be sent to, and holds no password."""
    _check_uri(checker, value, url, has_ref=False)


def _check_uri(checker: Checker, value: Value, uri: str, *, has_ref: bool) -> None:
    if _HAS_USERINFO.match(uri):
        checker.refuse(value, "credentials in a URI are not allowed; leave out all before the @")
    elif _VISIBLE.fullmatch(uri) is None:
        checker.bad(value, "visible ASCII, the rest percent-encoded")
    elif not has_ref:
        if not _is_sendable(uri):
            checker.bad(value, "an absolute http:// or https:// URI with a host")
    elif not _is_relative(uri):
        checker.refuse(value, "an absolute URI is not allowed together with ref")


def _is_sendable(uri: str) -> bool:
    try:
        Target.parse(uri)
    except ConfigurationError:
        return False
    return True


def _is_relative(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    return not parts.scheme and not uri.startswith("//")
