"""Files that people edit while they are served: noticed, read again, and told what it means.

Nothing here publishes or serves: whoever follows does.
"""

from poplin.watch.live import LiveDocuments
from poplin.watch.source_news import source_news
from poplin.watch.told import Level, told
from poplin.watch.watch import Watch

__all__ = ["Level", "LiveDocuments", "Watch", "source_news", "told"]
