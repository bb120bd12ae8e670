"""Where the API server is and how to show who we are: a kubeconfig, or a Pod's own ServiceAccount.

It takes 30 MB and a third of a second to import: whoever has no ApiServerSource does without.
"""

import asyncio
import logging
import os
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import yaml
from kubernetes.aio.client import Configuration
from kubernetes.aio.config import ConfigException, load_incluster_config, load_kube_config

from sources.kubernetes.errors import UnavailableError

__all__ = ["is_loopback", "read_configuration"]

_WITHIN_S = 30.0
"""An exec plugin may ask its cloud; one that asks its user something gets no answer."""
_HOST = "KUBERNETES_SERVICE_HOST"
_KUBECONFIG = "KUBECONFIG"


async def read_configuration(
    kubeconfig: Path | None, context: str | None, environment: Mapping[str, str] = os.environ
) -> Configuration:
    """The kubeconfig that is given, else those of $KUBECONFIG, else the Pod's ServiceAccount, else
    ~/.kube/config. Raises UnavailableError; no text of it repeats what a file says of a user.
    """
    # What a plugin prints may be secret, and the library logs it.
    logging.getLogger("kubernetes.aio.config.kube_config").setLevel(logging.CRITICAL)
    # Every watch holds a connection. Without a host it would be http://localhost.
    configuration = Configuration(host="", connection_pool_maxsize=0)
    named = str(kubeconfig) if kubeconfig else environment.get(_KUBECONFIG, "")
    if not named and environment.get(_HOST):
        _read_own(configuration)
        return configuration
    place = named or str(Path.home() / ".kube" / "config")
    if not _is_there(place):
        raise UnavailableError(
            f"no API server to ask: there is no kubeconfig {place}"
            + ("" if named else f", and we are in no cluster, where {_HOST} is set")
            + "; give one by --kubeconfig"
        )
    await _read_kubeconfig(configuration, place, context)
    return configuration


def _is_there(place: str) -> bool:
    """Of several files in $KUBECONFIG any may be missing."""
    return any(Path(each).expanduser().is_file() for each in place.split(os.pathsep))


def _read_own(configuration: Configuration) -> None:
    """The token's file is read again every minute: the kubelet writes a new one now and then."""
    try:
        load_incluster_config(client_configuration=configuration)
    except (ConfigException, OSError, ValueError) as error:
        raise UnavailableError(
            f"the Pod's ServiceAccount cannot be used: {_why(error)}; is its token mounted "
            "(automountServiceAccountToken)?"
        ) from error


async def _read_kubeconfig(configuration: Configuration, place: str, context: str | None) -> None:
    which = f"kubeconfig {place}" + (f", context {context}" if context else "")
    try:
        async with asyncio.timeout(_WITHIN_S):
            await load_kube_config(
                config_file=place,
                context=context,
                client_configuration=configuration,
                persist_config=False,
            )
    except (
        ConfigException, OSError, LookupError, TypeError, ValueError, AttributeError,
        yaml.YAMLError, aiohttp.ClientError,
    ) as error:  # fmt: skip
        raise UnavailableError(f"{which} cannot be used: {_why(error)}") from None
    if not _is_server(configuration.host):
        raise UnavailableError(
            f"{which}: its server is no URL like https://kube.example.com:6443, with nobody's name in it"
        )
    keys = configuration.api_key
    keys.update({name: key.strip() for name, key in keys.items()})  # of a file with a last newline
    if urlsplit(configuration.host).scheme == "https" and not (keys or configuration.cert_file):
        raise UnavailableError(
            f"{which} gives no token and no certificate: what does `kubectl get namespaces` say "
            "with it?"
        )


def _is_server(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.username
    except ValueError:
        return False


def _why(error: Exception) -> str:
    """Texts of the libraries may repeat the entry of a user, and the line that they could not read;
    `in` begins where.
    """
    match error:
        case ConfigException():
            return str(error).partition(" in ")[0]
        case TimeoutError():
            return f"its plugin takes longer than {_WITHIN_S:g} s"
        case OSError(filename=str(name), strerror=str(told)):
            return f"{name}: {told}"
        case yaml.MarkedYAMLError(problem_mark=yaml.Mark(line=line)):
            return f"no YAML at line {line + 1}"
    return type(error).__name__


def is_loopback(url: str) -> bool:
    """The environment's proxies are not for it, as kubectl has it too."""
    name = urlsplit(url).hostname or ""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")
