"""The way to Redis: clients for one server, for sentinels and for a cluster, and what is asked of it.

Nothing here knows what is kept there; no command is ever sent twice, and each is bounded in time.
"""

from poplin.store.availability import Availability
from poplin.store.client import LeanRedis
from poplin.store.connect import connect
from poplin.store.profile import Profile, check_profile, ensure_profile
from poplin.store.translation import translated
from poplin.store.url import masked

__all__ = [
    "Availability",
    "LeanRedis",
    "Profile",
    "check_profile",
    "connect",
    "ensure_profile",
    "masked",
    "translated",
]
