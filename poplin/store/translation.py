"""redis-py's errors, as Poplin's: what passes by itself, and what must be put right."""

from collections.abc import Iterator
from contextlib import contextmanager

from redis import exceptions

from poplin.errors import ConfigurationError, StoreFullError, StoreUnavailableError

__all__ = ["is_unavailable", "translated"]

# Error replies that mean "not now"; any other reply is a mistake of ours.
# redis-py cuts the code off the replies for which it has a class.
_TRANSIENT_ERRORS = (
    exceptions.AskError,  # and MovedError
    exceptions.ClusterDownError,  # and MasterDownError
    exceptions.OutOfMemoryError,
    exceptions.ReadOnlyError,
    exceptions.TryAgainError,
)
_TRANSIENT_REPLIES = (
    "BUSY ",
    "MISCONF ",
    "NOREPLICAS ",
    "UNBLOCKED ",
    # A script met a key that was moved away while it ran. What it had done is done: every
    # script may be repeated, but for append, which touches no key that it empties.
    "Script attempted to access a non local key",
)


@contextmanager
def translated() -> Iterator[None]:
    """Say StoreUnavailableError for every failure of the store that passes by itself.

    Wrong credentials do not: they are a ConfigurationError.
    """
    try:
        yield
    except exceptions.AuthenticationError as error:
        raise ConfigurationError(
            f"the store refuses us: {error}; check the user and password in --redis"
        ) from error
    except (exceptions.ConnectionError, exceptions.TimeoutError, OSError) as error:
        raise StoreUnavailableError(f"the store does not answer: {error}") from error
    except exceptions.OutOfMemoryError as error:
        raise StoreFullError(f"the store's memory is full: {error}") from error
    except exceptions.ResponseError as error:
        if not is_unavailable(error):
            raise
        raise StoreUnavailableError(f"the store refuses for now: {error}") from error


def is_unavailable(error: BaseException) -> bool:
    """Is it a failure of the store that passes by itself?"""
    if isinstance(error, exceptions.AuthenticationError):
        return False
    if isinstance(error, exceptions.ResponseError):
        return isinstance(error, _TRANSIENT_ERRORS) or str(error).startswith(_TRANSIENT_REPLIES)
    return isinstance(
        error,
        exceptions.ConnectionError | exceptions.TimeoutError | OSError | StoreUnavailableError,
    )
