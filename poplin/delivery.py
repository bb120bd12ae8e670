"""What a delivery's answer means and when to try again: pure rules, as tables.

Clauses are those of Knative's contract: success, retry and Retry-After as its dispatcher has
them (E:pkg/kncloudevents/event_dispatcher.go, retries.go); the waits as S:control-plane.md
documents them, linear d·n and exponential d·2^(n-1), with a cap and a jitter of ours.
"""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from poplin.catalog.records import DeliveryPolicy

__all__ = [
    "attempts_allowed",
    "backoff_s",
    "is_retryable",
    "is_success",
    "retry_after_s",
    "wait_s",
]

# retries.go, SelectiveRetry: these, and 500 or above; 1xx never gets here.
_RETRYABLE = frozenset({404, 408, 409, 429})
# retries.go, generateBackoffFn: no other status makes Retry-After count.
_HEED_RETRY_AFTER = frozenset({429, 503})
_JITTER = 0.1


def is_success(status: int) -> bool:
    return 200 <= status < 300


def is_retryable(status: int) -> bool:
    """Of a failure. Redirects are not followed and not tried again."""
    return status >= 500 or status in _RETRYABLE


def attempts_allowed(policy: DeliveryPolicy) -> int:
    return 1 + policy.retry


def backoff_s(policy: DeliveryPolicy, retry_number: int, jitter: float) -> float:
    """The wait before retry 1, 2, …; `jitter` in [0, 1) adds up to 10 %, within the cap."""
    if policy.backoff_policy == "linear":
        wait = policy.backoff_delay_s * retry_number
    else:
        # Beyond 2^63 any delay is past any cap.
        wait = policy.backoff_delay_s * 2 ** min(retry_number - 1, 63)
    return min(wait * (1 + _JITTER * jitter), policy.backoff_max_s)


def retry_after_s(value: str, now: datetime) -> float | None:
    """Seconds or an HTTP date (RFC 9110 10.2.3); None when it is neither."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    try:
        when = parsedate_to_datetime(text)
        # RFC 9110, 5.6.7: an asctime date names no zone and is UTC.
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
        return max(0.0, (when - now).total_seconds())
    except (TypeError, ValueError, OverflowError, LookupError):
        return None


def wait_s(
    policy: DeliveryPolicy,
    retry_number: int,
    jitter: float,
    *,
    status: int = 0,
    retry_after: float | None = None,
) -> float:
    """The wait before a retry: the backoff, or what the peer asks for if that is longer.

    That too with jitter on top: a date would bring all that failed back at one instant.
    """
    backoff = backoff_s(policy, retry_number, jitter)
    if retry_after is None or policy.retry_after_max_s is None or status not in _HEED_RETRY_AFTER:
        return backoff
    return max(backoff, min(retry_after * (1 + _JITTER * jitter), policy.retry_after_max_s))
