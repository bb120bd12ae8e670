"""`spec` of a GitHubSource, a GitLabSource and a BitbucketSource."""

import re
from difflib import get_close_matches
from typing import Any

from poplin.resources.fields import Checker, Fields
from poplin.resources.source_models import (
    GITHUB_API_URL,
    BitbucketSpec,
    GitHubSpec,
    GitLabSpec,
    SecretKey,
)
from poplin.resources.source_parts import read_event_types, read_secret_key, read_url
from poplin.resources.source_types import GITLAB_HOOKS
from poplin.resources.values import Value

__all__ = ["read_bitbucket", "read_github", "read_gitlab"]

# No `.` and no `..`: it becomes a path of the provider's API. `~` begins the name of a user in
# Bitbucket Data Center.
_PART = r"(?!\.{1,2}(?:/|\Z))[A-Za-z0-9._-]{1,100}"
_GITHUB = re.compile(rf"{_PART}(?:/{_PART})?\Z")
_BITBUCKET = re.compile(rf"~?{_PART}(?:/{_PART})?\Z")


def read_github(checker: Checker, fields: Fields, notes: dict[str, Any]) -> GitHubSpec:
    repository, types = fields.need("ownerAndRepository"), fields.need("eventTypes")
    secrets, token = _secrets(checker, fields, notes), fields.take("accessToken")
    api, secure = fields.take("githubAPIURL"), fields.take("secure")
    _account(checker, fields)
    access_token = read_secret_key(checker, token) if token else None
    api_url = read_url(checker, api) if api else GITHUB_API_URL
    if api and token and api_url.lower().startswith("http://"):
        checker.warn(api, "sends the access token unencrypted; use https://")
    return GitHubSpec(
        owner_and_repository=_repository(checker, repository, _GITHUB, "an organisation"),
        event_types=read_event_types(checker, types) if types else (),
        secrets=secrets,
        access_token=access_token,
        api_url=api_url.removesuffix("/") + "/",
        is_secure=secure is None or checker.flag(secure) is not False,
        mapping=notes.get("mapping", "knative"),
        allows_sha1=notes.get("allow-sha1", False),
        forwards_ping=notes.get("forward-ping", False),
    )


def read_gitlab(checker: Checker, fields: Fields, notes: dict[str, Any]) -> GitLabSpec:
    project, types = fields.need("projectUrl"), fields.need("eventTypes")
    secrets, token = _secrets(checker, fields, notes), fields.take("accessToken")
    verify = fields.take("sslverify")
    _account(checker, fields)
    if verify is not None:
        checker.flag(verify)
    if token is not None:
        checker.warn(token, "is not used; set the hook up by hand, at GitLab")
    event_types = read_event_types(checker, types) if types else ()
    for each in event_types:
        if types and each not in GITLAB_HOOKS:
            near = get_close_matches(each[:100], GITLAB_HOOKS, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            checker.warn(types, f"{each} is no hook of GitLab that is known here{hint}")
    return GitLabSpec(
        project_url=read_url(checker, project) if project else "",
        event_types=event_types,
        secrets=secrets,
        access_token=read_secret_key(checker, token) if token else None,
        mapping=notes.get("mapping", "knative"),
    )


def read_bitbucket(checker: Checker, fields: Fields, notes: dict[str, Any]) -> BitbucketSpec:
    repository, types = fields.need("ownerAndRepository"), fields.take("eventTypes")
    return BitbucketSpec(
        owner_and_repository=_repository(checker, repository, _BITBUCKET, "a workspace"),
        event_types=read_event_types(checker, types) if types else (),
        secrets=_secrets(checker, fields, notes),
        forwards_ping=notes.get("forward-ping", False),
    )


def _secrets(checker: Checker, fields: Fields, notes: dict[str, Any]) -> tuple[SecretKey, ...]:
    """`spec.secretToken`, and what stands beside it while it is changed."""
    more: tuple[SecretKey, ...] = notes.get("more-secrets", ())
    value = fields.take("secretToken")
    if value is None:
        if more:
            path = f"{fields.value.path}.secretToken"
            checker.refuse(fields.value, "is missing; poplin.dev/more-secrets needs it", path)
        return ()
    own = read_secret_key(checker, value)
    return tuple(dict.fromkeys((own, *more))) if own else ()


def _repository(checker: Checker, value: Value | None, shape: re.Pattern[str], alone: str) -> str:
    if value is not None and isinstance(value.data, str) and shape.match(value.data):
        return value.data
    if value is not None:
        checker.bad(value, f"owner/repository, or the name of {alone}")
    return ""


def _account(checker: Checker, fields: Fields) -> None:
    """There are no pods that could run as it."""
    if (account := fields.take("serviceAccountName")) is not None:
        checker.text(account)
