"""Knative's attributes: knative-extensions/eventing-github, pkg/common/events.go and handler.go.

The type has no action, the source is the one that is configured, also where a hook of an
organization tells of many repositories.
"""

from dataclasses import dataclass
from typing import Any

from poplin.event import AttributeValue
from sources.webhooks.mapping.base import words
from sources.webhooks.mapping.github.delivery import Delivery
from sources.webhooks.mapping.github.fields import (
    COMMON,
    OWNED,
    Field,
    extensions,
    field,
    first,
    last_part,
    nothing,
)
from sources.webhooks.mapping.payload import at

__all__ = ["knative"]


@dataclass(frozen=True, slots=True)
class _Row:
    subject: Field
    extensions: dict[str, Field]


def knative(delivery: Delivery, source: str, received: str) -> dict[str, AttributeValue | None]:
    """type, source, subject, time and extensions. `time` is when it came: Knative's is when it is
    sent on, and subscribers may count on its being there.
    """
    row, payload = _ROWS.get(delivery.name, _OTHER), delivery.payload
    return {
        "type": f"dev.knative.source.github.{delivery.name}",
        "source": source,
        "subject": words(row.subject(payload)),
        "time": received,
        **extensions(row.extensions, payload),
    }


def _pages(payload: Any) -> str | None:
    pages = at(payload, "pages")
    if not isinstance(pages, list):
        return None
    names = (at(page, "page_name") for page in pages)
    return ",".join(name for name in names if isinstance(name, str))


_ACTION = {"action": field("action")}
_ACTED = OWNED | _ACTION
_OF_ORGANIZATION = {"owner": field("organization.login"), "sender": field("sender.login")} | _ACTION
_INSTALLATION = {"installation": field("installation.id")}
_INSTALLED = _INSTALLATION | {"sender": field("sender.login")} | _ACTION
_ACTED_INSTALLED = _ACTED | _INSTALLATION

_OTHER = _Row(nothing, COMMON)
_ROWS = {
    "check_run": _Row(field("check_run.id"), _ACTED),
    "check_suite": _Row(field("check_suite.id"), _ACTED),
    "commit_comment": _Row(last_part("comment.html_url"), _ACTED),
    "create": _Row(field("ref_type"), OWNED | {"ref": field("ref")}),
    "delete": _Row(field("ref_type"), OWNED | {"ref": field("ref")}),
    "deployment": _Row(field("deployment.id"), OWNED),
    "deployment_status": _Row(field("deployment.id"), OWNED),
    "fork": _Row(field("forkee.id"), OWNED),
    "gollum": _Row(_pages, OWNED),
    "installation": _Row(field("installation.id"), _INSTALLED),
    "installation_repositories": _Row(field("installation.id"), _INSTALLED),
    "integration_installation": _Row(field("installation.id"), _INSTALLED),
    "integration_installation_repositories": _Row(field("installation.id"), _INSTALLED),
    "issue_comment": _Row(last_part("comment.html_url"), _ACTED),
    "issues": _Row(
        field("issue.number"),
        _ACTED | {"label": field("label.name"), "assignee": field("assignee.login")},
    ),
    "label": _Row(field("label.name"), _ACTED | {"label": field("label.name")}),
    "member": _Row(field("member.id"), _ACTED),
    "membership": _Row(field("member.id"), _OF_ORGANIZATION | {"scope": field("scope")}),
    "milestone": _Row(field("milestone.number"), _ACTED),
    "organization": _Row(field("action"), _OF_ORGANIZATION),
    "org_block": _Row(field("action"), _OF_ORGANIZATION),
    "page_build": _Row(field("id"), OWNED),
    "ping": _Row(field("hook_id"), OWNED),
    "project": _Row(field("action"), _ACTED),
    "project_card": _Row(field("action"), _ACTED),
    "project_column": _Row(field("action"), _ACTED),
    "public": _Row(field("repository.id"), OWNED),
    "pull_request": _Row(
        field("pull_request.number"),
        _ACTED_INSTALLED
        | {
            "number": field("number"),
            # Knative's is always there.
            "label": first(field("label.name"), lambda _: ""),
            "assignee": field("assignee.login"),
        },
    ),
    "pull_request_review": _Row(
        field("review.id"), _ACTED_INSTALLED | {"review": field("review.state")}
    ),
    "pull_request_review_comment": _Row(field("comment.id"), _ACTED_INSTALLED),
    "push": _Row(
        last_part("compare"),
        OWNED
        | _INSTALLATION
        | {
            "pusher": field("pusher.name"),
            "ref": field("ref"),
            "created": field("created"),
            "deleted": field("deleted"),
            "forced": field("forced"),
        },
    ),
    "release": _Row(
        field("release.tag_name"), _ACTED_INSTALLED | {"release": field("release.name")}
    ),
    "repository": _Row(field("repository.id"), _ACTED),
    "repository_vulnerability_alert": _Row(field("alert.id"), _ACTION),
    "security_advisory": _Row(field("security_advisory.ghsa_id"), _ACTION),
    "status": _Row(
        field("sha"),
        OWNED | {"state": field("state"), "name": field("name"), "context": field("context")},
    ),
    # Knative's has no owner and repository; GitHub's has a repository where it is about one.
    "team": _Row(field("team.id"), _ACTED),
    "team_add": _Row(field("repository.id"), OWNED),
    "watch": _Row(field("repository.id"), _ACTED),
}
