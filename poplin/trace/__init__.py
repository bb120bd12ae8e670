"""Where did my event go? An answer for every event, from the log, the queues and the journal.

It reads and never writes; who asks and how the answer is shown is the services' affair.
"""

from poplin.trace.tracing import trace
from poplin.trace.values import Attempt, EventTrace, Match, Trace

__all__ = ["Attempt", "EventTrace", "Match", "Trace", "trace"]
