"""Errors one by one, in words that may be shown."""

import pytest

from poplin.errors import PoplinError
from sources.causes import causes, words

ONE, OTHER = PoplinError("one"), ValueError("a secret")


@pytest.mark.parametrize(
    ("error", "found", "said"),
    [
        (ONE, [ONE], "one"),
        (OTHER, [OTHER], "ValueError"),
        (ExceptionGroup("", [ONE, ExceptionGroup("", [OTHER])]), [ONE, OTHER], "one; ValueError"),
        (ExceptionGroup("", [ONE, ONE]), [ONE, ONE], "one"),
    ],
    ids=repr,
)
def test_a_group_is_what_it_is_made_of(error: Exception, found: list[Exception], said: str) -> None:
    assert (list(causes(error)), words(error)) == (found, said)
