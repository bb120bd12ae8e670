"""Errors of the libraries below, in words of our own: none of what was sent is in them."""

import errno
import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import aiohttp
from kubernetes.aio.config import ConfigException

from sources.kubernetes.errors import UnavailableError

__all__ = ["CONNECT_S", "server_of", "translated"]

CONNECT_S = 5.0
"""Until there is a connection, its TLS too."""


@contextmanager
def translated(url: str, within_s: float = 0) -> Iterator[None]:
    """Raises UnavailableError for whatever keeps an answer away; the cause tells which."""
    server = f"the API server at {server_of(url)}"
    try:
        yield
    except aiohttp.ConnectionTimeoutError as error:
        raise UnavailableError(f"no connection to {server} within {CONNECT_S:g} s") from error
    except TimeoutError as error:
        raise UnavailableError(f"{server} does not answer within {within_s:g} s") from error
    except aiohttp.ClientConnectorError as error:
        raise UnavailableError(f"no connection to {server}: {_why(error)}") from error
    except aiohttp.ClientConnectionError as error:
        raise UnavailableError(f"the connection to {server} broke: {_name(error)}") from error
    except (aiohttp.ClientError, ConfigException, OSError, ValueError) as error:
        raise UnavailableError(f"{server} gives no answer: {_name(error)}") from error


def server_of(url: str) -> str:
    """Its host and port."""
    return urlsplit(url).netloc


def _why(error: aiohttp.ClientConnectorError) -> str:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        found = error.certificate_error
        return f"its certificate is refused: {getattr(found, 'verify_message', _name(found))}"
    found = error.os_error
    is_system = found.errno in errno.errorcode and not isinstance(found, ssl.SSLError)
    return os.strerror(found.errno or 0) if is_system else found.strerror or _name(error)


def _name(error: Exception) -> str:
    return type(error).__name__
