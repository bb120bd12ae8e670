"""GitHub's webhooks as events, with Knative's attributes or those of the CloudEvents adapter.

Both mappings are tables with a row for each event; the code knows no event but ping. An event that
no row names is mapped by the rule that the rows have in common.
"""

from sources.webhooks.mapping.github.mapper import GitHubMapper

__all__ = ["GitHubMapper"]
