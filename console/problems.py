"""Refusals as `application/problem+json` (RFC 9457): one sentence, and what was probably meant."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from poplin.errors import PoplinError, StoreUnavailableError

__all__ = ["ProblemError", "answer", "install", "unknown"]

_LONGEST_NAME = 128
"""Of an unknown name what is compared with those that exist."""


class ProblemError(PoplinError):
    """The request cannot be served; raised anywhere below a route."""

    def __init__(self, status: int, detail: str, nearest: Sequence[str] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.nearest = list(nearest)


def unknown(kind: str, key: str, known: Iterable[str]) -> ProblemError:
    """404 for `namespace/name`, with up to three that exist and are named alike, in any namespace."""
    wanted = key[:_LONGEST_NAME]
    namespace, _, name = wanted.partition("/")
    by_name: dict[str, list[str]] = {}
    for each in known:
        by_name.setdefault(each.partition("/")[2], []).append(each)
    nearest = [
        each
        for like in get_close_matches(name, by_name, 3)
        for each in sorted(by_name[like], key=lambda key: key.partition("/")[0] != namespace)
    ]
    return ProblemError(404, f"there is no {kind} {wanted!r}", nearest[:3])


def answer(
    status: int,
    detail: str,
    nearest: Sequence[str] = (),
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    body: dict[str, Any] = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    if nearest:
        body["nearest"] = list(nearest)
    return JSONResponse(body, status, headers, "application/problem+json")


def install(app: FastAPI) -> None:
    """Every error of the application leaves it as a problem."""

    @app.exception_handler(ProblemError)
    async def problem(_request: Request, error: ProblemError) -> JSONResponse:
        return answer(error.status, str(error), error.nearest)

    @app.exception_handler(StoreUnavailableError)
    async def unavailable(_request: Request, error: StoreUnavailableError) -> JSONResponse:
        return answer(503, str(error), headers={"retry-after": "1"})

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        return answer(400, "; ".join(map(_invalid, error.errors()[:5])))

    @app.exception_handler(HTTPException)
    async def http(_request: Request, error: HTTPException) -> JSONResponse:
        detail = error.detail if error.status_code != 404 else "there is nothing here; see /docs"
        return answer(error.status_code, detail, headers=dict(error.headers or {}))

    @app.exception_handler(Exception)
    async def internal(request: Request, error: Exception) -> JSONResponse:
        structlog.get_logger().error(
            "a request failed", path=request.url.path, error=f"{type(error).__name__}: {error}"
        )
        return answer(500, "internal error; please report what the console's log says of it")


def _invalid(error: dict[str, Any]) -> str:
    """Which field, and what is allowed; values are not repeated, they may be of any size."""
    where, *path = error["loc"]
    name = ".".join(map(str, path))
    return f"{where} {name}: {error['msg']}" if name else f"{where}: {error['msg']}"
