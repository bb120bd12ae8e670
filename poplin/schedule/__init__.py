"""When a timer fires: cron with or without seconds, descriptors and `@every`, in a time zone.

What Knative's PingSource takes means the same here (robfig/cron v3). It keeps no clock: moments are
passed in, in UTC.
"""

from poplin.schedule.cron import parse_cron
from poplin.schedule.every import parse_every
from poplin.schedule.schedule import Schedule
from poplin.schedule.zones import split_zone, zone_of

__all__ = ["Schedule", "parse_schedule", "split_zone", "zone_of"]


def parse_schedule(text: str, timezone: str) -> Schedule:
    """Of a text without `CRON_TZ=` in front (`split_zone`). Raises ValueError, which says what is
    allowed.
    """
    words = " ".join(text.split())
    if words.startswith("@every"):
        return parse_every(words.removeprefix("@every"))
    return parse_cron(words, zone_of(timezone))
