"""What the API's answers have in common: names as Kubernetes spells them, times as RFC 3339."""

from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

__all__ = ["View", "time_text"]


class View(BaseModel):
    """snake_case here, camelCase in JSON."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


def time_text(microseconds: float) -> str:
    """A time of the server's clock: UTC, to the millisecond."""
    moment = datetime.fromtimestamp(microseconds / 1e6, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
