"""GitLab's hooks under both mappings, with payloads as its documentation shows them."""

from typing import Any

import pytest

from sources.webhooks.mapping.gitlab import GitLabMapper
from sources.webhooks.values import RefusedError
from tests.sources.webhooks.mapping.deliveries import delivery, event_of

PROJECT_URL = "https://gitlab.example.com/fruit/orchard"
KEY = "f5e5f430-f57b-4e6e-9fac-d9128cd7232f"

PROJECT = {
    "id": 15,
    "name": "Orchard",
    "web_url": "https://gitlab.com/fruit/orchard",
    "path_with_namespace": "fruit/orchard",
}
REPOSITORY = {"name": "Orchard", "homepage": "https://gitlab.com/fruit/orchard"}
NOTES = "https://gitlab.com/fruit/orchard/-/"

PUSH: dict[str, Any] = {
    "object_kind": "push",
    "event_name": "push",
    "before": "95790bf891e76fee5e1747ab589903a6a1f80f22",
    "after": "da1560886d4f094c3e6c9ef40349f7d38b5d27d7",
    "ref": "refs/heads/main",
    "checkout_sha": "da1560886d4f094c3e6c9ef40349f7d38b5d27d7",
    "user_name": "Jörg Äpfel",
    "project": PROJECT,
    "repository": REPOSITORY,
    "commits": [],
    "total_commits_count": 0,
}


def about(kind: str, **attributes: object) -> dict[str, Any]:
    return {
        "object_kind": kind,
        "project": PROJECT,
        "repository": REPOSITORY,
        "object_attributes": attributes,
    }


def note(noteable: str, place: str) -> dict[str, Any]:
    return about(
        "note",
        id=1241,
        noteable_type=noteable,
        created_at="2015-05-17 18:08:09 UTC",
        url=f"{NOTES}{place}#note_1241",
    )


@pytest.mark.parametrize(
    ("hook", "expected"),
    [
        ("Push Hook", "push"),
        ("Tag Push Hook", "tag_push"),
        ("Issue Hook", "issue"),
        ("Confidential Issue Hook", "confidential_issue"),
        ("Note Hook", "note"),
        ("Confidential Note Hook", "confidential_note"),
        ("Merge Request Hook", "merge_request"),
        ("Wiki Page Hook", "wiki_page"),
        ("Pipeline Hook", "pipeline"),
        ("Job Hook", "job"),
        ("Build Hook", "build"),
        ("Deployment Hook", "deployment"),
        ("Feature Flag Hook", "feature_flag"),
        ("Release Hook", "release"),
        ("Member Hook", "member"),
        ("Subgroup Hook", "subgroup"),
        ("Resource Access Token Hook", "resource_access_token"),
        ("Service Hook", "service"),
        ("System Hook", "system"),
        ("Emoji Hook", "emoji"),
        ("Some Future Hook", "some_future"),
        ("Hookless", "hookless"),
    ],
)
def test_mapping_knative_is_that_of_the_gitlabsource(hook: str, expected: str) -> None:
    request = delivery(PUSH, {"x-gitlab-event": hook, "idempotency-key": KEY})

    assert event_of(GitLabMapper(PROJECT_URL, mapping="knative"), request) == {
        "id": KEY,
        "source": PROJECT_URL,
        "type": f"dev.knative.sources.gitlab.{expected}",
        "comgitlabevent": hook,
        "datacontenttype": "application/json",
    }


NOW = "2026-11-21T16:47:42.250000Z"

ADAPTED = [
    ("Push Hook", PUSH, "push", PUSH["checkout_sha"], NOW),
    ("Push Hook", {**PUSH, "checkout_sha": None}, "push", None, NOW),
    ("Tag Push Hook", {**PUSH, "ref": "refs/tags/v1"}, "tag_push", "refs/tags/v1", NOW),
    ("Issue Hook", about("issue", iid=23, state="opened"), "issue.opened", "23", NOW),
    (
        "Confidential Issue Hook",
        about("issue", iid=23, state="closed"),
        "confidential_issue.closed",
        "23",
        NOW,
    ),
    (
        "Merge Request Hook",
        about("merge_request", iid=1, action="open", created_at="2013-12-03T17:23:34Z"),
        "merge_request.open",
        "1",
        "2013-12-03T17:23:34Z",
    ),
    ("Merge Request Hook", about("merge_request", iid=1), "merge_request", "1", NOW),
    (
        "Wiki Page Hook",
        about("wiki_page", slug="awesome", action="create"),
        "wiki_page.create",
        "awesome",
        NOW,
    ),
    ("Pipeline Hook", about("pipeline", id=31, status="success"), "pipeline.success", "31", NOW),
    (
        "Job Hook",
        {**PUSH, "object_kind": "build", "build_id": 1977, "build_status": "created"},
        "job.created",
        "1977",
        NOW,
    ),
    (
        "Job Hook",
        {**PUSH, "job_id": 7, "job_status": "failed"},
        "job.failed",
        "7",
        NOW,
    ),
    # What the adapter does not name.
    (
        "Deployment Hook",
        {"object_kind": "deployment", "status": "success", "deployment_id": 15, "project": PROJECT},
        "deployment.success",
        "15",
        NOW,
    ),
    (
        "Release Hook",
        {"object_kind": "release", "action": "create", "id": 1, "project": PROJECT},
        "release.create",
        "1",
        NOW,
    ),
    ("Emoji Hook", {**about("emoji", id=1, action="award")}, "emoji.award", "1", NOW),
]


@pytest.mark.parametrize(("hook", "payload", "kind", "subject", "time"), ADAPTED)
def test_mapping_cloudevents_is_that_of_the_adapter(
    hook: str, payload: object, kind: str, subject: str | None, time: str
) -> None:
    request = delivery(payload, {"x-gitlab-event": hook, "idempotency-key": KEY})

    assert event_of(GitLabMapper(PROJECT_URL, mapping="cloudevents"), request) == {
        "id": KEY,
        "source": "https://gitlab.com/fruit/orchard",
        "type": f"com.gitlab.{kind}",
        **({} if subject is None else {"subject": subject}),
        "time": time,
        "comgitlabevent": hook,
        "datacontenttype": "application/json",
    }


@pytest.mark.parametrize(
    ("payload", "kind", "source"),
    [
        (
            {**note("Commit", "commit/cfe32c"), "commit": {"url": f"{NOTES}commit/cfe32cf61b73"}},
            "note.commit",
            f"{NOTES}commit/cfe32cf61b73",
        ),
        (
            note("MergeRequest", "merge_requests/1"),
            "note.merge_request",
            f"{NOTES}merge_requests/1",
        ),
        (note("Issue", "issues/17"), "note.issue", f"{NOTES}issues/17"),
        (note("Snippet", "snippets/53"), "note.snippet", f"{NOTES}snippets/53"),
        (
            note("DesignManagement::Design", "issues/1/designs/a"),
            "note.design_management_design",
            f"{NOTES}issues/1/designs/a",
        ),
    ],
)
def test_a_comment_has_the_page_that_it_stands_on_as_its_source(
    payload: object, kind: str, source: str
) -> None:
    request = delivery(payload, {"x-gitlab-event": "Note Hook"})

    found = event_of(GitLabMapper(PROJECT_URL, mapping="cloudevents"), request)

    assert found["type"] == f"com.gitlab.{kind}"
    assert found["source"] == source
    assert found["subject"] == "1241"
    assert found["time"] == "2015-05-17T18:08:09Z"


def test_a_system_hook_has_the_type_of_its_event_and_the_source_of_the_document() -> None:
    payload = {"event_name": "project_create", "name": "StoreCloud", "project_id": 74}
    request = delivery(payload, {"x-gitlab-event": "System Hook"})

    found = event_of(GitLabMapper(PROJECT_URL, mapping="cloudevents"), request)

    assert found["type"] == "com.gitlab.system.project_create"
    assert found["source"] == PROJECT_URL


IDS = [
    ({"idempotency-key": KEY, "webhook-id": "other"}, KEY),
    ({"webhook-id": "msg_1"}, "msg_1"),
    ({"idempotency-key": " ", "webhook-id": "msg_1"}, "msg_1"),
]


@pytest.mark.parametrize(("headers", "expected"), IDS)
def test_the_id_is_what_gitlab_repeats_when_it_sends_again(
    headers: dict[str, str], expected: str
) -> None:
    request = delivery(PUSH, {"x-gitlab-event": "Push Hook", **headers})

    assert event_of(GitLabMapper(PROJECT_URL, mapping="knative"), request)["id"] == expected


def test_without_a_key_the_same_hook_and_body_have_the_same_id_and_others_another() -> None:
    def id_of(hook: str, payload: object, uuid: str) -> object:
        headers = {"x-gitlab-event": hook, "x-gitlab-event-uuid": uuid}
        mapper = GitLabMapper(PROJECT_URL, mapping="knative")
        return event_of(mapper, delivery(payload, headers))["id"]

    first = id_of("Push Hook", PUSH, "a")

    # By hand it is sent again under another X-Gitlab-Event-UUID, which webhooks of what a webhook
    # caused have in common.
    assert id_of("Push Hook", PUSH, "b") == first
    assert id_of("Tag Push Hook", PUSH, "a") != first
    assert id_of("Push Hook", {**PUSH, "ref": "refs/heads/next"}, "a") != first


def test_a_template_of_ones_own_may_be_any_json() -> None:
    request = delivery(["pushed"], {"x-gitlab-event": "Push Hook"})

    found = event_of(GitLabMapper(PROJECT_URL, mapping="cloudevents"), request)

    assert (found["type"], found["source"]) == ("com.gitlab.push", PROJECT_URL)


@pytest.mark.parametrize(
    ("headers", "body", "words"),
    [
        ({}, b"{}", "X-Gitlab-Event is missing"),
        ({"x-gitlab-event": " "}, b"{}", "X-Gitlab-Event is missing"),
        ({"x-gitlab-event": "Push Hook"}, b"", "the body is not JSON"),
        ({"x-gitlab-event": "Push Hook"}, b"a=1", "the body is not JSON"),
    ],
)
def test_what_is_no_webhook_of_gitlab_is_refused(
    headers: dict[str, str], body: bytes, words: str
) -> None:
    with pytest.raises(RefusedError, match=words) as refused:
        GitLabMapper(PROJECT_URL, mapping="knative").event(delivery(body, headers))

    assert (refused.value.status, refused.value.reason) == (400, "invalid")
