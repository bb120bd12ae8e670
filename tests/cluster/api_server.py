"""A real Kubernetes API server and its etcd, on loopback, for as long as the tests want them.

Nothing else of a cluster is there: objects are kept, validated, watched and authorised for real, and
no controller acts on them.
"""

import asyncio
import os
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.fabric import free_port
from tests.cluster.admin import Admin
from tests.cluster.etcd import Etcd
from tests.conftest import die_with_parent
from tests.waiting import until

__all__ = ["HOW_TO_GET_IT", "MANUAL", "USERS", "ApiServer", "assets", "without_a_cache"]

ASSETS = "KUBEBUILDER_ASSETS"
HOW_TO_GET_IT = (
    f"no Kubernetes API server: export {ASSETS}=$(setup-envtest use -p path), with setup-envtest "
    "from sigs.k8s.io/controller-runtime"
)
USERS = {"admin": "system:masters", "nobody": ""}
"""By name with their group: one may do everything, the other nothing."""
MANUAL = ("--etcd-compaction-interval=0",)
"""A flag: history is compacted when a test says so."""
_READY_S = 60.0


def assets() -> Path | None:
    """The folder of the programs; None where nobody said."""
    found = os.environ.get(ASSETS)
    return Path(found) if found else None


@dataclass(slots=True)
class _Program:
    argv: tuple[str, ...]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.argv, stdout=log, stderr=log, preexec_fn=die_with_parent
            )

    @property
    def has_ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    async def stop(self) -> None:
        """SIGTERM; SIGKILL for one that will not."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            await asyncio.to_thread(self.process.wait, 10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            await asyncio.to_thread(self.process.wait)
        self.process = None


class ApiServer:
    """In `folder`, which keeps what etcd has, the logs and a kubeconfig. May be stopped and started
    again: its address and its objects stay. `flags` are put behind its own.
    """

    def __init__(self, folder: Path, *flags: str, binaries: Path | None = None) -> None:
        found = binaries or assets()
        assert found is not None, HOW_TO_GET_IT
        self.folder = folder
        etcd_url = f"http://127.0.0.1:{free_port()}"
        self.etcd = Etcd(etcd_url)
        self.port = free_port()
        self._etcd = _Program(_etcd(found, folder, etcd_url), folder / "etcd.log")
        self._server = _Program(
            (*_kube_apiserver(found, folder, etcd_url, self.port), *flags),
            folder / "kube-apiserver.log",
        )
        _secrets(folder)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def ca(self) -> Path:
        return self.folder / "certs" / "apiserver.crt"

    @property
    def kubeconfig(self) -> Path:
        """Of the user who may do everything."""
        return self.kubeconfig_of("admin")

    def kubeconfig_of(self, user: str, url: str = "") -> Path:
        """One of USERS; `url` where the way leads through something else."""
        return self._kubeconfig(user, _token(user), url)

    async def kubeconfig_as(self, admin: Admin, namespace: str, account: str) -> Path:
        """Of a ServiceAccount, which is made where it is not there."""
        await admin.ensure(
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
        )
        metadata = {"name": account, "namespace": namespace}
        await admin.ensure({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
        return self._kubeconfig(account, await admin.token(namespace, account))

    def _kubeconfig(self, name: str, token: str, url: str = "") -> Path:
        path = self.folder / f"kubeconfig-{name}-{url.rpartition(':')[2] or 'direct'}"
        path.write_text(_kubeconfig(token, url or self.url, self.ca))
        return path

    @asynccontextmanager
    async def admin(self) -> AsyncIterator[Admin]:
        """A client of the event loop that runs, with all rights."""
        admin = Admin(self._client)
        try:
            yield admin
        finally:
            await admin.http.aclose()

    async def start(self) -> None:
        """Both at once; on return it is ready to be used."""
        self._etcd.start()
        self._server.start()
        await self._is_up()

    async def stop(self) -> None:
        """The API server alone goes first, as it would complain of an etcd that is away."""
        await self._server.stop()
        await self._etcd.stop()

    async def restart(self) -> None:
        """The API server alone; its etcd, and what it keeps, goes on."""
        await self._server.stop()
        self._server.start()
        await self._is_up()

    async def compact(self, revision: str = "") -> int:
        """The history before that revision, or up to now, is gone; the objects are there as they are.
        Gives the revision.

        An API server that has a cache of watches goes on from that.
        """
        return await self.etcd.compact(revision)

    def logged(self, lines: int = 15) -> str:
        """The end of both logs, for a failure."""
        return "\n".join(_tail((self._etcd.log, self._server.log), lines))

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self.url,
            headers={"authorization": f"Bearer {_token('admin')}"},
            verify=ssl.create_default_context(cafile=str(self.ca)),
            trust_env=False,
            timeout=60,
            limits=httpx.Limits(max_connections=32),
        )

    async def _is_up(self) -> None:
        try:
            await until(self._answers, _READY_S)
        except TimeoutError:
            raise AssertionError(f"no API server after {_READY_S:g} s:\n{self.logged()}") from None

    async def _answers(self) -> bool:
        for each in (self._etcd, self._server):
            assert not each.has_ended, f"{each.argv[0]} ended:\n{self.logged()}"
        if not self.ca.exists():
            return False
        try:
            async with self._client() as http:
                # The namespace is made after it says that it is ready.
                answers = [
                    await http.get(each) for each in ("/readyz", "/api/v1/namespaces/default")
                ]
                return all(each.status_code == 200 for each in answers)
        except (
            httpx.TransportError,
            ssl.SSLError,
        ):  # it listens not yet, or writes its certificate
            return False


@asynccontextmanager
async def without_a_cache(folder: Path) -> AsyncIterator[ApiServer]:
    """One that answers watches from etcd's history: what is compacted there is gone for them."""
    server = ApiServer(folder, "--watch-cache=false", *MANUAL)
    try:
        await server.start()
        yield server
    finally:
        await server.stop()


def _etcd(binaries: Path, folder: Path, url: str) -> tuple[str, ...]:
    peer = f"http://127.0.0.1:{free_port()}"
    return (
        str(binaries / "etcd"),
        *("--data-dir", str(folder / "etcd")),
        *("--listen-client-urls", url, "--advertise-client-urls", url),
        *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer),
        *("--initial-cluster", f"default={peer}"),
    )


def _kube_apiserver(binaries: Path, folder: Path, etcd_url: str, port: int) -> tuple[str, ...]:
    return (
        str(binaries / "kube-apiserver"),
        f"--etcd-servers={etcd_url}",
        *(f"--secure-port={port}", "--bind-address=127.0.0.1", f"--cert-dir={folder}/certs"),
        "--service-account-issuer=https://kubernetes.default.svc",
        "--api-audiences=https://kubernetes.default.svc",
        f"--service-account-signing-key-file={folder}/sa.key",
        f"--service-account-key-file={folder}/sa.pub",
        *(f"--token-auth-file={folder}/tokens.csv", "--authorization-mode=RBAC"),
        *("--service-cluster-ip-range=10.96.0.0/16", "--disable-admission-plugins=ServiceAccount"),
    )


def _secrets(folder: Path) -> None:
    key, public = str(folder / "sa.key"), str(folder / "sa.pub")
    for argv in (
        ("openssl", "genrsa", "-out", key, "2048"),
        ("openssl", "rsa", "-in", key, "-pubout", "-out", public),
    ):
        subprocess.run(argv, check=True, capture_output=True)
    lines = (
        f"{_token(user)},{user},{user}" + (f',"{group}"' if group else "")
        for user, group in USERS.items()
    )
    (folder / "tokens.csv").write_text("\n".join(lines) + "\n")


def _token(user: str) -> str:
    return f"token-of-{user}"


def _kubeconfig(token: str, url: str, ca: Path) -> str:
    return f"""\
apiVersion: v1
kind: Config
current-context: test
clusters: [{{name: test, cluster: {{server: '{url}', certificate-authority: '{ca}'}}}}]
users: [{{name: test, user: {{token: '{token}'}}}}]
contexts: [{{name: test, context: {{cluster: test, user: test}}}}]
"""


def _tail(files: Iterable[Path], lines: int) -> Iterable[str]:
    for each in files:
        yield f"{each}:"
        yield from each.read_text(errors="replace").splitlines()[-lines:]
