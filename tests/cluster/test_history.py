"""The ledger asks for neither too little nor too much."""

import pytest

from tests.cluster.history import Gap, History

CASES = {
    "no gap": ([], {"a/1", "a/5", "a/9", "a/deleted"}),
    "before it": ([Gap(0, 0)], {"a/1", "a/5", "a/9", "a/deleted"}),
    "a state came and went": ([Gap(4, 9)], {"a/1", "a/9", "a/deleted"}),
    "the last of them is found": ([Gap(4, 8)], {"a/1", "a/5", "a/9", "a/deleted"}),
    "it was known when it ended": ([Gap(1, 20)], {"a/1", "a/deleted"}),
    "it came and went": ([Gap(0, 20)], set[str]()),
    "it may have ended in time": ([Gap(0, 13)], set[str]()),
    "it ended later": ([Gap(0, 12)], {"a/9", "a/deleted"}),
    "two gaps": ([Gap(0, 5), Gap(8, 20)], {"a/5", "a/deleted"}),
}


@pytest.mark.parametrize(("gaps", "required"), CASES.values(), ids=list(CASES))
def test_only_what_a_gap_hides_may_be_missing(gaps: list[Gap], required: set[str]) -> None:
    history = History()
    for revision in (1, 5, 9):
        history.wrote("a", revision)
    history.deleted("a", after=12)

    assert history.required(gaps) == required
    assert history.possible() == {"a/1", "a/5", "a/9", "a/deleted"}
    assert history.changes == 4


def test_what_is_there_in_the_end_is_never_excused() -> None:
    history = History()
    history.wrote("a", 1)
    history.wrote("a", 5)

    assert history.required([Gap(0, 100)]) == {"a/5"}
