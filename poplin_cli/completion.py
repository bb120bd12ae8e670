"""Names for the shell to complete, from the fabric if one answers at once; else none, silently."""

import os
from collections.abc import Iterator

import httpx
import typer

from poplin_cli.options import DEFAULT_API

__all__ = ["broker_names", "names_of_kind", "trigger_names"]

_TIMEOUT_S = 0.5
_MOST = 500


def broker_names(context: typer.Context, incomplete: str) -> list[str]:
    """For an argument that is a broker."""
    return list(_names(context, "/brokers", incomplete))


def trigger_names(context: typer.Context, incomplete: str) -> list[str]:
    """For an argument that is a trigger."""
    return list(_names(context, "/triggers", incomplete))


def names_of_kind(context: typer.Context, incomplete: str) -> list[str]:
    """For commands that are named by a kind, as `get triggers` and `describe broker`. Sources of
    several kinds may have one name.
    """
    noun = (context.info_name or "").removesuffix("s")
    return list(dict.fromkeys(_names(context, f"/{noun}s", incomplete)))


def _names(context: typer.Context, path: str, incomplete: str) -> Iterator[str]:
    """Those of the namespace that is meant go without it."""
    given = context.params
    api = given.get("api") or os.environ.get("POPLIN_API") or DEFAULT_API
    token = given.get("admin_token") or os.environ.get("POPLIN_ADMIN_TOKEN")
    namespace = given.get("namespace") or "default"
    for row in _rows(f"{str(api).rstrip('/')}{path}", token):
        for name in (str(row["name"]), f"{row['namespace']}/{row['name']}"):
            is_short = "/" not in name
            if name.startswith(incomplete) and (not is_short or row["namespace"] == namespace):
                yield name


def _rows(url: str, token: str | None) -> list[dict[str, str]]:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    try:
        answer = httpx.get(
            url, params={"limit": _MOST}, headers=headers, trust_env=False, timeout=_TIMEOUT_S
        )
        found: list[dict[str, str]] = answer.json()["items"]
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError):
        return []  # a shell that completes is no place for an error
    return found
