"""The names of a partition's keys; all share one hash tag, so one Redis Cluster slot."""

from dataclasses import dataclass

__all__ = ["Keys"]


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys of one partition; `broker` is `namespace/name`."""

    broker: str
    partition: int = 0

    @property
    def tag(self) -> str:
        return f"poplin:{{{self.broker}#{self.partition}}}"

    @property
    def log(self) -> str:
        return f"{self.tag}:log"

    @property
    def state(self) -> str:
        return f"{self.tag}:state"

    @property
    def refs(self) -> str:
        return f"{self.tag}:refs"

    @property
    def journal(self) -> str:
        return f"{self.tag}:journal"

    @property
    def journal_tail(self) -> str:
        """The journal's newest lines."""
        return f"{self.tag}:journal:tail"

    @property
    def rate(self) -> str:
        """The bucket of a broker with a rate limit; of its partition 0."""
        return f"{self.tag}:rate"

    @property
    def ignored(self) -> str:
        """How many answers of each trigger's subscriber were ignored; for people to see."""
        return f"{self.tag}:ignored"

    @property
    def seen(self) -> tuple[str, ...]:
        """What was appended lately, where the broker has a window for repeats: digest → log id, in
        three buckets that take turns.
        """
        return tuple(f"{self.tag}:seen:{bucket}" for bucket in range(3))

    @property
    def others(self) -> tuple[str, ...]:
        """All keys of a partition beside log, state and the triggers' queues."""
        return (self.refs, self.journal, self.journal_tail, self.rate, self.ignored, *self.seen)

    def due(self, uid: str) -> str:
        return f"{self.tag}:due:{uid}"

    def order(self, uid: str) -> str:
        """Of what an ordered trigger has due: place → line."""
        return f"{self.tag}:order:{uid}"

    def tries(self, uid: str) -> str:
        return f"{self.tag}:tries:{uid}"

    def dead(self, uid: str) -> str:
        return f"{self.tag}:dead:{uid}"

    def grave(self, uid: str) -> str:
        return f"{self.tag}:grave:{uid}"
