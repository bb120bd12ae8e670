"""The dispatcher process: builds its clients and runs until told to stop."""

import asyncio

from dispatcher.attempt import may_be_reply
from dispatcher.service import Dispatcher
from poplin.process import raise_file_limit, set_on_signal, tune_collector
from poplin.sender import Limits, Sender
from poplin.settings import DispatcherSettings
from poplin.store import Availability, connect, ensure_profile

__all__ = ["serve"]


async def serve(settings: DispatcherSettings) -> None:
    """Dispatch until SIGTERM; then finish deliveries or give them back."""
    stop = asyncio.Event()
    set_on_signal(stop)
    redis = connect(settings.redis_url, replicas=settings.copies, availability=Availability())
    await ensure_profile(redis, settings.profile, stop, trust=settings.trust_store)
    sender = Sender(Limits(needs_more=may_be_reply))
    service = Dispatcher(redis, sender, settings)
    raise_file_limit()
    tune_collector()
    await service.run(stop)
    await sender.close()
    await redis.aclose()
