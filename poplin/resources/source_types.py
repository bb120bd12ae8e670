"""Which types of events a source emits, as far as its document tells."""

from poplin.resources.source_models import (
    SOURCE_KINDS,
    ApiServerSpec,
    BitbucketSpec,
    GitHubSpec,
    GitLabSpec,
    PingSpec,
    Source,
    WebhookSpec,
)

__all__ = ["GITLAB_HOOKS", "ce_attributes", "gitlab_type"]

GITLAB_HOOKS = {
    "confidential_issues_events": "Confidential Issue Hook",
    "confidential_note_events": "Confidential Note Hook",
    "deployment_events": "Deployment Hook",
    "emoji_events": "Emoji Hook",
    "feature_flag_events": "Feature Flag Hook",
    "issues_events": "Issue Hook",
    "job_events": "Job Hook",
    "member_events": "Member Hook",
    "merge_requests_events": "Merge Request Hook",
    "milestone_events": "Milestone Hook",
    "note_events": "Note Hook",
    "pipeline_events": "Pipeline Hook",
    "project_events": "Project Hook",
    "push_events": "Push Hook",
    "releases_events": "Release Hook",
    "resource_access_token_events": "Resource Access Token Hook",
    "subgroup_events": "Subgroup Hook",
    "tag_push_events": "Tag Push Hook",
    "vulnerability_events": "Vulnerability Hook",
    "wiki_page_events": "Wiki Page Hook",
}
"""What a hook is called in GitLab's API → the X-Gitlab-Event of its deliveries, which gives events
their type. Knative advertises other types than it emits, and empty ones for some."""

_SAY_WHENCE = ("github", "gitlab", "bitbucket", "shopify")
"""Presets that take the source from what is delivered."""


def ce_attributes(source: Source) -> tuple[tuple[str, str], ...]:
    """type and source of what it emits; the source is empty where each payload says its own, and
    where it is the URL of an API server. Of the mapping `cloudevents` the types may go on with what
    happened.
    """
    spec = source.spec
    if isinstance(spec, GitHubSpec):
        found = _github(spec)
    elif isinstance(spec, GitLabSpec):
        found = _gitlab(spec)
    elif isinstance(spec, BitbucketSpec):
        found = [(f"dev.knative.source.bitbucket.{each}", "") for each in spec.event_types]
    elif isinstance(spec, ApiServerSpec):
        found = _api_server(spec)
    elif isinstance(spec, PingSpec):
        path = f"namespaces/{source.namespace}/pingsources/{source.name}"
        found = [("dev.knative.sources.ping", f"/apis/v1/{path}")]
    else:
        found = _webhook(spec, source)
    return tuple(dict.fromkeys(found))


def _github(spec: GitHubSpec) -> list[tuple[str, str]]:
    named = [each for each in spec.event_types if each != "*"]  # GitHub's word for all of them
    if spec.mapping == "cloudevents":
        return [(f"com.github.{each}", "") for each in named]
    uri = f"https://github.com/{spec.owner_and_repository}"
    return [(f"dev.knative.source.github.{each}", uri) for each in named]


def _gitlab(spec: GitLabSpec) -> list[tuple[str, str]]:
    names = [gitlab_type(each) for each in spec.event_types]
    if spec.mapping == "cloudevents":
        return [(f"com.gitlab.{each}", "") for each in names]
    return [(f"dev.knative.sources.gitlab.{each}", spec.project_url) for each in names]


def gitlab_type(hook: str) -> str:
    """What stands last in the type of the events of a hook."""
    header = GITLAB_HOOKS.get(hook, hook.removesuffix("_events"))
    return header.removesuffix(" Hook").replace(" ", "_").lower()


def _api_server(spec: ApiServerSpec) -> list[tuple[str, str]]:
    what = "resource" if spec.mode == "Resource" else "ref"
    return [(f"dev.knative.apiserver.{what}.{each}", "") for each in ("add", "delete", "update")]


def _webhook(spec: WebhookSpec, source: Source) -> list[tuple[str, str]]:
    kind, origin = spec.event.type, spec.event.source
    if kind is None or kind.value is None:
        return []
    if origin is not None:
        return [(kind.value, origin.value or "")]
    path = f"namespaces/{source.namespace}/webhooksources/{source.name}"
    own = f"/apis/{SOURCE_KINDS[source.kind]}/{path}"
    return [(kind.value, "" if spec.preset in _SAY_WHENCE else own)]
