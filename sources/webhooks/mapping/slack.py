"""What Slack sends beside events: its challenge, slash commands and interactions."""

from urllib.parse import parse_qsl

from sources.text import attribute_text
from sources.webhooks.mapping.payload import at, json_object
from sources.webhooks.mapping.presets import PRESETS, SLACK_COMMAND, SLACK_INTERACTION, Fields
from sources.webhooks.mapping.take import Facts
from sources.webhooks.values import Handled, RefusedError

__all__ = ["read_slack"]

_FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 1000


def read_slack(facts: Facts) -> tuple[Fields, Facts] | Handled:
    """Which fields it has, and what pointers point into. Raises RefusedError for a form or a
    challenge that is none.
    """
    if (facts.content_type or "").partition(";")[0].strip().lower() == _FORM:
        return _form(facts)
    if at(facts.payload, "type") == "url_verification":
        return _challenge(at(facts.payload, "challenge"))
    return PRESETS["slack"], facts


def _challenge(challenge: object) -> Handled:
    if not isinstance(challenge, str) or attribute_text(challenge) != challenge:
        raise RefusedError(400, "invalid", "the URL verification has no challenge that is text")
    return Handled(challenge, note="URL verification of Slack")


def _form(facts: Facts) -> tuple[Fields, Facts] | Handled:
    fields = _fields(facts.body)
    if fields.get("ssl_check") == "1":
        return Handled(note="SSL check of Slack")
    if "payload" in fields:
        return SLACK_INTERACTION, facts.pointing_into(json_object(fields["payload"].encode()))
    return SLACK_COMMAND, facts.pointing_into(fields)


def _fields(body: bytes) -> dict[str, str]:
    try:
        return dict(
            parse_qsl(
                body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
            )
        )
    except ValueError:
        raise RefusedError(400, "invalid", "the body is no form in UTF-8") from None
