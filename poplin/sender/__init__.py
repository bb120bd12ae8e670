"""The HTTP/1.1 sender: one POST out, one bounded answer back, over kept-alive connections.

It never follows a redirect, unpacks a body, reads a proxy variable or retries an attempt.
"""

from poplin.sender.answer import Answer
from poplin.sender.limits import Limits
from poplin.sender.sender import Sender
from poplin.sender.target import Target, is_host

__all__ = ["Answer", "Limits", "Sender", "Target", "is_host"]
