"""Where the API server is said to be, and who we are said to be."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes.aio.config import incluster_config

from sources.kubernetes.configuration import is_loopback, read_configuration
from sources.kubernetes.errors import UnavailableError
from tests.sources.kubernetes.connected import GET, connection, kubeconfig
from tests.sources.kubernetes_api import TOKEN, KubernetesApi, kubernetes_api

IN_CLUSTER = {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"}
SECRET = "of-somebody"  # noqa: S105 - looked for in messages


@pytest.fixture
async def server() -> AsyncIterator[KubernetesApi]:
    async with kubernetes_api() as each:
        yield each


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "kubeconfig"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    folder = tmp_path / "home" / ".kube"
    folder.mkdir(parents=True)
    return folder / "config"


@pytest.fixture
def pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a Pod's ServiceAccount, as the kubelet mounts it."""
    folder = tmp_path / "serviceaccount"
    folder.mkdir()
    (folder / "token").write_text(TOKEN)
    (folder / "ca.crt").write_text("certificate")
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(folder / "token"))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(folder / "ca.crt"))
    for name, value in IN_CLUSTER.items():
        monkeypatch.setenv(name, value)
    return folder


async def host(given: Path | None, environment: dict[str, str]) -> str:
    return str((await read_configuration(given, None, environment)).host)


@pytest.mark.usefixtures("pod")
async def test_what_is_given_comes_first(home: Path, tmp_path: Path) -> None:
    """Then $KUBECONFIG, then the Pod's own ServiceAccount, then the one of the home."""
    given = kubeconfig(tmp_path / "given", "http://given")
    named = kubeconfig(tmp_path / "named", "http://named")
    kubeconfig(home, "http://home")
    environment = {**IN_CLUSTER, "KUBECONFIG": f"/nowhere:{named}"}

    assert await host(given, environment) == "http://given"
    assert await host(None, environment) == "http://named"
    assert await host(None, IN_CLUSTER) == "https://10.96.0.1:443"
    assert await host(None, {}) == "http://home"


async def test_without_any_both_ways_are_named(home: Path) -> None:
    with pytest.raises(UnavailableError) as caught:
        await read_configuration(None, None, {})

    assert str(caught.value) == (
        f"no API server to ask: there is no kubeconfig {home}, and we are in no cluster, where "
        "KUBERNETES_SERVICE_HOST is set; give one by --kubeconfig"
    )


async def test_a_given_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"no kubeconfig [^ ]+/missing; give"):
        await read_configuration(tmp_path / "missing", None, IN_CLUSTER)


@pytest.fixture
def two_contexts(file: Path) -> Path:
    document = yaml.safe_load(kubeconfig(file, "http://kube").read_text())
    document["clusters"].append({"name": "other", "cluster": {"server": "http://other"}})
    context = {"cluster": "other", "user": "who"}
    document["contexts"].append({"name": "elsewhere", "context": context})
    file.write_text(yaml.safe_dump(document))
    return file


async def test_the_context_is_the_one_asked_for(two_contexts: Path) -> None:
    file = two_contexts
    assert (await read_configuration(file, None)).host == "http://kube"
    assert (await read_configuration(file, "elsewhere")).host == "http://other"
    with pytest.raises(UnavailableError, match=r"context nowhere cannot be used: .* name nowhere"):
        await read_configuration(file, "nowhere")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "cannot be used"), ("7", "cannot be used"), ("[]", "cannot be used"),
        (f"users: [{{token: {SECRET}", "no YAML at line 1"),
        (f"current-context: test\nusers:\n- token: {SECRET}\n", "cannot be used"),
        ("\x00", "cannot be used"),
        (f"""\
current-context: test
clusters: [{{name: test, cluster: {{server: 'http://kube'}}}}]
users: [{{name: who, token: {SECRET}}}]
contexts: [{{name: test, context: {{cluster: test, user: who}}}}]
""", "cannot be used: Invalid kube-config file. Expected key user$"),
        (f"""\
current-context: test
clusters: [{{name: test, cluster: {{serwer: 'http://kube'}}}}]
users: [{{name: who, user: {{token: {SECRET}}}}}]
contexts: [{{name: test, context: {{cluster: test, user: who}}}}]
""", "no URL like"),
        (f"""\
current-context: test
clusters: [{{name: test, cluster: {{server: 'https://kube', certificate-authority-data: '{SECRET}'}}}}]
users: [{{name: who, user: {{token: {SECRET}}}}}]
contexts: [{{name: test, context: {{cluster: test, user: who}}}}]
""", "cannot be used: Error"),
        (f"""\
current-context: test
clusters: [{{name: test, cluster: {{server: 'https://kube', certificate-authority: /nowhere}}}}]
users: [{{name: who, user: {{token: {SECRET}}}}}]
contexts: [{{name: test, context: {{cluster: test, user: who}}}}]
""", "cannot be used: File does not exists: /nowhere"),
    ],
)  # fmt: skip
async def test_a_file_that_cannot_be_used_is_named_and_not_repeated(
    file: Path, text: str, told: str
) -> None:
    file.write_text(text)  # noqa: ASYNC240 - of a test

    with pytest.raises(UnavailableError, match=told) as caught:
        await read_configuration(file, None)

    assert str(file) in str(caught.value)
    assert SECRET not in str(caught.value)


async def test_a_tokens_file_may_end_with_a_line(server: KubernetesApi, file: Path) -> None:
    token = file.with_name("token")
    token.write_text(f"{TOKEN}\n")
    async with connection(kubeconfig(file, server.url, {"tokenFile": str(token)})) as each:
        assert await each.read(GET, 5)


def plugin(code: str) -> dict[str, Any]:
    api = "client.authentication.k8s.io/v1"
    return {"exec": {"apiVersion": api, "command": sys.executable, "args": ["-c", code]}}


async def test_a_plugin_is_asked_for_the_token_and_again_when_it_ran_out(
    server: KubernetesApi, file: Path
) -> None:
    token = file.with_name("token")
    token.write_text(TOKEN)
    status = f"{{'token': open({str(token)!r}).read()}}"
    named = "'apiVersion': 'client.authentication.k8s.io/v1', 'kind': 'ExecCredential'"
    says = plugin(f"import json; print(json.dumps({{{named}, 'status': {status}}}))")
    async with connection(kubeconfig(file, server.url, says)) as each:
        await each.read(GET, 5)
        server.token = "of-today"  # noqa: S105 - of a server that lives for a test
        token.write_text("of-today")

        assert await each.read(GET, 5)


@pytest.mark.parametrize(
    "user",
    [
        {}, plugin(f"import sys; sys.exit('{SECRET}')"), plugin(f"print('{SECRET}')"),
        {"exec": {"apiVersion": "v1", "command": "/nowhere"}}, {"exec": {}},
        {"username": "who"}, {"token": ""},
    ],
)  # fmt: skip
async def test_a_user_without_credentials_is_told(
    file: Path, user: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    """Not by an API server: it knows the anonymous one, who may not impersonate."""
    kubeconfig(file, "https://kube", user)

    with pytest.raises(UnavailableError, match="gives no token and no certificate") as caught:
        await read_configuration(file, None)

    assert SECRET not in str(caught.value) + "".join(capfd.readouterr())


async def test_a_pods_token_is_the_one_that_is_mounted(pod: Path) -> None:
    found = await read_configuration(None, None, IN_CLUSTER)

    assert found.host == "https://10.96.0.1:443"
    assert found.ssl_ca_cert == str(pod / "ca.crt")
    assert await found.get_api_key_with_prefix("BearerToken") == f"bearer {TOKEN}"


@pytest.mark.parametrize("name", ["token", "ca.crt"])
async def test_a_pod_without_its_token_is_told_so(pod: Path, name: str) -> None:
    (pod / name).unlink()

    with pytest.raises(UnavailableError, match=r"ServiceAccount cannot be used: .*automount"):
        await read_configuration(None, None, IN_CLUSTER)


@pytest.mark.parametrize(
    ("url", "is_so"),
    [("https://127.0.0.1:6443", True), ("https://[::1]:6443", True), ("https://localhost", True),
     ("https://kube.localhost", True), ("https://10.96.0.1", False), ("https://kube", False),
     ("https://localhost.example.com", False)],
)  # fmt: skip
def test_loopback_is_told_by_its_name(url: str, is_so: bool) -> None:
    assert is_loopback(url) is is_so
