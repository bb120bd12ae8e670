"""Where destinations lead outside a cluster: to Services and Brokers of the same files."""

from collections.abc import Callable, Iterable, Mapping
from typing import Literal
from urllib.parse import urljoin

from poplin.errors import ConfigurationError, InvalidResourceError
from poplin.names import is_name, is_namespace
from poplin.resources.models import Destination, Loaded, Ref, Service, one_line
from poplin.sender import Target

__all__ = ["Addresses", "BrokerUrl", "UnresolvedError", "read_services"]

BrokerUrl = Callable[[str, str], str]
"""A Broker's ingress URL by namespace and name."""

_EXAMPLE = "http://127.0.0.1:9000"


def read_services(options: Iterable[str]) -> dict[str, str]:
    """URLs by namespace/name of what `--resolve` says. Raises ConfigurationError."""
    found: dict[str, str] = {}
    for option in options:
        name, equals, url = option.partition("=")
        namespace, _, service = name.partition("/")
        if not (equals and is_namespace(namespace) and is_name(service)):
            # Whatever stands before an @ may be a password.
            shown = option if "@" not in option else "…@" + option.rpartition("@")[2]
            raise ConfigurationError(
                f"--resolve {shown[:200]!r} is not allowed; use NAMESPACE/NAME=URL, such as "
                f"default/orders={_EXAMPLE}"
            )
        try:
            Target.parse(url)
        except ConfigurationError as error:
            raise ConfigurationError(f"--resolve {name}: {error}") from error
        if found.setdefault(name, url) != url:
            raise ConfigurationError(f"--resolve {name} is given twice; keep one of its URLs")
    return found


class UnresolvedError(InvalidResourceError):
    """A ref that leads nowhere; the text says what to do."""


class Addresses:
    """`services` are URLs by namespace/name, which go before the documents."""

    def __init__(
        self, loaded: Loaded, broker_url: BrokerUrl, services: Mapping[str, str] | None = None
    ) -> None:
        self._given = services or {}
        self._services = {(each.namespace, each.name): each for each in loaded.services}
        self._brokers = {(each.namespace, each.name) for each in loaded.brokers}
        self.broker_url = broker_url

    def url(self, destination: Destination) -> str:
        """Raises UnresolvedError."""
        if destination.ref is None:
            return destination.uri or ""
        base = self._ref_url(destination.ref)
        return urljoin(base, destination.uri) if destination.uri else base

    def _ref_url(self, ref: Ref) -> str:
        key = (ref.namespace, ref.name)
        match _addressable(ref):
            case "Broker" if key in self._brokers:
                return self.broker_url(*key)
            case "Broker":
                raise _unresolved(ref, "add that Broker to the files, or use uri")
            case "Service":
                return self._service_url(ref)
            case _:
                raise _unresolved(
                    ref,
                    "a ref leads to a v1 or serving.knative.dev/v1 Service, or to an "
                    "eventing.knative.dev/v1 Broker; use uri for anything else",
                )

    def _service_url(self, ref: Ref) -> str:
        name = f"{ref.namespace}/{ref.name}"
        if (given := self._given.get(name)) is not None:
            return given
        service = self._services.get((ref.namespace, ref.name))
        if service is not None and service.external_name:
            return _external_url(service.external_name, service)
        raise _unresolved(
            ref,
            f"say where it listens with --resolve {name}={_EXAMPLE}, or add a v1 "
            "Service document of type ExternalName with a port under that name",
        )


def _unresolved(ref: Ref, step: str) -> UnresolvedError:
    kind = f"{ref.kind}.{ref.group}" if ref.group else ref.kind
    return UnresolvedError(
        one_line(f"{kind} {ref.namespace}/{ref.name} has no address here; {step}")
    )


def _addressable(ref: Ref) -> Literal["Service", "Broker"] | None:
    """A Knative Service has the same name as the v1 Service that leads to it."""
    if ref.version not in ("v1", ""):
        return None
    if ref.kind == "Service" and ref.group in ("", "serving.knative.dev"):
        return "Service"
    return "Broker" if (ref.kind, ref.group) == ("Broker", "eventing.knative.dev") else None


def _external_url(host: str, service: Service) -> str:
    """At its only port, else at the one named http, else at 80, which HTTP leaves unsaid."""
    ports = [port for name, port in service.ports if name == "http" or len(service.ports) == 1]
    port = next(iter(ports), 80)
    return f"http://{host}{f':{port}' if port != 80 else ''}/"
