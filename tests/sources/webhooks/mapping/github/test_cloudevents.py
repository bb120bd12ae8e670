"""The rows of the CloudEvents adapter, each read off a payload that has everything."""

from typing import Any

import pytest

from poplin.event import AttributeValue
from sources.webhooks.mapping.github.adapter import ROWS
from tests.sources.webhooks.mapping.github.deliveries import NOW, SOURCE, delivered, mapped, told

REPO = "https://api.github.com/repos/octo/cat"
OWNER = "https://api.github.com/users/octo"
ORGANIZATION = "https://api.github.com/orgs/acme"
ACCOUNT = "https://api.github.com/users/installer"


def day(number: int) -> str:
    return f"2020-01-{number:02}T00:00:00Z"


EVERYTHING: dict[str, Any] = {
    "action": "done",
    "alert": {"id": 1, "number": 2, "created_at": day(1), "updated_at": None},
    "blocked_user": {"login": "blocked"},
    "build": {"url": f"{REPO}/pages/builds/3"},
    "check_run": {"id": 4, "started_at": day(2), "completed_at": None},
    "check_suite": {"id": 5, "updated_at": day(3)},
    "comment": {"id": 6, "url": f"{REPO}/comments/6", "commit_id": "c0", "updated_at": day(4)},
    "content_reference": {"id": 7},
    "definition": {"property_name": "colour"},
    "deployment": {"id": 8, "url": f"{REPO}/deployments/8", "updated_at": day(5)},
    "deployment_status": {"state": "ok", "url": f"{REPO}/statuses/9", "updated_at": day(6)},
    "discussion": {"id": 10, "updated_at": day(7)},
    "effective_date": "2020-01-08T00:00:00+00:00",
    "forkee": {"url": f"{REPO}/fork", "created_at": day(9)},
    "hook": {"updated_at": day(10)},
    "hook_id": 11,
    "installation": {"id": 12, "account": {"url": ACCOUNT}, "updated_at": 1_578_700_800},
    "issue": {"number": 13, "url": f"{REPO}/issues/13", "updated_at": day(12)},
    "key": {"id": 14, "created_at": day(13)},
    "label": {"name": "bug"},
    "marketplace_purchase": {"account": {"login": "buyer"}},
    "member": {"login": "member"},
    "membership": {"user": {"login": "joined"}},
    "merge_group": {"head_ref": "refs/heads/queue"},
    "milestone": {"number": 15, "updated_at": day(14)},
    "number": 16,
    "organization": {"url": ORGANIZATION},
    "package": {"id": 17, "updated_at": day(15), "created_at": day(16)},
    "project": {"id": 18, "updated_at": day(17)},
    "project_card": {"id": 19, "updated_at": day(18)},
    "project_column": {"id": 20, "updated_at": day(19)},
    "projects_v2": {"id": 21, "updated_at": day(20)},
    "projects_v2_item": {"id": 22, "updated_at": day(21)},
    "projects_v2_status_update": {"id": 23, "updated_at": day(22)},
    "pull_request": {"id": 24, "url": f"{REPO}/pulls/16", "updated_at": day(23)},
    "pusher": {"updated_at": day(8)},
    "ref": "main",
    "ref_type": "branch",
    "registry_package": {"html_url": "https://github.com/p", "updated_at": day(24)},
    "release": {"id": 25},
    "repository": {
        "url": REPO,
        "name": "cat",
        "owner": {"login": "octo", "url": OWNER},
        "updated_at": day(26),
    },
    "repository_advisory": {"ghsa_id": "GHSA-2", "updated_at": day(27)},
    "review": {"id": 26, "submitted_at": day(28)},
    "rule": {"id": 27, "updated_at": day(29)},
    "scope": "team",
    "security_advisory": {"ghsa_id": "GHSA-1", "updated_at": day(30)},
    "sender": {"login": "hubot", "url": "https://api.github.com/users/hubot"},
    "sha": "5ha",
    "sponsorship": {"sponsor": {"login": "sponsor"}},
    "starred_at": day(31),
    "team": {"id": 28, "url": "https://api.github.com/teams/28"},
    "updated_at": "2020-02-01T00:00:00+00:00",
    "workflow": {"name": "CI"},
    "workflow_job": {"name": "lint"},
    "workflow_run": {"id": 29},
}

# Type without its beginning, subject, time, source; NOW is "current time".
ADAPTER: list[tuple[str, str | None, str, str]] = [
    ("branch_protection_configuration.done", None, NOW, REPO),
    ("branch_protection_rule.done", "27", day(29), REPO),
    ("check_run.done", "4", day(2), REPO),
    ("check_suite.done", "5", day(3), REPO),
    ("code_scanning_alert.done", "2", NOW, REPO),
    ("commit_comment.done", "6", day(4), f"{REPO}/comments/6/c0"),
    ("content_reference.done", "7", NOW, REPO),
    ("create.branch", "main", NOW, REPO),
    ("custom_property.done", "colour", NOW, REPO),
    ("custom_property_values.done", None, NOW, REPO),
    ("delete.branch", "main", NOW, REPO),
    ("dependabot_alert.done", "1", NOW, REPO),
    ("deploy_key.done", "14", day(13), REPO),
    ("deployment", "8", day(5), REPO),
    ("deployment_protection_rule.done", "8", NOW, f"{REPO}/deployments/8"),
    ("deployment_review.done", "29", NOW, f"{REPO}/deployments/8"),
    ("deployment_status.ok", f"{REPO}/statuses/9", day(6), f"{REPO}/deployments/8"),
    ("discussion.done", "10", day(7), REPO),
    ("discussion_comment.done", "10", day(4), REPO),
    ("fork", f"{REPO}/fork", day(9), REPO),
    ("github_app_authorization", None, NOW, "https://api.github.com/users/hubot"),
    ("gollum", None, NOW, REPO),
    ("installation.done", "12", day(11), ACCOUNT),
    ("installation_repositories.done", "12", day(11), ACCOUNT),
    ("installation_target.done", "12", NOW, ACCOUNT),
    ("issue_comment.done", "6", day(4), f"{REPO}/issues/13"),
    ("issues.done", "13", day(12), REPO),
    ("label.done", "bug", NOW, REPO),
    (
        "marketplace_purchase.done",
        "buyer",
        "2020-01-08T00:00:00+00:00",
        "https://api.github.com/users",
    ),
    ("member.done", "member", NOW, REPO),
    ("membership.team.done", "member", NOW, "https://api.github.com/teams/28"),
    ("merge_group.done", "refs/heads/queue", NOW, REPO),
    ("meta.done", "11", day(10), REPO),
    ("milestone.done", "15", day(14), REPO),
    ("organization.done", "joined", NOW, ORGANIZATION),
    ("org_block.done", "blocked", NOW, ORGANIZATION),
    ("package.done", "17", day(15), REPO),
    ("page_build", f"{REPO}/pages/builds/3", day(8), REPO),
    ("project_card.done", "19", day(18), REPO),
    ("project_column.done", "20", day(19), REPO),
    ("project.done", "18", day(17), REPO),
    ("projects_v2.done", "21", day(20), REPO),
    ("projects_v2_item.done", "22", day(21), REPO),
    ("projects_v2_status_update.done", "23", day(22), REPO),
    ("public", "cat", day(26), OWNER),
    ("pull_request.done", "16", day(23), REPO),
    ("pull_request_review.done", "26", day(28), f"{REPO}/pulls/16"),
    ("pull_request_review_comment.done", "6", day(23), f"{REPO}/pulls/16"),
    ("pull_request_review_thread.done", "24", NOW, f"{REPO}/pulls/16"),
    ("push", "main", NOW, REPO),
    ("registry_package.done", "https://github.com/p", day(24), REPO),
    ("release.done", "25", NOW, REPO),
    ("repository.done", "cat", day(26), OWNER),
    ("repository_advisory.done", "GHSA-2", day(27), REPO),
    ("repository_dispatch.done", None, NOW, OWNER),
    ("repository_import", "cat", day(26), OWNER),
    ("repository_ruleset.done", "cat", day(26), OWNER),
    ("repository_vulnerability_alert.done", "1", NOW, REPO),
    ("secret_scanning_alert.done", "2", day(1), REPO),
    ("secret_scanning_alert_location.done", "2", day(1), REPO),
    ("security_advisory.done", "GHSA-1", day(30), "github.com"),
    ("security_and_analysis", None, NOW, REPO),
    ("sponsorship.done", "sponsor", NOW, REPO),
    ("star.done", None, day(31), REPO),
    ("status.", "5ha", "2020-02-01T00:00:00+00:00", REPO),
    ("team.done", "28", "2020-02-01T00:00:00+00:00", REPO),
    ("team_add.done", "28", NOW, REPO),
    ("watch.done", None, NOW, REPO),
    ("workflow_dispatch", "CI", NOW, REPO),
    ("workflow_job.done", "lint", NOW, REPO),
    ("workflow_run.done", "CI", NOW, REPO),
    ("teleport_v3.done", None, NOW, REPO),
]
EXTENSIONS: dict[str, AttributeValue] = {
    "action": "done",
    "owner": "octo",
    "repository": "cat",
    "sender": "hubot",
    "ref": "main",
}


def test_the_table_has_the_events_of_the_adapter() -> None:
    assert {_name(kind) for kind, *_ in ADAPTER} == {*ROWS, "teleport_v3"}
    assert len(ROWS) == 71


@pytest.mark.parametrize(("kind", "subject", "time", "source"), ADAPTER)
def test_a_row_of_the_adapter(kind: str, subject: str | None, time: str, source: str) -> None:
    name = _name(kind)
    # The workflow of this event alone is its file's path.
    payload = EVERYTHING | ({"workflow": "CI"} if name == "workflow_dispatch" else {})

    event = mapped("cloudevents", delivered(name, payload))

    expected = {"type": f"com.github.{kind}", "source": source, "time": time, **EXTENSIONS}
    assert told(event) == expected | ({} if subject is None else {"subject": subject})


def _name(kind: str) -> str:
    return kind.partition(".")[0]


@pytest.mark.parametrize(
    ("action", "time"),
    [
        ("created", day(1)),
        ("published", day(2)),
        ("released", day(2)),
        ("prereleased", day(2)),
        ("edited", day(3)),
        ("deleted", NOW),
        ("unpublished", NOW),
        (None, NOW),
        (["created"], NOW),
    ],
)
def test_the_time_of_a_release_goes_by_its_action(action: object, time: str) -> None:
    release = {"created_at": day(1), "published_at": day(2), "updated_at": day(3)}

    event = mapped("cloudevents", delivered("release", {"action": action, "release": release}))

    assert event.attributes["time"] == time


@pytest.mark.parametrize(
    ("name", "payload", "source"),
    [
        ("issue_comment", {"repository": {"url": REPO}}, REPO),
        ("issue_comment", {"issue": {"url": "not a URI"}, "repository": {"url": REPO}}, REPO),
        (
            "issue_comment",
            {"issue": {"url": ""}, "organization": {"url": ORGANIZATION}},
            ORGANIZATION,
        ),
        ("issue_comment", {"issue": {"url": 7}}, "7"),
        ("issue_comment", {"issue": {"url": "{/template}"}}, SOURCE),
        ("commit_comment", {"comment": {"url": f"{REPO}/comments/6"}}, SOURCE),
        ("marketplace_purchase", {"sender": {"url": "hubot"}}, SOURCE),
        ("marketplace_purchase", {"sender": {"url": None}}, SOURCE),
        ("push", {}, SOURCE),
        ("ping", {"organization": {"url": ORGANIZATION}}, ORGANIZATION),
        ("teleport_v3", {"sender": {"url": "https://api.github.com/users/hubot"}}, SOURCE),
    ],
)
def test_where_the_row_names_no_uri_the_source_is_the_repositorys_or_the_organizations_or_ours(
    name: str, payload: dict[str, Any], source: str
) -> None:
    assert mapped("cloudevents", delivered(name, payload)).attributes["source"] == source


@pytest.mark.parametrize(
    ("name", "payload", "kind"),
    [
        ("issues", {}, "issues"),
        ("issues", {"action": ""}, "issues"),
        ("issues", {"action": True}, "issues"),
        ("membership", {"action": "added"}, "membership.added"),
        ("membership", {"scope": "team"}, "membership.team"),
        ("repository_dispatch", {"action": "on demand é"}, "repository_dispatch.on demand é"),
    ],
)
def test_the_type_ends_where_the_payload_does(
    name: str, payload: dict[str, Any], kind: str
) -> None:
    event = mapped("cloudevents", delivered(name, payload))

    assert event.attributes["type"] == f"com.github.{kind}"


@pytest.mark.parametrize("time", ["yesterday", "2020-01-01", True, {}, 10**12, None])
def test_a_time_that_is_none_is_when_it_came(time: object) -> None:
    event = mapped("cloudevents", delivered("star", {"starred_at": time}))

    assert event.attributes["time"] == NOW
