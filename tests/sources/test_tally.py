"""What the sources count, by field of the hash of totals."""

from poplin.metrics import Counts
from poplin.metrics.families import BUCKETS_S
from sources.tally import Tally

SOURCE = "GitHubSource/n/s"
FIRST = BUCKETS_S.index(0.1)


def test_each_count_is_of_its_source() -> None:
    counts = Counts()
    tally = Tally(counts)

    tally.received(SOURCE)
    tally.received(SOURCE)
    tally.refused(SOURCE, "bad_signature")
    tally.sink_failed(SOURCE, "connect")
    tally.emitted(SOURCE, 0.1)
    tally.relisted(SOURCE)
    tally.found(SOURCE, 7)

    assert counts.take() == {
        f"poplin_source_received_total/{SOURCE}": 2,
        f"poplin_source_refused_total/{SOURCE}/bad_signature": 1,
        f"poplin_source_sink_failures_total/{SOURCE}/connect": 1,
        f"poplin_source_emitted_total/{SOURCE}": 1,
        f"poplin_source_relists_total/{SOURCE}": 1,
        f"poplin_source_found_total/{SOURCE}": 7,
        f"poplin_source_emit_duration_seconds/{SOURCE}/{FIRST}": 1,
        f"poplin_source_emit_duration_seconds/{SOURCE}/us": 100_000,
    }


def test_requests_to_no_source_are_one_series_however_many_paths_there_are() -> None:
    counts = Counts()
    tally = Tally(counts)

    tally.refused(None, "unknown_source")
    tally.refused(None, "unknown_source")

    assert counts.take() == {"poplin_source_refused_total////unknown_source": 2}
