"""From a verified webhook to its event: a mapper for each provider, and tables where these do.

Nothing here reads a clock, a secret or a socket; whatever a provider sends, a mapper gives a legal
event or says what is wrong.
"""

from poplin.resources.source_models import (
    BitbucketSpec,
    GitHubSpec,
    GitLabSpec,
    Source,
)
from sources.webhooks.mapping.bitbucket import BitbucketMapper
from sources.webhooks.mapping.github import GitHubMapper
from sources.webhooks.mapping.gitlab import GitLabMapper
from sources.webhooks.mapping.webhook import WebhookMapper
from sources.webhooks.values import Mapper

__all__ = ["mapper_for"]


def mapper_for(source: Source) -> Mapper:
    """The one of its provider. Knative's GitHubSource says github.com of GitHub Enterprise too."""
    match source.spec:
        case GitHubSpec() as spec:
            uri = f"https://github.com/{spec.owner_and_repository}"
            return GitHubMapper(uri, mapping=spec.mapping, forwards_ping=spec.forwards_ping)
        case GitLabSpec() as spec:
            return GitLabMapper(spec.project_url, mapping=spec.mapping)
        case BitbucketSpec() as spec:
            uri = f"https://bitbucket.org/{spec.owner_and_repository}"
            return BitbucketMapper(uri, forwards_ping=spec.forwards_ping)
    return WebhookMapper(source)
