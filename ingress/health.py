"""`/livez` and `/readyz`: is the process there, and would an event be accepted?"""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Response

from ingress.beside import AlsoReady
from ingress.brokers import Brokers
from ingress.intake import Intake
from poplin.errors import ConfigurationError, StoreFullError, StoreUnavailableError
from poplin.log import Log

__all__ = ["health_app"]

CheckStore = Callable[[], Awaitable[object]]
"""Raises StoreUnavailableError, or ConfigurationError when the store does not keep what it takes."""


def health_app(
    brokers: Brokers, intake: Intake, check_store: CheckStore, also_ready: AlsoReady
) -> FastAPI:
    app = FastAPI(title="Poplin ingress", docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/livez")
    async def livez() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz")
    async def readyz(response: Response) -> dict[str, str]:
        """200 only when the store keeps what it takes, and every broker's log takes events and
        routes them by the set we know; the first time, when what is beside us is ready too."""
        reason = await _why_not_ready(brokers, intake, check_store) or await also_ready()
        if reason is None:
            return {"status": "ready"}
        response.status_code = 503
        return {"status": "not ready", "reason": reason}

    return app


async def _why_not_ready(brokers: Brokers, intake: Intake, check_store: CheckStore) -> str | None:
    if not intake.is_open:
        return "the store has not been checked yet"
    if brokers.version < 0:
        return "the catalog has not been read yet"
    try:
        await check_store()
        for log in brokers.logs:
            if reason := await _why_refused(log, brokers.version):
                return reason
    except (StoreUnavailableError, ConfigurationError) as error:
        return str(error)
    return None


async def _why_refused(log: Log, version: int) -> str | None:
    broker = log.keys.broker
    # An empty append is refused exactly when a full one would be.
    try:
        if await log.append([]) is None:
            return f"broker {broker} is not open"
    except StoreFullError:
        # Still ready: a restart frees nothing, and producers are to hear 503 with Retry-After
        # from us rather than find no one.
        return None
    generation = (await log.position()).generation
    if generation is None or generation < version:
        return f"broker {broker} still routes by trigger set {generation}, not {version}"
    return None
