"""Time zones by their names in the IANA database."""

from difflib import get_close_matches
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

__all__ = ["split_zone", "zone_of"]


def split_zone(text: str) -> tuple[str, str]:
    """The time zone that stands in front of a schedule as `CRON_TZ=` or `TZ=`, '' when none does,
    and the rest.
    """
    name, mark, rest = text.strip().partition("=")
    if not mark or name not in ("CRON_TZ", "TZ"):
        return "", text
    zone, _, schedule = rest.partition(" ")
    return zone, schedule.strip()


def zone_of(name: str) -> ZoneInfo:
    """Raises ValueError, which names what may have been meant."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder of zones, such as Europe, too
        near = _near(name[:100])
        words = f"{near}, or another name" if near else "a name such as UTC or Europe/Paris"
        raise ValueError(f"use {words} of the IANA time zone database") from None


def _near(name: str) -> str | None:
    """By all of the name or by the city alone, in any case."""
    names = sorted(available_timezones() - {"localtime"})  # a file of Debian's
    known = {each.rpartition("/")[2].lower(): each for each in reversed(names)}
    known |= {each.lower(): each for each in names}
    wanted = name.lower().replace(" ", "_")
    # Capitals are an abbreviation, and another zone than what resembles it, as EST is to CEST.
    found = get_close_matches(wanted, known, 1, 1.0 if name.isupper() else 0.75)
    return known[found[0]] if found else None
