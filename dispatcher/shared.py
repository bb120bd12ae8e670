"""What the brokers and partitions of one dispatcher share."""

from dataclasses import dataclass, field

from dispatcher.pauses import Pauses
from dispatcher.report import Report
from dispatcher.suspects import Suspects
from dispatcher.tally import Tally
from poplin.budget import Budget
from poplin.sender import Sender
from poplin.settings import DispatcherSettings

__all__ = ["Shared"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    sender: Sender
    settings: DispatcherSettings
    budget: Budget
    """Memory for the events of all deliveries under way."""
    pauses: Pauses = field(default_factory=Pauses)
    suspects: Suspects = field(default_factory=Suspects)
    report: Report = field(default_factory=Report)
    tally: Tally = field(default_factory=Tally)
