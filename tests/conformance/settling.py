"""One last event, so that whatever else was going to come has come."""

from collections.abc import Awaitable, Callable

from tests.conformance.callbacks import Answer
from tests.conformance.kit import Kit

__all__ = ["declare_settling"]

_RETRIES = 5


def declare_settling(kit: Kit) -> Callable[[], Awaitable[None]]:
    """Sends an event that is refused five times with the waits that the checks use, 1.5 s in all,
    and returns once it is taken: longer than any attempt that one of them should not see is away.
    Raises TimeoutError when it is not retried that often.
    """
    delivery = {"retry": _RETRIES, "backoffPolicy": "linear", "backoffDelay": "PT0.1S"}
    broker, receiver = kit.broker(delivery=delivery), kit.receiver()
    receiver.answer = lambda _received, attempt: Answer(503 if attempt <= _RETRIES else 202)
    kit.trigger(broker, receiver)

    async def settle() -> None:
        await broker.send("last")
        await receiver.wait(_RETRIES + 1)

    return settle
