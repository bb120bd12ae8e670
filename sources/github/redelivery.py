"""GitHub never sends again by itself what was not taken: it is asked to.

What to ask for is decided by GitHub's own list of deliveries alone, so nothing is to be kept here
and a restart loses nothing. An event has one guid over all its attempts, which is also the event's
id: one that came twice is found by a broker with `poplin.dev/dedupe-window`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sources.github.hooks import seconds

__all__ = ["HORIZON_S", "Delivery", "Plan", "plan", "read_delivery"]

HORIZON_S = 3 * 86_400.0
"""GitHub sends again what it sent up to three days ago."""
_LONGEST_DELAYS = 720
"""Times the first delay: six hours of 30 s."""

_FOR_GOOD = frozenset({400, 410, 413})
"""The same body would be answered so again: it is not what it claims to be, or too large."""
_UNSIGNED = 401
"""The same, unless the hook was changed since: GitHub signs anew with the secret it has now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One attempt. `status` is 0 where GitHub got no answer, None while it waits for one."""

    id: int
    guid: str
    at_s: float
    status: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    ask: tuple[Delivery, ...] = ()
    """Those to be asked for now, oldest first."""
    next_at_s: float | None = None
    """When the first of the others is due."""
    open_since_s: float | None = None
    """The oldest attempt of all that are not settled: what is older need not be listed again."""


def read_delivery(raw: Any) -> Delivery | None:
    if not isinstance(raw, dict):
        return None
    number, guid, at_s = raw.get("id"), raw.get("guid"), seconds(raw.get("delivered_at"))
    if not isinstance(number, int) or not isinstance(guid, str) or at_s is None:
        return None
    status = raw.get("status_code")
    is_pending = str(raw.get("status", "")).lower() in ("pending", "throttled")
    known = status if isinstance(status, int) and not is_pending else None
    return Delivery(id=number, guid=guid, at_s=at_s, status=known)


def plan(
    deliveries: Iterable[Delivery], *, now_s: float, changed_s: float, first_delay_s: float
) -> Plan:
    """`now_s` and `changed_s`, when the hook was last changed, are by GitHub's clock.

    After the n-th attempt it is asked for again `first_delay_s` × 2^(n-1) later.
    """
    attempts: dict[str, list[Delivery]] = {}
    # Pages may overlap when something came in between.
    for each in {each.id: each for each in deliveries}.values():
        attempts.setdefault(each.guid, []).append(each)
    still_open = [of_one for of_one in attempts.values() if _is_open(of_one, changed_s)]
    due = {_newest(of_one): _due_s(of_one, first_delay_s) for of_one in still_open}
    ask = sorted((each for each, at_s in due.items() if at_s <= now_s), key=_age)
    later = [at_s for at_s in due.values() if at_s > now_s]
    oldest = [each.at_s for of_one in still_open for each in of_one]
    return Plan(
        ask=tuple(ask),
        next_at_s=min(later, default=None),
        open_since_s=min(oldest, default=None),
    )


def _is_open(attempts: list[Delivery], changed_s: float) -> bool:
    """Nobody took it, and somebody may."""
    if any(each.status is not None and 200 <= each.status < 300 for each in attempts):
        return False
    newest = _newest(attempts)
    if newest.status == _UNSIGNED:
        return changed_s > newest.at_s
    return newest.status not in _FOR_GOOD


def _due_s(attempts: list[Delivery], first_delay_s: float) -> float:
    newest = _newest(attempts)
    # One that GitHub has not an answer for yet counts as an attempt: it is waited for as long.
    delays = min(2.0 ** min(len(attempts) - 1, 20), _LONGEST_DELAYS)
    return newest.at_s + first_delay_s * delays


def _newest(attempts: list[Delivery]) -> Delivery:
    return max(attempts, key=_age)


def _age(delivery: Delivery) -> tuple[float, int]:
    """GitHub's times are whole seconds, and its numbers go up."""
    return delivery.at_s, delivery.id
