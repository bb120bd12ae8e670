"""Checks of the ports: free for a fabric to come, or answered by the one that runs."""

import socket
from contextlib import suppress

import httpx

from poplin_cli.doctor.finding import Finding, failed, ok

__all__ = ["check_port"]

_TIMEOUT_S = 2.0


def check_port(check: str, host: str, port: int, *, option: str, path: str) -> Finding:
    """`path` is what our service answers there with a `status` in JSON."""
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    if _is_free(host, port):
        return ok(check, f"{url} is free")
    step = f"end what listens there, or name another port: {option}"
    try:
        answer = httpx.get(url + path, trust_env=False, timeout=_TIMEOUT_S)
    except httpx.HTTPError as error:
        why = str(error) or type(error).__name__
        return failed(check, f"{url} is in use and does not answer as Poplin: {why}", step)
    status, reason = _status(answer)
    if not status:
        return failed(check, f"{url} is in use by something that is not Poplin", step)
    if answer.status_code != 200:
        return failed(check, f"Poplin at {url} is {status}: {reason}", "mend what it names")
    return ok(check, f"Poplin answers at {url}: {status}")


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with suppress(OSError), socket.create_server((host, port), family=family):
        return True
    return False


def _status(answer: httpx.Response) -> tuple[str, str]:
    """What a health path of ours says; ('', '') for a stranger."""
    with suppress(ValueError):
        said = answer.json()
        if isinstance(said, dict) and isinstance(said.get("status"), int):
            # The receiver of webhooks: its answers have their HTTP status in them.
            return ("ok" if answer.status_code == 200 else "not ready"), str(said.get("detail", ""))
        if isinstance(said, dict):
            return str(said.get("status", "")), str(said.get("reason", ""))
    return "", ""
