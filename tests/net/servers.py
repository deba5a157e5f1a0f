"""Relays that misbehave on purpose: scripted WebSocket and byte servers, a SOCKS5 proxy, certificates."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

from nullabona.wire.endpoint import Endpoint
from nullabona.wire.message import Response
from nullabona.wire.messages import MAX_REQUEST, AnyRequest, decode_request, encode
from nullabona.wire.records import HEAD, split_records


def record(request_id: int, body: bytes) -> bytes:
    """One record."""
    return HEAD.pack(request_id, len(body)) + body


def answer(request_id: int, response: Response) -> bytes:
    """One record with a response."""
    return record(request_id, encode(response))


@dataclass
class Seen:
    """What a scripted relay saw."""

    connections: int = 0
    messages: list[list[tuple[int, AnyRequest]]] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    transports: list[WSTransport] = field(default_factory=list)
    arrived: asyncio.Queue[None] = field(default_factory=asyncio.Queue)
    """One item per message."""
    lost: asyncio.Event = field(default_factory=asyncio.Event)


Script = Callable[[WSTransport, list[tuple[int, AnyRequest]]], None]


class _Scripted(WSListener):
    def __init__(self, script: Script, seen: Seen) -> None:
        super().__init__()
        self._script = script
        self._seen = seen

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._seen.connections += 1
        self._seen.transports.append(transport)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._seen.lost.set()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type is WSMsgType.CLOSE:
            transport.disconnect()
        if frame.msg_type is not WSMsgType.BINARY:
            return
        records = split_records(frame.get_payload_as_bytes(), MAX_REQUEST)
        requests = [(request_id, decode_request(body)) for request_id, body in records]
        self._seen.messages.append(requests)
        self._seen.arrived.put_nowait(None)
        self._script(transport, requests)


@asynccontextmanager
async def websocket_relay(
    script: Script, *, tls: ssl.SSLContext | None = None, pong: bool = True
) -> AsyncIterator[tuple[Endpoint, Seen]]:
    """A relay that calls ``script`` with the requests of each message."""
    seen = Seen()

    def listener(request: WSUpgradeRequest) -> WSListener:
        seen.headers.extend(request.headers)
        return _Scripted(script, seen)

    server = await ws_create_server(
        listener, "127.0.0.1", 0, ssl=tls, max_frame_size=2**26, enable_auto_pong=pong, logger_name=None
    )
    try:
        yield Endpoint("127.0.0.1", server.sockets[0].getsockname()[1], secure=tls is not None), seen
    finally:
        server.close()
        for transport in seen.transports:
            transport.disconnect(graceful=False)


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def byte_server(
    handler: Handler, *, tls: ssl.SSLContext | None = None, secure: bool = False
) -> AsyncIterator[Endpoint]:
    """A server that does with each connection whatever ``handler`` does, then closes it."""
    tasks: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            with suppress(OSError, asyncio.CancelledError, asyncio.IncompleteReadError):
                await handler(reader, writer)
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=tls)
    try:
        yield Endpoint("127.0.0.1", server.sockets[0].getsockname()[1], secure=secure or tls is not None)
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def read_post(reader: asyncio.StreamReader) -> tuple[str, AnyRequest]:
    """Head and request of one POST."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = next(int(line.split(":")[1]) for line in head.lower().split("\r\n") if line.startswith("content-length:"))
    return head, decode_request(await reader.readexactly(length))


def http(status: int, body: bytes = b"", *headers: str) -> bytes:
    """An HTTP answer."""
    lines = [f"HTTP/1.1 {status} x", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def socks5(target: Endpoint, asked: list[str], names: list[str] | None = None) -> Handler:
    """A SOCKS5 proxy that notes which host is asked for and connects to ``target`` whatever it is.

    With ``names`` it asks who connects, as Tor does, and notes that (RFC 1929).
    """

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, methods = await reader.readexactly(2)
        await reader.readexactly(methods)
        if names is None:
            writer.write(b"\x05\x00")
        else:
            writer.write(b"\x05\x02")
            _, length = await reader.readexactly(2)
            names.append((await reader.readexactly(length)).decode())
            await reader.readexactly((await reader.readexactly(1))[0])
            writer.write(b"\x01\x00")
        _, _, _, kind, length = await reader.readexactly(5)
        asked.append(f"{kind}:" + (await reader.readexactly(length)).decode())
        await reader.readexactly(2)
        upstream_reader, upstream = await asyncio.open_connection(target.host, target.port)
        writer.write(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")
        try:
            await asyncio.gather(_pump(reader, upstream), _pump(upstream_reader, writer))
        finally:
            upstream.transport.abort()

    return handle


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    writer.close()


class TestAuthority:
    """A certificate authority made for one test."""

    __test__ = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
        certificate = self._build(self._name, self._key.public_key(), x509.BasicConstraints(ca=True, path_length=0))
        self.file = folder / "ca.pem"
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def server(self, host: str) -> ssl.SSLContext:
        """A server's context with a certificate for ``host``."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        alternative = x509.SubjectAlternativeName([_general_name(host)])
        certificate = self._build(name, key.public_key(), alternative)
        path = self._folder / f"{host}.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _build(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, extension: x509.ExtensionType
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self._name).public_key(key)
        builder = builder.serial_number(x509.random_serial_number()).add_extension(extension, critical=True)
        issuer = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        identifier = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        builder = builder.add_extension(identifier, critical=False)
        builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        return builder.sign(self._key, hashes.SHA256())


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)
