"""Sources that act by themselves: each works in one process at a time, of all that serve it.

What a kind of source does is in a package of its own; nothing here knows an API server or a clock.
"""

from sources.active.active import Active
from sources.active.worker import Kind, Worker

__all__ = ["Active", "Kind", "Worker"]
