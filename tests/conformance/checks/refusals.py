"""Items 92 and 93: filters that admission refuses, seen from outside."""

from tests.conformance.checks.filters import SENT, send
from tests.conformance.kit import SHOULD, Kit, Run, item

__all__: list[str] = []


def _refused(kit: Kit, element: dict[str, object]) -> Run:
    """The trigger that should be refused gets nothing, the other of its broker does."""
    broker, bad, good = kit.broker(), kit.receiver(), kit.receiver()
    kit.trigger(broker, bad, filters=[element])
    kit.trigger(broker, good)

    async def run() -> str:
        await send(broker, SENT)
        await good.wait(len(SENT))
        kit.received_only(good, *SENT)
        kit.received_only(bad)
        return "seen from outside: it gets nothing"

    return run


@item(92, SHOULD, "two dialects in one element are refused")
def two_dialects(kit: Kit) -> Run:
    return _refused(kit, {"exact": {"type": "com.kit.wanted"}, "prefix": {"source": "/"}})


@item(93, SHOULD, "bad CESQL is refused")
def bad_cesql(kit: Kit) -> Run:
    return _refused(kit, {"cesql": "type = 'com.kit.wanted' AND AND TRUE"})


@item(93, SHOULD, "CESQL that gives no Boolean matches nothing")
def no_boolean(kit: Kit) -> Run:
    return _refused(kit, {"cesql": "type"})
