"""One broker's flood leaves the others room."""

from ingress.bounds import Bounds


def _flood(bounds: Bounds, *brokers: str) -> dict[str, int]:
    """Requests of ten bytes to each in turn, as many as are let in, unanswered."""
    held = dict.fromkeys(brokers, 0)
    for _ in range(1000):
        for broker in brokers:
            bounds.hold(broker, 10)
            if bounds.is_too_much(broker):
                bounds.release(broker, 10)
            else:
                held[broker] += 10
    return held


def test_a_flood_takes_at_most_half() -> None:
    assert _flood(Bounds(max_held_bytes=1000), "a") == {"a": 500}


def test_floods_leave_the_next_broker_room() -> None:
    bounds = Bounds(max_held_bytes=1200)

    assert _flood(bounds, "a", "b") == {"a": 400, "b": 400}
    assert _flood(bounds, "c") == {"c": 200}


def test_what_is_answered_is_free_again() -> None:
    bounds = Bounds(max_held_bytes=1000)
    _flood(bounds, "a")

    bounds.release("a", 500)

    assert _flood(bounds, "b") == {"b": 500}
    assert not bounds.is_too_much("a")
