"""Who wants an event: filters compiled to closures, and an index over many of them.

Attributes in, yes or no out; nothing here knows triggers, the log or YAML.
"""

from poplin.filters.dialects import Attributes, Filter, compile_filters
from poplin.filters.explain import Reason, explain_filters
from poplin.filters.index import FilterIndex

__all__ = ["Attributes", "Filter", "FilterIndex", "Reason", "compile_filters", "explain_filters"]
