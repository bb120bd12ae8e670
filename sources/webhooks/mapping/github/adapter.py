"""The rows of the CloudEvents adapter: cloudevents/spec, cloudevents/adapters/github.md, c5eb14a.

Where its text cannot be meant we do what it does elsewhere: repository_dispatch and
repository_ruleset have a dot before the action too, and the discussion's updated_at that stands as
dataschema is the time. The type of status ends with its dot, as the text says. What it says of
page_build's time no payload has.
"""

from dataclasses import dataclass
from typing import Any

from sources.webhooks.mapping.github.fields import Field, field, nothing
from sources.webhooks.mapping.payload import at

__all__ = ["OTHER", "ROWS", "Row"]


@dataclass(frozen=True, slots=True)
class Row:
    """`kinds` follow the event's name in the type, and `end` them; `times` are tried in their order."""

    source: Field
    kinds: tuple[Field, ...]
    subject: Field
    times: tuple[Field, ...]
    end: str


def _row(
    subject: str = "",
    *,
    time: str | Field = "",
    kind: str = "action",
    source: str | Field = "repository.url",
    end: str = "",
) -> Row:
    """Paths by their dotted names; those of `kind` and `time` with spaces between."""
    return Row(
        source=source if callable(source) else field(source),
        kinds=tuple(field(path) for path in kind.split()),
        subject=field(subject) if subject else nothing,
        times=(time,) if callable(time) else tuple(field(path) for path in time.split()),
        end=end,
    )


def _commit_comment(payload: Any) -> str | None:
    url, commit = at(payload, "comment", "url"), at(payload, "comment", "commit_id")
    return f"{url}/{commit}" if url and commit else None


def _marketplace(payload: Any) -> str | None:
    """The sender's URL without the name."""
    url = at(payload, "sender", "url")
    return url.rpartition("/")[0] if isinstance(url, str) else None


_RELEASE_TIMES = {
    "created": "created_at",
    "edited": "updated_at",
    "prereleased": "published_at",
    "published": "published_at",
    "released": "published_at",
}


def _release_time(payload: Any) -> Any:
    action = at(payload, "action")
    name = _RELEASE_TIMES.get(action) if isinstance(action, str) else None
    return at(payload, "release", name) if name else None


OTHER = _row()
"""Of events that the adapter does not know."""

ROWS = {
    "branch_protection_configuration": OTHER,
    "branch_protection_rule": _row("rule.id", time="rule.updated_at"),
    "check_run": _row("check_run.id", time="check_run.completed_at check_run.started_at"),
    "check_suite": _row("check_suite.id", time="check_suite.updated_at"),
    "code_scanning_alert": _row("alert.number"),
    "commit_comment": _row("comment.id", time="comment.updated_at", source=_commit_comment),
    "content_reference": _row("content_reference.id"),
    "create": _row("ref", kind="ref_type"),
    "custom_property": _row("definition.property_name"),
    "custom_property_values": OTHER,
    "delete": _row("ref", kind="ref_type"),
    "dependabot_alert": _row("alert.id"),
    "deploy_key": _row("key.id", time="key.deleted_at key.created_at"),
    "deployment": _row("deployment.id", time="deployment.updated_at", kind=""),
    "deployment_protection_rule": _row("deployment.id", source="deployment.url"),
    "deployment_review": _row("workflow_run.id", source="deployment.url"),
    "deployment_status": _row(
        "deployment_status.url",
        time="deployment_status.updated_at",
        kind="deployment_status.state",
        source="deployment.url",
    ),
    "discussion": _row("discussion.id", time="discussion.updated_at"),
    "discussion_comment": _row("discussion.id", time="comment.updated_at"),
    "fork": _row("forkee.url", time="forkee.created_at", kind=""),
    "github_app_authorization": _row(kind="", source="sender.url"),
    "gollum": _row(kind=""),
    "installation": _row(
        "installation.id", time="installation.updated_at", source="installation.account.url"
    ),
    "installation_repositories": _row(
        "installation.id", time="installation.updated_at", source="installation.account.url"
    ),
    "installation_target": _row("installation.id", source="installation.account.url"),
    "issue_comment": _row("comment.id", time="comment.updated_at", source="issue.url"),
    "issues": _row("issue.number", time="issue.updated_at"),
    "label": _row("label.name"),
    "marketplace_purchase": _row(
        "marketplace_purchase.account.login", time="effective_date", source=_marketplace
    ),
    "member": _row("member.login"),
    "membership": _row("member.login", kind="scope action", source="team.url"),
    "merge_group": _row("merge_group.head_ref"),
    "meta": _row("hook_id", time="hook.updated_at"),
    "milestone": _row("milestone.number", time="milestone.updated_at"),
    "org_block": _row("blocked_user.login", source="organization.url"),
    "organization": _row("membership.user.login", source="organization.url"),
    "package": _row("package.id", time="package.updated_at package.created_at"),
    "page_build": _row("build.url", time="pusher.updated_at", kind=""),
    "project": _row("project.id", time="project.updated_at"),
    "project_card": _row("project_card.id", time="project_card.updated_at"),
    "project_column": _row("project_column.id", time="project_column.updated_at"),
    "projects_v2": _row("projects_v2.id", time="projects_v2.updated_at"),
    "projects_v2_item": _row("projects_v2_item.id", time="projects_v2_item.updated_at"),
    "projects_v2_status_update": _row(
        "projects_v2_status_update.id", time="projects_v2_status_update.updated_at"
    ),
    "public": _row(
        "repository.name", time="repository.updated_at", kind="", source="repository.owner.url"
    ),
    "pull_request": _row("number", time="pull_request.updated_at"),
    "pull_request_review": _row("review.id", time="review.submitted_at", source="pull_request.url"),
    "pull_request_review_comment": _row(
        "comment.id", time="pull_request.updated_at", source="pull_request.url"
    ),
    "pull_request_review_thread": _row("pull_request.id", source="pull_request.url"),
    "push": _row("ref", kind=""),
    "registry_package": _row("registry_package.html_url", time="registry_package.updated_at"),
    "release": _row("release.id", time=_release_time),
    "repository": _row(
        "repository.name", time="repository.updated_at", source="repository.owner.url"
    ),
    "repository_advisory": _row(
        "repository_advisory.ghsa_id", time="repository_advisory.updated_at"
    ),
    "repository_dispatch": _row(source="repository.owner.url"),
    "repository_import": _row(
        "repository.name", time="repository.updated_at", kind="", source="repository.owner.url"
    ),
    "repository_ruleset": _row(
        "repository.name", time="repository.updated_at", source="repository.owner.url"
    ),
    "repository_vulnerability_alert": _row("alert.id"),
    "secret_scanning_alert": _row("alert.number", time="alert.updated_at alert.created_at"),
    "secret_scanning_alert_location": _row(
        "alert.number", time="alert.updated_at alert.created_at"
    ),
    "security_advisory": _row(
        "security_advisory.ghsa_id",
        time="security_advisory.updated_at",
        source=lambda _: "github.com",
    ),
    "security_and_analysis": _row(kind=""),
    "sponsorship": _row("sponsorship.sponsor.login"),
    "star": _row(time="starred_at"),
    "status": _row("sha", time="updated_at", kind="", end="."),
    "team": _row("team.id", time="updated_at"),
    "team_add": _row("team.id"),
    "watch": OTHER,
    "workflow_dispatch": _row("workflow", kind=""),
    "workflow_job": _row("workflow_job.name"),
    "workflow_run": _row("workflow.name"),
}
