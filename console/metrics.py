"""`/metrics`: what all processes have counted, and how every queue fares, for Prometheus."""

import asyncio

from fastapi import APIRouter, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from redis.asyncio import Redis

from console.exposition import Exposition
from console.scrape import Scrape, Scraper
from poplin.errors import StoreUnavailableError

__all__ = ["metrics_routes", "rendered"]


def metrics_routes(redis: Redis) -> APIRouter:
    routes = APIRouter(tags=["metrics"])
    scraper = Scraper(redis)
    one_at_a_time = asyncio.Lock()

    @routes.get("/metrics")
    async def metrics() -> Response:
        """In Prometheus's text format. While the store is away it says so, in `poplin_store_up`."""
        async with one_at_a_time:
            scrape = await _scrape(scraper)
            # In a thread: with a thousand triggers it takes a while.
            text = await asyncio.to_thread(rendered, scrape)
        # Not OpenMetrics, where poplin_dead_letters_total and poplin_dead_letters would be one name.
        return Response(text, headers={"content-type": CONTENT_TYPE_PLAIN_0_0_4})

    return routes


async def _scrape(scraper: Scraper) -> Scrape | None:
    try:
        return await scraper.scrape()
    except StoreUnavailableError:
        return None


def rendered(scrape: Scrape | None) -> bytes:
    """Without a scrape the store is away."""
    registry = CollectorRegistry()
    registry.register(Exposition(scrape))
    return generate_latest(registry)
