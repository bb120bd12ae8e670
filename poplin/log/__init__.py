"""The log of one broker partition and the sets of ids that wait on it, all in Redis.

Every change is one Lua script, atomic under one hash tag; nothing here filters, sends or waits.
"""

from poplin.log.appender import Appender, BrokerGoneError
from poplin.log.keys import Keys
from poplin.log.log import Log, Position
from poplin.log.values import (
    BEGINNING,
    BURIED_AS_POISON_AT,
    LEASE_S,
    RENEW_S,
    Burial,
    Deferral,
    Entry,
    Held,
    Leased,
    LeasedEntry,
    LogId,
    Matches,
    Routed,
    Token,
    is_before,
)

__all__ = [
    "BEGINNING",
    "BURIED_AS_POISON_AT",
    "LEASE_S",
    "RENEW_S",
    "Appender",
    "BrokerGoneError",
    "Burial",
    "Deferral",
    "Entry",
    "Held",
    "Keys",
    "Leased",
    "LeasedEntry",
    "Log",
    "LogId",
    "Matches",
    "Position",
    "Routed",
    "Token",
    "is_before",
]
