"""What is true of each event source, for people to see; its service writes it, the console reads it.

A source's document and its secrets stay in the service that serves it: nothing of them is here.
"""

from dataclasses import dataclass

from poplin.catalog.records import Condition

__all__ = ["SourceStatus"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStatus:
    """`conditions` begins with Ready. A URI is None while it is not known; `url` is what a provider
    is to be told. Ready is that of the first of SinkProvided, SecretsProvided and
    WebhookConfigured that is not True; DeliveryReceived and EventsAccepted are for people.
    """

    kind: str
    api_version: str
    namespace: str
    name: str
    conditions: tuple[Condition, ...] = ()
    warnings: tuple[str, ...] = ()
    sink_uri: str | None = None
    url: str | None = None
    ce_attributes: tuple[tuple[str, str], ...] = ()
    """type and source of what it emits, as far as that is known before it comes."""
    settings: tuple[tuple[str, str], ...] = ()
    """What its spec says, name and text, to be shown; never a secret."""
    webhook_id: str = ""
    """Of the hook that is kept at the provider."""
    lag_s: float | None = None
    """Of the newest event: from when it happened, or came if it does not say, to the sink's 2xx."""
    observed_generation: int = 1
    spec_digest: str = ""

    @property
    def key(self) -> str:
        return f"{self.kind}/{self.namespace}/{self.name}"

    @property
    def ready(self) -> bool:
        return self.condition("Ready").status == "True"

    def condition(self, kind: str) -> Condition:
        """The one of that type; Unknown when there is none."""
        unknown = Condition(kind, "Unknown")
        return next((each for each in self.conditions if each.type == kind), unknown)
