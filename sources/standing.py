"""How a source fares while it is served: what came, what went on, and what the sink refused."""

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from poplin.catalog import Condition

__all__ = ["Standing"]

_NEVER = Condition("DeliveryReceived", "Unknown", "NoDelivery", "nothing has come yet")
_NOT_YET = Condition("Deployed", "Unknown", "NotYetStarted", "no process has begun with it yet")


class Standing:
    """One for each source, kept through edits of its spec; used from the loop's thread alone.

    It lives as long as the process: after a restart nothing has come yet. One that `takes_webhooks`
    tells of them; any other says for itself how it fares, here or in the process whose turn it is.
    """

    def __init__(
        self, clock: Callable[[], float] = time.time, *, takes_webhooks: bool = True
    ) -> None:
        self._clock = clock
        self._takes_webhooks = takes_webhooks
        self._received = _NEVER if takes_webhooks else None
        self._accepted: Condition | None = None
        self._refused_size = 0
        self.webhook: Condition | None = None
        """WebhookConfigured, of a source whose hook is kept at the provider."""
        self.webhook_id = ""
        self.failed_at_s: float | None = None
        """By the monotonic clock: the last time that a delivery was answered 5xx."""
        self.lag_s: float | None = None
        self.namespaces: tuple[str, ...] = ()
        """Those that an ApiServerSource watches; '' stands for all."""
        self._said: dict[str, Condition] = {}
        if not takes_webhooks:
            self.rest()

    def say(self, condition: Condition) -> None:
        """What a source that acts by itself says of how it fares, in place of what it said before."""
        self._said[condition.type] = condition

    def rest(self) -> None:
        """Nobody works on it, or somebody begins anew: what it said before counts no more."""
        self.show((_NOT_YET,))

    def show(
        self,
        conditions: Iterable[Condition],
        namespaces: tuple[str, ...] = (),
        lag_s: float | None = None,
    ) -> None:
        """What the process says whose turn it is, or nobody."""
        self._said = {each.type: each for each in conditions}
        self._accepted = None
        self.namespaces = namespaces
        self.lag_s = lag_s

    def received(self, note: str = "") -> None:
        """A delivery whose signature is right; `note` says what was odd about it."""
        when = datetime.fromtimestamp(self._clock(), UTC).strftime("%Y-%m-%d %H:%M:%S")
        message = f"the last came at {when} UTC" + (f": {note}" if note else "")
        self._received = Condition("DeliveryReceived", "True", message=message)

    def emitted(self, size: int, lag_s: float) -> None:
        """The sink took an event. One that is smaller than what it refused proves nothing."""
        self.lag_s = lag_s
        if size >= self._refused_size:
            self._refused_size = 0
            self._accepted = Condition("EventsAccepted", "True")

    def too_large(self, size: int) -> None:
        """The sink answered 413."""
        self._refused_size = max(size, 1)
        self._refuse(
            "EventTooLarge",
            f"the sink refused an event of {size} bytes with 413; if it is a broker, start its "
            "ingress with a larger --max-event-bytes",
        )

    def sink_failed(self, reason: str, message: str) -> None:
        """A delivery could not be emitted; an event that is too large stays the graver news."""
        if not self._refused_size:
            self._refuse(reason, message)

    def failed(self) -> None:
        """A delivery was answered 5xx."""
        self.failed_at_s = time.monotonic()

    def edited(self) -> None:
        """Its spec is another one: what the sink refused may fit now."""
        self._refused_size = 0
        self._accepted = None
        if not self._takes_webhooks:
            self.rest()

    def conditions(self) -> tuple[Condition, ...]:
        found = (self.webhook, self._received, self._accepted, *self._said.values())
        return tuple(each for each in found if each is not None)

    def _refuse(self, reason: str, message: str) -> None:
        self._accepted = Condition("EventsAccepted", "False", reason, message)
