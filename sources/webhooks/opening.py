"""Which hook stands at a source's path: one that takes, or one that is closed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from poplin.resources import ResolvedSource
from poplin.resources.source_models import HookSpec, Preset, Source, WebhookSpec
from poplin.sender import Target
from sources.emit import Emitter
from sources.standing import Standing
from sources.tally import Tally
from sources.webhooks.answers import ACCEPTED, SILENT
from sources.webhooks.hook import Closed, Hook, Taker
from sources.webhooks.values import Mapper, Verifier

__all__ = ["Opener"]

_PATIENCE_S = 9.0
_IMPATIENT: dict[Preset | None, float] = {"slack": 2.0, "shopify": 4.0}
"""How long providers wait for an answer, less a second that the way to it may take: most wait 10 s
or longer, Slack 3 and Shopify 5."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opener:
    """What all hooks share, and what makes the rest of each."""

    verifier_for: Callable[[HookSpec, Sequence[bytes]], Verifier]
    mapper_for: Callable[[Source], Mapper]
    emitter: Emitter
    emit_timeout_s: float
    tally: Tally

    def open(self, resolved: ResolvedSource, standing: Standing) -> Taker:
        """Closed unless all that verifying and emitting take is there."""
        source, sink_uri = resolved.source, resolved.sink_uri
        spec = source and source.spec
        if (
            source is None
            or sink_uri is None
            or not isinstance(spec, HookSpec)
            or not _has_secrets(resolved, spec)
        ):
            ready = resolved.status.condition("Ready")
            return Closed(resolved.status.key, standing, f"{ready.reason}: {ready.message}")
        return Hook(
            key=source.key,
            standing=standing,
            verifier=self.verifier_for(spec, resolved.secrets),
            mapper=self.mapper_for(source),
            overrides=dict(source.overrides),
            target=Target.parse(sink_uri),
            emitter=self.emitter,
            emit_timeout_s=min(self.emit_timeout_s, _patience_s(spec)),
            tally=self.tally,
            accepted=SILENT if _is_slack(spec) else ACCEPTED,
        )


def _is_slack(spec: HookSpec) -> bool:
    return isinstance(spec, WebhookSpec) and spec.preset == "slack"


def _patience_s(spec: HookSpec) -> float:
    """For the sink's answer."""
    preset = spec.preset if isinstance(spec, WebhookSpec) else None
    return _IMPATIENT.get(preset, _PATIENCE_S)


def _has_secrets(resolved: ResolvedSource, spec: HookSpec) -> bool:
    """The condition says so. That there are some is looked at again all the same: a verifier
    without a secret must not come to be.
    """
    if isinstance(spec, WebhookSpec) and spec.preset == "none":
        return True
    is_provided = resolved.status.condition("SecretsProvided").status == "True"
    return is_provided and bool(resolved.secrets) and all(resolved.secrets)
