"""How a command ends: its exit code, and errors that only the command line has.

PoplinError
└── CommandError         the command cannot do what was asked; `code` says why
    ├── NothingFoundError   the answer is no: nothing is known of what was asked for
    ├── InputError          an argument or option is wrong, or names what does not exist
    ├── NoAnswerError       the fabric or its store does not answer: try again
    └── NotAllowedError     the token is missing or wrong
"""

from enum import IntEnum

from poplin.errors import PoplinError, StoreUnavailableError

__all__ = [
    "CommandError",
    "ExitCode",
    "InputError",
    "NoAnswerError",
    "NotAllowedError",
    "NothingFoundError",
    "code_of",
]


class ExitCode(IntEnum):
    """What scripts can rely on."""

    DONE = 0
    NO = 1
    """The answer is no: a check found problems, a filter does not match, nothing was found."""
    BAD_INPUT = 2
    NO_ANSWER = 3
    NOT_ALLOWED = 4
    INTERNAL = 70
    INTERRUPTED = 130


class CommandError(PoplinError):
    """One line for the user, and how the command ends."""

    code = ExitCode.BAD_INPUT


class NothingFoundError(CommandError):
    """There is an answer, and it is that there is nothing."""

    code = ExitCode.NO


class InputError(CommandError):
    """The text names the argument, its value and what is allowed."""


class NoAnswerError(CommandError):
    """Nobody listens, or what listens waits for its store."""

    code = ExitCode.NO_ANSWER


class NotAllowedError(CommandError):
    """The management API demands another token."""

    code = ExitCode.NOT_ALLOWED


def code_of(error: PoplinError) -> ExitCode:
    """How a command that met this error ends."""
    if isinstance(error, CommandError):
        return error.code
    if isinstance(error, StoreUnavailableError):
        return ExitCode.NO_ANSWER
    return ExitCode.BAD_INPUT
