"""All checks in their order: the machine, the store, the ports, the fabric, the files."""

import asyncio
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from poplin.resources import load
from poplin.store import Profile
from poplin_cli.client import Api
from poplin_cli.doctor.finding import Finding, failed, ok, warned
from poplin_cli.doctor.machine import check_disk, check_machine, embedded_server
from poplin_cli.doctor.ports import check_port
from poplin_cli.doctor.store import check_store
from poplin_cli.errors import CommandError, NoAnswerError
from poplin_cli.up.datadir import socket_of

__all__ = ["Question", "examine"]

_Rows = Mapping[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be checked, as `poplin up` would be told."""

    files: tuple[Path, ...]
    redis: str | None
    data_dir: Path
    profile: Profile
    replicas: int
    trust_store: bool
    host: str
    port: int
    admin_host: str
    admin_port: int
    webhook_host: str
    webhook_port: int
    api: str
    admin_token: str | None


def examine(question: Question) -> list[Finding]:
    return [
        *check_machine(),
        *_store(question),
        *_fabric(question),
        *(_files(question.files) if question.files else ()),
    ]


def _store(question: Question) -> Iterator[Finding]:
    url = question.redis
    if url is None:
        yield embedded_server()
        yield from check_disk(question.data_dir)
        socket = socket_of(question.data_dir)
        if socket is None:
            return  # it is started with a configuration of ours
        url = f"unix://{socket}"
    yield from asyncio.run(
        check_store(url, question.profile, replicas=question.replicas, trust=question.trust_store)
    )


def _fabric(question: Question) -> Iterator[Finding]:
    host, port = question.host, question.port
    yield check_port("ingress", host, port, option="--port", path="/readyz")
    host, port = question.admin_host, question.admin_port
    yield check_port("admin port", host, port, option="--admin-port", path="/livez")
    with closing(Api(question.api, question.admin_token)) as api:
        rows = yield from _rows(api)
    if rows is None or rows["source"]:
        yield _receiver(question.webhook_host, question.webhook_port)
    yield from _not_ready(rows or {})


def _rows(api: Api) -> Generator[Finding, None, _Rows | None]:
    """What the running fabric has, by kind; None where it cannot be asked."""
    try:
        rows = {kind: list(api.pages(f"/{kind}s")) for kind in ("broker", "trigger", "source")}
    except NoAnswerError:
        yield ok("fabric", f"none runs at {api.url}")
        return None
    except CommandError as error:
        yield warned("fabric", str(error), "give --admin-token, or another --api")
        return None
    counts = [f"{len(found)} {kind}s" for kind, found in rows.items()]
    yield ok("fabric", f"{counts[0]}, {counts[1]} and {counts[2]} at {api.url}")
    return rows


def _receiver(host: str, port: int) -> Finding:
    """It is bound when there are sources: until then, anything else may have the port."""
    found = check_port("webhooks", host, port, option="--webhook-port", path="/readyz")
    return replace(found, verdict="warn") if found.verdict == "fail" else found


def _not_ready(rows: _Rows) -> Iterator[Finding]:
    for kind, found in rows.items():
        for row in found:
            if row["ready"] != "True":
                why = f"{row['namespace']}/{row['name']} is not Ready: {row['reason']}"
                yield warned(kind, why, row["message"] or f"see poplin describe {kind}")


def _files(paths: tuple[Path, ...]) -> Iterator[Finding]:
    loaded = load(paths)
    named = ", ".join(map(str, paths))
    for problem in loaded.problems:
        yield failed("files", str(problem), "mend it; poplin up serves the rest")
    if not loaded.brokers:
        yield failed("files", f"no usable Broker in {named}", "write one, or name its file too")
    elif not loaded.problems:
        found = f"{len(loaded.brokers)} brokers, {len(loaded.triggers)} triggers"
        yield ok("files", f"{named} is valid: {found}")
