"""Pauses grow, and what a server asks for is given to it."""

from sources.kubernetes.backoff import Backoff


def test_each_pause_is_longer_until_the_longest_and_short_again_after_a_success() -> None:
    backoff = Backoff(1.0, 4.0)

    pauses = [backoff.pause_s() for _ in range(5)]
    backoff.reset()

    for pause, longest in zip(pauses, (1, 2, 4, 4, 4), strict=True):
        assert longest / 2 <= pause <= longest
    assert backoff.pause_s() <= 1


def test_what_a_server_asks_for_is_not_undercut_and_not_believed_beyond_five_minutes() -> None:
    backoff = Backoff(1.0, 4.0)

    assert 20 <= backoff.pause_s(20) <= 22
    assert 300 <= backoff.pause_s(86_400) <= 330
    assert backoff.pause_s(0) >= 2
