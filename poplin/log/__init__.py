"""The log of one broker partition and the sets of ids that wait on it, all in Redis.

And which partition an event goes to, and which dispatcher reads it. Every change is one Lua
script, atomic under one hash tag; nothing here filters, sends or waits.
"""

from poplin.log.appender import Appender, Appends, BrokerGoneError, Keyed
from poplin.log.browse import Death, Graveyard, Scan, entry_at, scan
from poplin.log.keys import Keys
from poplin.log.log import Log, Position
from poplin.log.meter import Meter
from poplin.log.roster import LOOK_S, Roster, alive, share
from poplin.log.spread import partition_of, spread
from poplin.log.values import (
    BEGINNING,
    BURIED_AS_POISON_AT,
    DONE,
    FREED,
    GONE,
    LEASE_S,
    RENEW_S,
    Appended,
    Burial,
    Deferral,
    Entry,
    Held,
    Leased,
    LeasedEntry,
    LogId,
    Matches,
    QueueFigures,
    Replayed,
    Routed,
    Token,
    Usage,
    is_before,
)

__all__ = [
    "BEGINNING",
    "BURIED_AS_POISON_AT",
    "DONE",
    "FREED",
    "GONE",
    "LEASE_S",
    "LOOK_S",
    "RENEW_S",
    "Appended",
    "Appender",
    "Appends",
    "BrokerGoneError",
    "Burial",
    "Death",
    "Deferral",
    "Entry",
    "Graveyard",
    "Held",
    "Keyed",
    "Keys",
    "Leased",
    "LeasedEntry",
    "Log",
    "LogId",
    "Matches",
    "Meter",
    "Position",
    "QueueFigures",
    "Replayed",
    "Roster",
    "Routed",
    "Scan",
    "Token",
    "Usage",
    "alive",
    "entry_at",
    "is_before",
    "partition_of",
    "scan",
    "share",
    "spread",
]
