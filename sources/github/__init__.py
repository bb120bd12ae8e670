"""Hooks at GitHub, kept as the sources ask for them, and deliveries that failed, asked for again.

It speaks to GitHub's REST API only; the events themselves come to the receiver of webhooks.
"""

from sources.github.keeper import Keeper
from sources.github.memory import TokenPlace
from sources.github.wishes import Kept

__all__ = ["Keeper", "Kept", "TokenPlace"]
