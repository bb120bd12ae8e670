"""Knative's rows for events of which no payload is given; payloads after GitHub's documentation."""

from typing import Any

import pytest

from poplin.event import AttributeValue
from tests.sources.webhooks.mapping.github.deliveries import NOW, SOURCE, delivered, mapped, told

SENDER = {"sender": {"login": "hubot"}}
REPOSITORY = {"repository": {"id": 7, "name": "cat", "owner": {"login": "octo"}}}
OF_REPOSITORY = {**REPOSITORY, **SENDER}
OF_ORGANIZATION = {"organization": {"login": "acme"}, **SENDER}
OWNED: dict[str, AttributeValue] = {"owner": "octo", "repository": "cat", "sender": "hubot"}
ACTED = OWNED | {"action": "done"}
COMMIT = "https://github.com/octo/cat/commit/a108#commitcomment-29"
INSTALLED: dict[str, Any] = {"action": "done", "installation": {"id": 5_000_000_000}, **SENDER}

Row = tuple[str, dict[str, Any], str | None, dict[str, AttributeValue]]
ROWS: list[Row] = [
    ("commit_comment", {"comment": {"html_url": COMMIT}}, "a108#commitcomment-29", ACTED),
    ("member", {"member": {"id": 3}}, "3", ACTED),
    ("project", {"project": {"id": 4}}, "done", ACTED),
    ("project_card", {"project_card": {"id": 4}}, "done", ACTED),
    ("project_column", {"project_column": {"id": 4}}, "done", ACTED),
    ("public", {}, "7", OWNED),
    ("pull_request_review_comment", {"comment": {"id": 8}}, "8", ACTED),
    (
        "pull_request_review_comment",
        {"comment": {"id": 8}, "installation": {"id": 9}},
        "8",
        ACTED | {"installation": 9},
    ),
    (
        "pull_request_review",
        {"review": {"id": 8, "state": "approved"}, "installation": {"id": 9}},
        "8",
        ACTED | {"installation": 9, "review": "approved"},
    ),
    (
        "pull_request",
        {"pull_request": {"number": 2}, "number": 2, "label": {"name": "bug"}, "assignee": None},
        "2",
        ACTED | {"number": 2, "label": "bug"},
    ),
    (
        "issues",
        {"issue": {"number": 1}, "label": {"name": "bug"}},
        "1",
        ACTED | {"label": "bug"},
    ),
    ("issues", {"issue": {"number": 1}}, "1", ACTED),
    (
        "push",
        {
            "compare": "https://github.com/octo/cat/compare/a1...b2",
            "created": True,
            "installation": {"id": 9},
            "pusher": {"name": "hubot"},
            "ref": "refs/heads/main",
        },
        "a1...b2",
        OWNED | {"created": True, "installation": 9, "pusher": "hubot", "ref": "refs/heads/main"},
    ),
    (
        "release",
        {"release": {"tag_name": "v1", "name": "One"}, "installation": {"id": 9}},
        "v1",
        ACTED | {"installation": 9, "release": "One"},
    ),
    (
        "gollum",
        {"pages": [{"page_name": "Home"}, {"page_name": None}, 5, {"page_name": "Größe"}]},
        "Home,Größe",
        OWNED,
    ),
    ("team_add", {"team": {"id": 6}}, "7", OWNED),
    ("star", {}, None, ACTED),
]


@pytest.mark.parametrize(("name", "payload", "subject", "extensions"), ROWS)
def test_an_event_of_a_repository(
    name: str, payload: dict[str, Any], subject: str | None, extensions: dict[str, AttributeValue]
) -> None:
    event = mapped("knative", delivered(name, {"action": "done", **OF_REPOSITORY, **payload}))

    assert told(event) == _expected(name, subject, extensions)


@pytest.mark.parametrize(
    ("name", "payload", "subject", "extensions"),
    [
        ("membership", {"scope": "team", "member": {"id": 3}}, "3", {"scope": "team"}),
        ("organization", {"membership": {"user": {"login": "x"}}}, "done", {}),
        ("org_block", {"blocked_user": {"login": "x"}}, "done", {}),
        ("team", {"team": {"id": 6}}, "6", {"owner": None}),
        ("sub_issues", {}, None, {}),
    ],
)
def test_an_event_of_an_organization(
    name: str, payload: dict[str, Any], subject: str | None, extensions: dict[str, Any]
) -> None:
    event = mapped("knative", delivered(name, {"action": "done", **OF_ORGANIZATION, **payload}))

    expected = {"owner": "acme", "sender": "hubot", "action": "done", **extensions}
    present = {name: value for name, value in expected.items() if value is not None}
    assert told(event) == _expected(name, subject, present)


@pytest.mark.parametrize(
    "name",
    [
        "installation",
        "installation_repositories",
        "integration_installation",
        "integration_installation_repositories",
    ],
)
def test_an_installation_and_its_id_beyond_a_cloudevents_integer(name: str) -> None:
    event = mapped("knative", delivered(name, INSTALLED))

    extensions: dict[str, AttributeValue] = {
        "action": "done",
        "installation": "5000000000",
        "sender": "hubot",
    }
    assert told(event) == _expected(name, "5000000000", extensions)


@pytest.mark.parametrize(
    ("name", "payload", "subject"),
    [
        ("security_advisory", {"security_advisory": {"ghsa_id": "GHSA-1"}}, "GHSA-1"),
        ("repository_vulnerability_alert", {"alert": {"id": 91}, **OF_REPOSITORY}, "91"),
    ],
)
def test_an_advisory_has_its_action_alone(name: str, payload: dict[str, Any], subject: str) -> None:
    event = mapped("knative", delivered(name, {"action": "done", **payload}))

    assert told(event) == _expected(name, subject, {"action": "done"})


def test_a_future_event_has_no_subject_and_what_the_payload_has() -> None:
    payload = {**OF_REPOSITORY, "action": "done", "number": 5, "ref": "x", "label": {"name": "y"}}

    event = mapped("knative", delivered("teleport_v3", payload))

    assert told(event) == _expected("teleport_v3", None, ACTED)


def test_a_future_event_without_anything_is_still_an_event() -> None:
    assert told(mapped("knative", delivered("teleport_v3", {}))) == _expected(
        "teleport_v3", None, {}
    )


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("push", {"compare": "no slash"}),
        ("push", {"compare": "https://github.com/octo/cat/compare/"}),
        ("push", {"compare": None}),
        ("gollum", {"pages": []}),
        ("gollum", {"pages": {"page_name": "Home"}}),
        ("label", {"label": {"name": "  "}}),
        ("issues", {"issue": None}),
        ("issues", {"issue": {"number": True}}),
        ("create", {"ref_type": ""}),
    ],
)
def test_a_subject_that_is_not_there_is_left_out(name: str, payload: dict[str, Any]) -> None:
    assert "subject" not in told(mapped("knative", delivered(name, payload)))


def _expected(
    name: str, subject: str | None, extensions: dict[str, AttributeValue]
) -> dict[str, AttributeValue]:
    return {
        "type": f"dev.knative.source.github.{name}",
        "source": SOURCE,
        "time": NOW,
        **({} if subject is None else {"subject": subject}),
        **extensions,
    }
