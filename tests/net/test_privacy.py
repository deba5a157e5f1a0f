"""TLS, proxies and downgrades: a failure is a failure, and never a reason to send with less protection."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from picows import WSMsgType, WSTransport

from nullabona.client.net import (
    Carrier,
    Endpoint,
    NetOptions,
    PostCarrier,
    ProxyRefused,
    RelayUntrusted,
    Unreachable,
    connect,
)
from nullabona.errors import PeerError
from nullabona.machine.tls import CertificatesUnreadable, client_context
from nullabona.wire import endpoint as endpoint_module
from nullabona.wire.messages import AnyRequest, AnyResponse, Done, Trim, encode
from tests.net.conftest import Run
from tests.net.servers import TestAuthority, answer, byte_server, http, read_post, socks5, websocket_relay

TRIM = Trim(0, bytes(32), bytes(32), 1)
ONION = "a" * 56 + ".onion"
Open = Callable[[Endpoint, NetOptions], Awaitable[Carrier]]


def done(transport: WSTransport, requests: list[tuple[int, AnyRequest]]) -> None:
    for number, _ in requests:
        transport.send(WSMsgType.BINARY, answer(number, Done()))


async def done_post(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_post(reader)
    writer.write(http(200, encode(Done())))
    await writer.drain()


async def post(endpoint: Endpoint, options: NetOptions) -> Carrier:
    return PostCarrier(endpoint, options)


@pytest.fixture(params=["websocket", "post"])
def open_carrier(request: pytest.FixtureRequest) -> Open:
    """Both carriers keep the same promises."""
    return connect if request.param == "websocket" else post


async def ask(open_carrier: Open, endpoint: Endpoint, options: NetOptions) -> AnyResponse:
    carrier = await open_carrier(endpoint, options)
    try:
        return await carrier.request(TRIM, 5.0)
    finally:
        await carrier.close()


@pytest.fixture
def authority(tmp_path: Path) -> TestAuthority:
    return TestAuthority(tmp_path)


@pytest.mark.parametrize("host", ["127.0.0.1"])
def test_a_relay_with_a_trusted_certificate_is_asked(run: Run, authority: TestAuthority, host: str) -> None:
    """With the extra authority, both carriers reach the relay over TLS 1.3."""
    options = NetOptions(ca_file=authority.file)
    tls = authority.server(host)
    tls.minimum_version = ssl.TLSVersion.TLSv1_3

    async def play() -> list[AnyResponse]:
        async with websocket_relay(done, tls=tls) as (endpoint, _), byte_server(done_post, tls=tls) as other:
            return [await ask(connect, endpoint, options), await ask(post, other, options)]

    assert run(play()) == [Done(), Done()]


@pytest.mark.parametrize(("host", "trusted"), [("127.0.0.1", False), ("relay.example", True)])
def test_an_untrusted_certificate_gets_nothing(
    run: Run, authority: TestAuthority, open_carrier: Open, host: str, *, trusted: bool
) -> None:
    """An unknown authority or another name: no byte of a request is sent, and the client does not try without TLS."""
    received: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        received.append(await reader.read())

    async def play() -> None:
        options = NetOptions(ca_file=authority.file if trusted else None)
        async with byte_server(listen, tls=authority.server(host)) as endpoint:
            with pytest.raises(RelayUntrusted):
                await ask(open_carrier, endpoint, options)

    run(play())
    assert b"".join(received) == b""


def test_an_old_tls_version_is_not_spoken(run: Run, authority: TestAuthority, open_carrier: Open) -> None:
    """A relay that offers less than TLS 1.2 is unreachable."""
    tls = authority.server("127.0.0.1")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        tls.maximum_version = ssl.TLSVersion.TLSv1_1

    async def play() -> None:
        async with byte_server(done_post, tls=tls) as endpoint:
            with pytest.raises(Unreachable):
                await ask(open_carrier, endpoint, NetOptions(ca_file=authority.file))

    run(play())


@pytest.mark.parametrize("reply", [http(401), http(503), http(302, b"", "Location: http://127.0.0.1:1/v1"), b""])
def test_no_failure_leads_to_a_downgrade(run: Run, open_carrier: Open, reply: bytes) -> None:
    """401, 5xx, redirects and closed doors: a client that was told ``wss`` sends nothing but TLS, and tries once."""
    received: list[bytes] = []

    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.read(1_024))
        writer.write(reply)
        await writer.drain()

    async def play() -> None:
        async with byte_server(plain, secure=True) as endpoint:
            with pytest.raises(Unreachable):
                await ask(open_carrier, endpoint, NetOptions())

    run(play())
    handshake = b"\x16\x03"
    assert [data[:2] for data in received] == [handshake]


def test_a_context_verifies_and_leaks_no_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names and chains are checked, and an environment variable cannot make TLS secrets land in a file."""
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    context = client_context(None)
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.keylog_filename is None


@pytest.mark.parametrize("content", [None, "not a certificate"])
def test_a_bad_certificate_file_is_said_so(run: Run, tmp_path: Path, content: str | None) -> None:
    """A missing or broken file is the user's to mend; it does not mean "trust nobody" or "trust everybody"."""
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(CertificatesUnreadable):
        run(ask(connect, Endpoint("relay.example", 443, secure=True), NetOptions(ca_file=file)))


def test_an_onion_is_reached_through_the_proxy_only(run: Run, open_carrier: Open) -> None:
    """The proxy gets the name, not an address; without a proxy nothing is tried, not even a name lookup."""
    asked: list[str] = []

    async def play() -> AnyResponse:
        onion = Endpoint(ONION, 80, secure=False)
        with pytest.raises(ProxyRefused):
            await ask(open_carrier, onion, NetOptions())
        async with websocket_relay(done) as (one, _), byte_server(done_post) as two:
            target = one if open_carrier is connect else two
            async with byte_server(socks5(target, asked)) as proxy:
                return await ask(open_carrier, onion, NetOptions(proxy=f"socks5://127.0.0.1:{proxy.port}"))

    assert run(play()) == Done()
    assert asked == [f"3:{ONION}"]


def test_a_proxy_gets_another_name_for_each_connection(run: Run, open_carrier: Open) -> None:
    """So that Tor leads each another way, and no exit sees two of them together; the names say nothing."""
    names: list[str] = []

    async def play() -> None:
        async with websocket_relay(done) as (one, _), byte_server(done_post) as two:
            target = one if open_carrier is connect else two
            async with byte_server(socks5(target, [], names)) as proxy:
                options = NetOptions(proxy=f"socks5://127.0.0.1:{proxy.port}")
                for _ in range(3):
                    assert await ask(open_carrier, Endpoint(ONION, 80, secure=False), options) == Done()

    run(play())
    assert 3 == len(set(names))
    assert {32} == {len(name) for name in names}


def test_tls_is_verified_through_the_proxy_too(run: Run, authority: TestAuthority, open_carrier: Open) -> None:
    """A proxy that leads elsewhere is noticed by the certificate."""
    options = NetOptions(ca_file=authority.file)

    async def play(host: str) -> AnyResponse:
        tls = authority.server("relay.example")
        async with websocket_relay(done, tls=tls) as (one, _), byte_server(done_post, tls=tls) as two:
            target = one if open_carrier is connect else two
            async with byte_server(socks5(target, [])) as proxy:
                via = NetOptions(ca_file=options.ca_file, proxy=f"socks5://127.0.0.1:{proxy.port}")
                return await ask(open_carrier, Endpoint(host, 443, secure=True), via)

    assert run(play("relay.example")) == Done()
    with pytest.raises(RelayUntrusted):
        run(play("other.example"))


def test_a_dead_proxy_is_not_left_out(run: Run, open_carrier: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the proxy fails, the relay is unreachable; the client does not go there directly."""
    direct: list[int] = []

    async def listen(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        direct.append(1)

    async def no_proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(3)
        writer.write(b"\x05\xff")
        await writer.drain()

    async def play() -> None:
        async with byte_server(listen, secure=True) as relay, byte_server(no_proxy) as proxy:
            monkeypatch.setattr(endpoint_module, "is_loopback", lambda host: host == "localhost")
            options = NetOptions(proxy=f"socks5://localhost:{proxy.port}")
            with pytest.raises(Unreachable):
                await ask(open_carrier, relay, options)

    run(play())
    assert direct == []


def test_errors_do_not_say_where(run: Run, open_carrier: Open) -> None:
    """No error's text or hint contains an address: it may end up in a log."""

    async def play() -> PeerError:
        with pytest.raises(Unreachable) as caught:
            await ask(open_carrier, Endpoint("127.0.0.1", 9, secure=False), NetOptions())
        return caught.value

    assert "127.0.0.1" not in run(play()).render()
