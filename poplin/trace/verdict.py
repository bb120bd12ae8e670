"""What became of an event at one trigger: told from facts, and only without any from the filter.

Facts are the queues, which tell what is, and the journal's lines, which tell what was.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from poplin.catalog import TriggerRecord
from poplin.filters import Attributes, compile_filters
from poplin.grave import Grave, parse_grave
from poplin.log.journal import Line
from poplin.log.look import PARKED_US, Standing
from poplin.trace.values import Attempt, AttemptOutcome, Match, Outcome
from poplin.trace.why import why_not

__all__ = ["MOST_ATTEMPTS", "NOWHERE", "Case", "judged"]

MOST_ATTEMPTS = 100
_TODAY = "by its filter of today"
_OUTCOMES: dict[str, AttemptOutcome] = {
    "s": "delivered",
    "d": "retrying",
    "g": "given back",
    "b": "dead",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is known of an entry at a trigger, which is None when it was removed.

    `attributes` is None for an entry that was trimmed. `is_told`: the journal tells of the
    entry's routing, and so has every line since.
    """

    trigger: TriggerRecord | None
    standing: Standing
    now_us: int
    lines: Sequence[Line]
    attributes: Attributes | None
    is_routed: bool
    is_told: bool
    is_paused: bool

    @property
    def has_facts(self) -> bool:
        return bool(self.lines) or self.standing != NOWHERE


NOWHERE = Standing(None, 0, None, None)


def judged(name: str, case: Case) -> Match:
    outcome, why, next_us, grave = _verdict(case)
    return Match(
        trigger=name,
        outcome=outcome,
        why=why,
        attempts=tuple(map(_attempt, case.lines[-MOST_ATTEMPTS:])),
        next_us=next_us,
        grave=grave,
    )


_Verdict = tuple[Outcome, str, int | None, Grave | None]


def _verdict(case: Case) -> _Verdict:
    standing = case.standing
    # What a queue held when we looked is told so, though a line may have come since.
    grave = parse_grave(standing.grave) if standing.grave else None
    if standing.due is not None:
        return (*_queued(case, standing.due, grave), grave)
    if standing.died_us is not None:
        return "dead", _reasons(grave), None, grave
    if case.lines:
        return (*_ended(case.lines), None, None)
    return (*_by_filter(case), None, None)


def _queued(case: Case, due: int, grave: Grave | None) -> tuple[Outcome, str, int | None]:
    before = ""
    if grave is not None:
        before = f"{_reasons(grave)}; on its way to the dead-letter sink: "
    tries = case.standing.tries
    attempt = f"attempt {tries + 1}"
    if due < -case.now_us:
        return "in flight", f"{before}{attempt} is under way", None
    note = case.lines[-1].note if case.lines else ""
    said = f"{note}; " if note else ""
    if case.is_paused:
        return "waiting", f"{before}{said}the trigger is paused", None
    if due >= PARKED_US:
        return "waiting", f"{before}{said}an earlier event of its key comes first", None
    if due < 0:
        return "waiting", f"{before}{attempt} was cut off, and is made again soon", None
    if tries:
        return "retrying", f"{before}{said}{attempt} follows", due
    return "waiting", f"{before}{said}its turn has not come yet", due


def _reasons(grave: Grave | None) -> str:
    if grave is None:
        return "given up; its grave is gone"
    said = f"given up after {_attempts(grave.attempts)}: {grave.reason}"
    return f"{said}; its dead-letter sink: {grave.sink_reason}" if grave.sink_reason else said


def _ended(lines: Sequence[Line]) -> tuple[Outcome, str]:
    """It is in no queue any more, and its lines say why."""
    last = lines[-1]
    given_up = next(
        (line for line in reversed(lines) if line.kind == "b" and not line.to_sink), None
    )
    reason = (
        f"given up after {_attempts(given_up.attempt)}: {given_up.note}" if given_up else "given up"
    )
    if last.kind == "s" and last.to_sink:
        return "dead", f"{reason}; its dead-letter sink took it, answering {last.status}"
    if last.kind == "s" and last.status:
        note = f", {last.note}" if last.note else ""
        return "delivered", f"answered {last.status} at attempt {last.attempt}{note}"
    if last.kind == "b":
        return "dead", f"{reason}; its dead letter is not kept any more"
    return "unknown", f"{last.note or 'tried'}, and not in the queue any more"


def _attempts(count: int) -> str:
    return "1 attempt" if count == 1 else f"{count} attempts"


def _by_filter(case: Case) -> tuple[Outcome, str]:
    """No queue has it and no line tells of it."""
    if case.trigger is None or case.attributes is None:
        return "filtered", "it was not served, or did not match, when this was routed"
    matches = compile_filters(case.trigger.filters).matches(case.attributes)
    reason = why_not(case.trigger.filters, case.attributes)
    if not case.is_routed:
        if matches:
            return "waiting", f"not routed yet; it matches {_TODAY}"
        return "filtered", f"not routed yet; {_TODAY}, {reason}"
    if not matches:
        return "filtered", f"{_TODAY}, {reason}"
    if case.is_told:
        return "filtered", (
            f"it was not served, or did not match, when this was routed; it would match {_TODAY}"
        )
    return "unknown", (
        f"it matches {_TODAY} and is in no queue: delivered, or given up and purged; "
        "the journal does not go back so far"
    )


def _attempt(line: Line) -> Attempt:
    return Attempt(
        time_us=line.time_us,
        attempt=line.attempt,
        to="dead-letter sink" if line.to_sink else "subscriber",
        status=line.status,
        ms=line.ms,
        outcome=_OUTCOMES[line.kind],
        note=line.note,
    )
