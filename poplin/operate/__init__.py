"""What operators do to queues: look at dead letters, redrive or purge them, replay, pause.

Each call is one bounded slice, and whoever called calls again: nothing runs in the background,
and nothing here knows HTTP.
"""

from poplin.operate.letters import DeadLetter, LetterPage, find_letter, list_letters
from poplin.operate.pause import PausedByAnnotationError, pause, resume
from poplin.operate.place import Place
from poplin.operate.redrive import (
    Selection,
    SliceDone,
    UnknownLetterError,
    purge,
    redrive,
    unknown_letter,
)
from poplin.operate.replay import (
    MOST_AHEAD,
    ReplayOrder,
    ReplaySlice,
    TriggerGoneError,
    replay,
)
from poplin.operate.when import parse_when, when_text

__all__ = [
    "MOST_AHEAD",
    "DeadLetter",
    "LetterPage",
    "PausedByAnnotationError",
    "Place",
    "ReplayOrder",
    "ReplaySlice",
    "Selection",
    "SliceDone",
    "TriggerGoneError",
    "UnknownLetterError",
    "find_letter",
    "list_letters",
    "parse_when",
    "pause",
    "purge",
    "redrive",
    "replay",
    "resume",
    "unknown_letter",
    "when_text",
]
