"""Items 79-91: who wants an event."""

from collections.abc import Sequence

from tests.conformance.callbacks import Receiver
from tests.conformance.ingress import Broker
from tests.conformance.kit import MUST, Kit, Run, item

__all__ = ["SENT", "send"]

Events = dict[str, dict[str, str]]
"""Attributes by id; `type` is kit.event unless given."""

SENT: Events = {
    "exact": {"type": "com.kit.wanted", "source": "/wanted/source", "ext": "wanted"},
    "type": {"type": "com.kit.wanted", "source": "/other", "ext": "other"},
    "source": {"type": "com.other", "source": "/wanted/source", "ext": "wanted-not"},
    "neither": {"type": "com.other", "source": "/other"},
    "inside": {"type": "x.com.kit.wanted.x", "source": "/x/wanted/source/x"},
}


async def send(broker: Broker, events: Events) -> None:
    for event, attributes in events.items():
        others = {name: value for name, value in attributes.items() if name != "type"}
        await broker.send(event, attributes.get("type", "kit.event"), b"", **others)


def _filters(
    kit: Kit,
    filters: Sequence[object],
    wanted: Sequence[str],
    *,
    events: Events | None = None,
    legacy: dict[str, str] | None = None,
) -> Run:
    """The events are sent, then an end that another trigger of the broker awaits; the trigger
    under test gets just those that are wanted.
    """
    broker, receiver, end = kit.broker(), kit.receiver(), kit.receiver()
    kit.trigger(broker, receiver, filters=list(filters), filter={"attributes": legacy or {}})
    kit.trigger(broker, end, filter={"attributes": {"type": "kit.end"}})

    async def run() -> None:
        await send(broker, events or SENT)
        await broker.send("end", "kit.end", source="/other")
        await end.wait_for("end")
        await receiver.wait(len(wanted))
        kit.received_only(receiver, *wanted)

    return run


def _register(
    number: int,
    title: str,
    filters: Sequence[object],
    wanted: Sequence[str],
    *,
    events: Events | None = None,
    legacy: dict[str, str] | None = None,
) -> None:
    @item(number, MUST, title)
    def declare(kit: Kit) -> Run:
        return _filters(kit, filters, wanted, events=events, legacy=legacy)


WANTED = {"type": "com.kit.wanted", "source": "/wanted/source"}
EXACT = {"exact": WANTED}
PREFIX = {"prefix": {"type": "com.kit", "source": "/wanted"}}
SUFFIX = {"suffix": {"type": ".wanted", "source": "/source"}}
CESQL = {"cesql": "type = 'com.kit.wanted' AND source = '/wanted/source'"}
ABSENT = {"absent": "x"}

_register(79, "exact", [EXACT], ["exact"])
_register(80, "prefix", [PREFIX], ["exact"])
_register(81, "suffix", [SUFFIX], ["exact"])
_register(82, "cesql", [CESQL], ["exact"])
_register(
    83,
    "any of exact, prefix, suffix, not cesql, cesql",
    [
        {
            "any": [
                {"exact": {"type": "exact"}},
                {"prefix": {"type": "prefix"}},
                {"suffix": {"type": "suffix"}},
                {"not": {"cesql": "source LIKE '/oth%'"}},
                {"cesql": "type = 'cesql'"},
            ]
        }
    ],
    ["1", "2", "3", "4", "5"],
    events={
        "1": {"type": "exact", "source": "/other"},
        "2": {"type": "prefix.x", "source": "/other"},
        "3": {"type": "x.suffix", "source": "/other"},
        "4": {"type": "x", "source": "/not"},
        "5": {"type": "cesql", "source": "/other"},
        "none": {"type": "x.prefix.x", "source": "/other"},
    },
)
_register(
    84,
    "any of three exact",
    [{"any": [{"exact": {"type": each}} for each in ("com.kit.wanted", "x", "y")]}],
    ["exact", "type"],
)
_register(85, "all of four", [{"all": [EXACT, PREFIX, SUFFIX, CESQL]}], ["exact"])
for _dialect in ("exact", "prefix", "suffix"):
    _register(86, f"{_dialect} of an absent extension", [{_dialect: ABSENT}], [])
_register(86, "LIKE on an absent extension", [{"cesql": "absent LIKE '%'"}], [])
_register(
    87, "empty filters: filter applies", [], ["exact", "type"], legacy={"type": WANTED["type"]}
)
_register(88, "filters and filter: filters wins", [EXACT], ["exact"], legacy={"type": "com.other"})
_register(89, "a list of four means all", [EXACT, PREFIX, SUFFIX, CESQL], ["exact"])


@item(90, MUST, "two triggers with any, two sinks")
def two_any(kit: Kit) -> Run:
    broker, first, second = kit.broker(), kit.receiver(), kit.receiver()
    for receiver, types in ((first, ("a", "b")), (second, ("b", "c"))):
        kit.trigger(
            broker, receiver, filters=[{"any": [{"exact": {"type": each}} for each in types]}]
        )

    async def run() -> None:
        await send(broker, {each: {"type": each} for each in ("a", "b", "c", "d")})
        await first.wait(2)
        await second.wait(2)
        kit.received_only(first, "a", "b")
        kit.received_only(second, "b", "c")

    return run


@item(91, MUST, "8 triggers, 8 events over type, source and extension, with wildcards")
def many(kit: Kit) -> Run:
    broker = kit.broker()
    choices = [
        {"type": kind, "source": source, "ext": ext}
        for kind in ("t1", "t2")
        for source in ("/s1", "/s2")
        for ext in ("e1", "e2")
    ]
    filters: list[dict[str, str]] = [
        {"type": "t1"},
        {"type": "t1", "source": "/s1"},
        {"type": "t1", "source": "/s1", "ext": "e1"},
        {"type": "", "source": "/s2"},
        {"ext": "e2"},
        {"ext": "", "type": "t2"},
        {"type": "", "source": "", "ext": ""},
        {"absent": ""},
    ]
    receivers: list[Receiver] = []
    for each in filters:
        receivers.append(kit.receiver())
        kit.trigger(broker, receivers[-1], filter={"attributes": each})

    async def run() -> None:
        await send(broker, {str(number): each for number, each in enumerate(choices)})
        for receiver, wanted in zip(receivers, filters, strict=True):
            ids = [
                str(number)
                for number, event in enumerate(choices)
                if all(
                    name in event and value in ("", event[name]) for name, value in wanted.items()
                )
            ]
            await receiver.wait(len(ids))
            kit.received_only(receiver, *ids)

    return run
