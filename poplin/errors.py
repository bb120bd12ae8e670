"""Every error that Poplin raises on purpose.

    PoplinError
    ├── InvalidEventError         the message is not a CloudEvent: answer 400, never retry
    │   └── BatchTooLargeError    answer 413: send it in parts
    ├── InvalidResourceError      a document, field or annotation is wrong: fix the file
    ├── ConfigurationError        a setting or the store's configuration is wrong: fix it and restart
    ├── StoreUnavailableError     the store cannot take or give anything now: try again
    │   ├── StoreFullError        its memory is full: it takes nothing new, and works off the rest
    │   └── StoreRefusesError     it answers and refuses: mend its data or its users' rights
    └── SendError                 no answer from an HTTP peer
        ├── ConnectError          the connection was not made: nothing was sent
        │   └── ExhaustedError    for want of files or memory of our own: the peer is not to blame
        ├── SendTimeoutError      no complete answer in time: the peer may have acted
        └── BrokenAnswerError     reset, malformed or too large: the peer may have acted

The branch says what to do. A message names the thing, the value and the next step; it holds
no secret and no event data.
"""

__all__ = [
    "BatchTooLargeError",
    "BrokenAnswerError",
    "ConfigurationError",
    "ConnectError",
    "ExhaustedError",
    "InvalidEventError",
    "InvalidResourceError",
    "PoplinError",
    "SendError",
    "SendTimeoutError",
    "StoreFullError",
    "StoreRefusesError",
    "StoreUnavailableError",
]


class PoplinError(Exception):
    """The root; its text is one sentence that can be shown to a user."""


class InvalidEventError(PoplinError):
    """The message breaks a rule of CloudEvents; the text names the attribute and the rule."""


class BatchTooLargeError(InvalidEventError):
    """Every event of the batch may be valid, but there are too many."""


class InvalidResourceError(PoplinError):
    """A document is refused; the text names file, line, field path, value and what is allowed."""


class ConfigurationError(PoplinError):
    """A setting contradicts another, or the store contradicts the profile."""


class StoreUnavailableError(PoplinError):
    """Redis is away, loading, read-only, out of memory or cannot write its file."""


class StoreFullError(StoreUnavailableError):
    """Redis answers, but has reached its maxmemory: nothing was changed."""


class StoreRefusesError(StoreUnavailableError):
    """Redis answers with an error that no state of its own explains: rights, or foreign data."""


class SendError(PoplinError):
    """No answer from the HTTP peer that was sent to."""


class ConnectError(SendError):
    """The connection was refused, unreachable, unresolved or failed its TLS handshake."""


class ExhaustedError(ConnectError):
    """This process or machine has no file, buffer or memory left for a connection."""


class SendTimeoutError(SendError):
    """The answer was not complete before the deadline."""


class BrokenAnswerError(SendError):
    """The peer closed, reset, spoke something other than HTTP/1.1 or exceeded a cap."""
