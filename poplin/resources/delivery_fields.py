"""A DeliverySpec as written: in a Broker, a Trigger and in the defaults of Brokers."""

from typing import Literal, cast

from poplin.resources.destinations import read_destination
from poplin.resources.duration import parse_duration
from poplin.resources.fields import Checker
from poplin.resources.models import Delivery
from poplin.resources.values import Value

__all__ = ["read_delivery"]

_MOST_RETRIES = 2**31 - 1


def read_delivery(checker: Checker, value: Value | None, namespace: str) -> Delivery | None:
    fields = checker.fields(value) if value is not None else None
    if fields is None:
        return None
    sink, retry, timeout = (fields.take(each) for each in ("deadLetterSink", "retry", "timeout"))
    policy, delay = fields.take("backoffPolicy"), fields.take("backoffDelay")
    retry_after, form = fields.take("retryAfterMax"), fields.take("format")
    fields.refuse_unknown()
    if retry is not None and retry.data and (policy is None or delay is None):
        checker.warn(retry, "without both backoffPolicy and backoffDelay, retries follow at once")
    timeout_s = checker.parsed(timeout, parse_duration) if timeout else None
    if timeout is not None and timeout_s == 0:
        checker.bad(timeout, "a duration above zero, such as PT30S")
    return Delivery(
        dead_letter_sink=read_destination(checker, sink, namespace) if sink else None,
        retry=checker.whole(retry, 0, _MOST_RETRIES) if retry else None,
        timeout_s=timeout_s,
        backoff_policy=cast(
            "Literal['linear', 'exponential'] | None",
            checker.one_of(policy, "linear", "exponential") if policy else None,
        ),
        backoff_delay_s=checker.parsed(delay, parse_duration) if delay else None,
        retry_after_max_s=checker.parsed(retry_after, parse_duration) if retry_after else None,
        format=cast(
            "Literal['json', 'binary'] | None",
            checker.one_of(form, "json", "binary") if form else None,
        ),
    )
