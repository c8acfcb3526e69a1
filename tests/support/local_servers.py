"""Real servers on 127.0.0.x for the tests, some of them rude; and names that lead to them."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

#: What a scripted path answers: a function of the request, which gives the answer.
Script = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@dataclass
class Peer:
    """A server whose answers a test writes, and which keeps every request it got."""

    origin: str
    asked: list[web.BaseRequest] = field(default_factory=list)
    scripts: dict[str, Script] = field(default_factory=dict)

    @property
    def authority(self) -> str:
        """Host and port."""
        return self.origin.partition("://")[2]

    @property
    def paths(self) -> list[str]:
        """Path and query of every request, in order."""
        return [request.raw_path for request in self.asked]

    def answers(
        self, path: str, body: str | bytes = b"", *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        """Let a path (with its query, if it has one) answer the same each time."""
        content = body.encode() if isinstance(body, str) else body

        async def answer(_request: web.BaseRequest) -> web.Response:
            return web.Response(status=status, body=content, headers=headers)

        self.scripts[path] = answer

    def serves(self, path: str, document: str, *, media_type: str = "application/activity+json") -> None:
        """Let a path answer a document."""
        self.answers(path, document, headers={"Content-Type": media_type})

    def redirects(self, path: str, location: str, *, status: int = 302) -> None:
        """Let a path lead elsewhere."""
        self.answers(path, status=status, headers={"Location": location})


@asynccontextmanager
async def serving(
    *, host: str = "127.0.0.1", port: int = 0, name: str | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Peer]:
    """Run a `Peer`. `name` is what its origin says instead of the address."""
    peer = Peer(origin="")

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        peer.asked.append(request)
        script = peer.scripts.get(request.raw_path) or peer.scripts.get(request.path)
        return await script(request) if script else web.Response(status=404)

    runner = web.ServerRunner(web.Server(handle, access_log=None), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, host, port, ssl_context=tls)
    await site.start()
    found = runner.addresses[0]
    shown = name or (f"[{found[0]}]" if ":" in found[0] else found[0])
    peer.origin = f"{'https' if tls else 'http'}://{shown}:{found[1]}"
    try:
        yield peer
    finally:
        await runner.cleanup()


Rude = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def rude_server(behave: Rude) -> AsyncIterator[str]:
    """Run a server that reads the head of a request and then does as it likes. Gives its origin."""
    tasks: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await reader.readuntil(b"\r\n\r\n")
            await behave(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


class Names(AbstractResolver):
    """Answers host names from a table; the connection that follows is a real one."""

    def __init__(self, table: Mapping[str, list[str]]) -> None:
        self.table = dict(table)
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        self.asked.append(host)
        if host not in self.table:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [
            ResolveResult(
                hostname=host,
                host=place,
                port=port,
                family=socket.AF_INET6 if ip_address(place).version == 6 else socket.AF_INET,
                proto=0,
                flags=0,
            )
            for place in self.table[host]
        ]

    async def close(self) -> None:
        return None


class Authority:
    """A certificate authority of its own. `ca_file` holds what to trust."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        self._made = 0
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(self._name)
            .issuer_name(self._name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=60))
            .not_valid_after(now + timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.ca_file = folder / "ca.pem"
        self.ca_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def server_context(self, name: str, *, ends: timedelta = timedelta(days=1)) -> ssl.SSLContext:
        """A server's TLS settings with a certificate for `name`, valid until `ends` from now."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server_file(name, ends=ends))
        return context

    def server_file(self, name: str, *, ends: timedelta = timedelta(days=1)) -> Path:
        """The key and the certificate for `name` in one PEM file."""
        now = datetime.now(UTC)
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=30))
            .not_valid_after(now + ends)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        self._made += 1
        file = self._folder / f"server{self._made}.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        return file
