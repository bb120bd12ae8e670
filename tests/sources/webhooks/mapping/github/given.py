"""What the payloads that the project is given become, read off the payloads by hand."""

from dataclasses import dataclass, field

from poplin.event import AttributeValue
from tests.sources.webhooks.mapping.github.deliveries import NOW

API = "https://api.github.com/repos/Codertocat/Hello-World"
OCTO_API = "https://api.github.com/repos/Octocoders/Hello-World"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """`subject` and `extensions` are of Knative's mapping, what follows of the other."""

    name: str
    owner: str = "Codertocat"
    repository: str = "Hello-World"
    sender: str = "Codertocat"
    subject: str | None = None
    extensions: dict[str, AttributeValue] = field(default_factory=dict)
    kind: str = ""
    source: str = API
    ce_subject: str | None = None
    time: str = NOW
    ce_extensions: dict[str, AttributeValue] = field(default_factory=dict)

    @property
    def people(self) -> dict[str, AttributeValue]:
        found = {"owner": self.owner, "repository": self.repository, "sender": self.sender}
        return {name: value for name, value in found.items() if value}

    @property
    def knative(self) -> dict[str, AttributeValue]:
        subject = {} if self.subject is None else {"subject": self.subject}
        return {
            "type": f"dev.knative.source.github.{self.name}",
            "source": "https://github.com/Octocoders",
            "time": NOW,
            **subject,
            **self.people,
            **self.extensions,
        }

    @property
    def cloudevents(self) -> dict[str, AttributeValue]:
        subject = {} if self.ce_subject is None else {"subject": self.ce_subject}
        return {
            "type": f"com.github.{self.name}{self.kind}",
            "source": self.source,
            "time": self.time,
            **subject,
            **self.people,
            **self.ce_extensions,
        }


GIVEN = [
    Given(
        name="check_run",
        subject="128620228",
        extensions={"action": "completed"},
        kind=".completed",
        ce_subject="128620228",
        time="2019-05-15T15:21:12Z",
        ce_extensions={"action": "completed"},
    ),
    Given(
        name="check_suite",
        subject="118578147",
        extensions={"action": "completed"},
        kind=".completed",
        ce_subject="118578147",
        time="2019-05-15T15:21:14Z",
        ce_extensions={"action": "completed"},
    ),
    Given(
        name="create",
        subject="tag",
        extensions={"ref": "simple-tag"},
        kind=".tag",
        ce_subject="simple-tag",
        ce_extensions={"ref": "simple-tag"},
    ),
    Given(
        name="delete",
        subject="tag",
        extensions={"ref": "simple-tag"},
        kind=".tag",
        ce_subject="simple-tag",
        ce_extensions={"ref": "simple-tag"},
    ),
    Given(
        name="deployment",
        subject="145988746",
        ce_subject="145988746",
        time="2022-01-03T01:28:40Z",
        ce_extensions={"action": "created"},
    ),
    Given(
        name="deployment_status",
        subject="145988746",
        kind=".in_progress",
        source=f"{API}/deployments/145988746",
        ce_subject=f"{API}/deployments/145988746/statuses/209916254",
        time="2022-01-03T01:28:40Z",
        ce_extensions={"action": "created"},
    ),
    Given(
        name="discussion",
        extensions={"action": "answered"},
        kind=".answered",
        ce_subject="3299614",
        time="2021-03-30T23:17:18Z",
        ce_extensions={"action": "answered"},
    ),
    Given(
        name="fork",
        sender="Octocoders",
        subject="186853261",
        ce_subject=OCTO_API,
        time="2019-05-15T15:20:42Z",
    ),
    Given(name="gollum", sender="rachmari", subject="Home"),
    Given(
        name="installation",
        owner="",
        repository="",
        subject="957387",
        extensions={"action": "created", "installation": 957387},
        kind=".created",
        source="https://api.github.com/users/Codertocat",
        ce_subject="957387",
        time="2019-05-15T15:19:51Z",
        ce_extensions={"action": "created"},
    ),
    Given(
        name="issue_comment",
        subject="1#issuecomment-492700400",
        extensions={"action": "created"},
        kind=".created",
        source=f"{API}/issues/1",
        ce_subject="492700400",
        time="2019-05-15T15:20:21Z",
        ce_extensions={"action": "created"},
    ),
    Given(
        name="issues",
        subject="1",
        extensions={"action": "assigned", "assignee": "Codertocat"},
        kind=".assigned",
        ce_subject="1",
        time="2019-05-15T15:20:18Z",
        ce_extensions={"action": "assigned"},
    ),
    Given(
        name="label",
        subject=":bug: Bugfix",
        extensions={"action": "created", "label": ":bug: Bugfix"},
        kind=".created",
        ce_subject=":bug: Bugfix",
        ce_extensions={"action": "created"},
    ),
    Given(
        name="member",
        sender="hacktocat",
        subject="39652351",
        extensions={"action": "added"},
        kind=".added",
        ce_subject="hacktocat",
        ce_extensions={"action": "added"},
    ),
    Given(
        name="milestone",
        subject="1",
        extensions={"action": "closed"},
        kind=".closed",
        ce_subject="1",
        time="2019-05-15T15:20:18Z",
        ce_extensions={"action": "closed"},
    ),
    Given(
        name="page_build",
        subject="130514899",
        ce_subject=f"{API}/pages/builds/130514899",
    ),
    Given(name="ping", owner="Octocoders", subject="109948940", source=OCTO_API),
    Given(
        name="pull_request",
        subject="2",
        extensions={
            "action": "assigned",
            "assignee": "Codertocat",
            "installation": 1,
            "label": "",
            "number": 2,
        },
        kind=".assigned",
        ce_subject="2",
        time="2019-05-15T15:20:33Z",
        ce_extensions={"action": "assigned"},
    ),
    Given(
        name="push",
        subject="d70c5c6fa638^...000000000000",
        extensions={
            "created": False,
            "deleted": True,
            "forced": False,
            "pusher": "Codertocat",
            "ref": "refs/tags/simple-tag",
        },
        source="https://github.com/Codertocat/Hello-World",
        ce_subject="refs/tags/simple-tag",
        ce_extensions={"ref": "refs/tags/simple-tag"},
    ),
    Given(
        name="release",
        subject="0.0.1",
        extensions={"action": "created", "release": ""},
        kind=".created",
        ce_subject="17372790",
        time="2019-05-15T15:19:25Z",
        ce_extensions={"action": "created"},
    ),
    Given(
        name="repository",
        owner="Octocoders",
        subject="186853261",
        extensions={"action": "created"},
        kind=".created",
        source="https://api.github.com/users/Octocoders",
        ce_subject="Hello-World",
        time="2019-05-15T15:20:41Z",
        ce_extensions={"action": "created"},
    ),
    Given(
        name="star",
        extensions={"action": "created"},
        kind=".created",
        time="2019-05-15T15:20:40Z",
        ce_extensions={"action": "created"},
    ),
    Given(
        name="status",
        subject="6113728f27ae82c7b1a177c8d03f9e96e0adf246",
        extensions={"context": "default", "name": "Codertocat/Hello-World", "state": "success"},
        kind=".",
        ce_subject="6113728f27ae82c7b1a177c8d03f9e96e0adf246",
        time="2019-05-15T15:20:55+00:00",
    ),
    Given(
        name="team",
        owner="Octocoders",
        subject="3253328",
        extensions={"action": "added_to_repository"},
        kind=".added_to_repository",
        source=OCTO_API,
        ce_subject="3253328",
        ce_extensions={"action": "added_to_repository"},
    ),
    Given(
        name="watch",
        subject="186853002",
        extensions={"action": "started"},
        kind=".started",
        ce_extensions={"action": "started"},
    ),
    Given(
        name="workflow_job",
        owner="Octocoders",
        extensions={"action": "completed"},
        kind=".completed",
        ce_subject="linters",
        ce_extensions={"action": "completed"},
    ),
    Given(
        name="workflow_run",
        owner="octo-org",
        repository="octo-repo",
        extensions={"action": "completed"},
        kind=".completed",
        source="https://api.github.com/repos/octo-org/octo-repo",
        ce_subject="test",
        ce_extensions={"action": "completed"},
    ),
]
