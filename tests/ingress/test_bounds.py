"""One broker's flood leaves the others room."""

from ingress.bounds import Bounds


def _flood(bounds: Bounds, *paths: bytes) -> dict[bytes, int]:
    """Requests of ten bytes to each path in turn, as many as are let in, unanswered."""
    held = dict.fromkeys(paths, 0)
    for _ in range(1000):
        for path in paths:
            bounds.hold(path, 10)
            if bounds.is_too_much(path):
                bounds.release(path, 10)
            else:
                held[path] += 10
    return held


def test_a_flood_takes_at_most_half() -> None:
    assert _flood(Bounds(max_held_bytes=1000), b"/a") == {b"/a": 500}


def test_floods_leave_the_next_broker_room() -> None:
    bounds = Bounds(max_held_bytes=1200)

    assert _flood(bounds, b"/a", b"/b") == {b"/a": 400, b"/b": 400}
    assert _flood(bounds, b"/c") == {b"/c": 200}


def test_what_is_answered_is_free_again() -> None:
    bounds = Bounds(max_held_bytes=1000)
    _flood(bounds, b"/a")

    bounds.release(b"/a", 500)

    assert _flood(bounds, b"/b") == {b"/b": 500}
    assert not bounds.is_too_much(b"/a")
