"""What is behind an error, one by one: groups of tasks raise groups of errors."""

from collections.abc import Iterator

from poplin.errors import PoplinError

__all__ = ["causes", "words"]


def causes(error: BaseException) -> Iterator[BaseException]:
    """Those that a group is made of, else itself."""
    if not isinstance(error, BaseExceptionGroup):
        yield error
        return
    for each in error.exceptions:
        yield from causes(each)


def words(error: BaseException) -> str:
    """What our own errors say is fit to be shown; of others the type, each once."""
    said = [
        str(each) if isinstance(each, PoplinError) else type(each).__name__
        for each in causes(error)
    ]
    return "; ".join(dict.fromkeys(said))
