"""Addresses: encrypted ones always, plain ones only to this machine and onion services."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nullabona.client.net.errors import ProxyRefused
from nullabona.client.net.proxy import check_proxy
from nullabona.wire.endpoint import Endpoint, EndpointRefused, endpoint_of, parse_endpoint, same_or_safer
from nullabona.words.relays import relay_name

ONION = "a" * 56 + ".onion"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("wss://relay.example", Endpoint("relay.example", 443, secure=True)),
        ("https://Relay.Example/v1", Endpoint("relay.example", 443, secure=True)),
        ("wss://relay.example:8443/", Endpoint("relay.example", 8443, secure=True)),
        ("wss://192.0.2.7", Endpoint("192.0.2.7", 443, secure=True)),
        ("wss://[2001:db8::7]:1", Endpoint("2001:db8::7", 1, secure=True)),
        ("ws://localhost:8440", Endpoint("localhost", 8440, secure=False)),
        ("http://127.0.0.1:8440", Endpoint("127.0.0.1", 8440, secure=False)),
        ("ws://127.9.9.9", Endpoint("127.9.9.9", 80, secure=False)),
        ("ws://[::1]:8440/v1", Endpoint("::1", 8440, secure=False)),
        ("https://Relay.Example/n/seoul-3", Endpoint("relay.example", 443, secure=True, name="seoul-3")),
        ("wss://[2001:db8::7]:1/n/7/v1", Endpoint("2001:db8::7", 1, secure=True, name="7")),
        (f"http://{ONION}", Endpoint(ONION, 80, secure=False)),
        (f"wss://{ONION}", Endpoint(ONION, 443, secure=True)),
    ],
)
def test_an_address_is_understood(url: str, expected: Endpoint) -> None:
    """The carrier is not part of the address: https and wss are one, http and ws are one."""
    assert parse_endpoint(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "ws://relay.example",
        "http://relay.example",
        "ws://192.0.2.7",
        "ws://[2001:db8::7]",
        "ws://[::ffff:127.0.0.1]",
        "ws://localhost.example",
        "ws://127.0.0.1.example",
        "ws://127.1",
        "ws://0.0.0.0",
        "ws://onion",
        "ws://x.onion.example",
        "ws://127.0.0.1@relay.example",
        "wss://user:word@relay.example",
        "ws://relay.example#@127.0.0.1",
        "ws://relay.example\\@127.0.0.1",
        "wss://relay.example/other",
        "wss://relay.example/n/",
        "wss://relay.example/n//v1",
        "wss://relay.example/n/seoul-3/",
        "wss://relay.example/n/seoul-3/v2",
        "wss://relay.example/n/seoul-3/v1/",
        "wss://relay.example/n/Seoul-3",
        "wss://relay.example/n/-3",
        "wss://relay.example/n/3-",
        "wss://relay.example/n/a.b",
        "wss://relay.example/n/..",
        "wss://relay.example/n/a%2fb",
        "wss://relay.example/n/a/b",
        "wss://relay.example//n/a",
        "wss://relay.example/v1/n/a",
        "wss://relay.example/n/a?x",
        "wss://relay.example/n/" + "a" * 64,
        "wss://" + ".".join(["a" * 60] * 3) + ".example/n/" + "b" * 63,
        "wss://relay.example/v1?x=1",
        "wss://relay.example:0",
        "wss://relay.example:99999",
        "wss://relay.example\n",
        "wss:///v1",
        "ftp://relay.example",
        "relay.example",
        "",
        "wss://" + "a" * 600,
    ],
)
def test_an_unsafe_or_odd_address_is_refused(url: str) -> None:
    """Plain text never leaves this machine, whatever the address is dressed up as."""
    with pytest.raises(EndpointRefused):
        parse_endpoint(url)


def test_a_plain_endpoint_elsewhere_cannot_be_built() -> None:
    """Not even by code that skips the parser."""
    with pytest.raises(EndpointRefused):
        Endpoint("relay.example", 80, secure=False)
    with pytest.raises(EndpointRefused):
        Endpoint("relay.example", 443, secure=True, name="a/b")


@pytest.mark.parametrize(
    ("authority", "expected"),
    [
        ("relay.example", "wss://relay.example:443/v1"),
        ("relay.example:8443", "wss://relay.example:8443/v1"),
        ("localhost:8440", "ws://localhost:8440/v1"),
        ("[::1]:8440", "ws://[::1]:8440/v1"),
        (ONION, f"ws://{ONION}:80/v1"),
    ],
)
def test_a_handles_host_leads_to_one_endpoint(authority: str, expected: str) -> None:
    """The same host always gives the same endpoint."""
    assert str(endpoint_of(authority)) == expected


@given(st.text(max_size=60) | st.text("wshtp:/.@[]127localhost#?\\%nv-A", max_size=40))
def test_any_text_gives_a_safe_endpoint_or_a_refusal(url: str) -> None:
    """Whatever is parsed is encrypted, local or an onion; and it parses again from its own text."""
    try:
        endpoint = parse_endpoint(url)
    except EndpointRefused:
        return
    assert endpoint.secure or endpoint.is_local or endpoint.is_onion
    assert parse_endpoint(str(endpoint)) == endpoint


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("wss://relay.example:443/v1", "relay.example"),
        ("wss://relay.example:8443/n/seoul-3/v1", "relay.example:8443/n/seoul-3"),
        ("wss://relay.example:443/n/seoul-3/v1", "relay.example/n/seoul-3"),
        ("wss://relay.example/other", "wss://relay.example/other"),
    ],
)
def test_people_see_which_of_several_relays_it_is(url: str, name: str) -> None:
    """As they would type it after ``https://``."""
    assert name == relay_name(url)


def test_a_proxy_is_on_this_machine() -> None:
    """A SOCKS5 proxy is local; anything else is refused."""
    assert check_proxy("socks5://127.0.0.1:9050") == ("127.0.0.1", 9050)
    assert check_proxy("socks5://localhost") == ("localhost", 1080)
    for url in ("socks5://192.0.2.7:9050", "http://127.0.0.1:1", "socks5://", "socks5://a b", "socks5://127.0.0.1:x"):
        with pytest.raises(ProxyRefused):
            check_proxy(url)


@pytest.mark.parametrize(
    ("new", "old", "expected"),
    [
        ("https://two.example", "wss://one.example", "wss://two.example:443/v1"),
        (f"ws://{ONION}", "wss://one.example", f"ws://{ONION}:80/v1"),
        ("https://one.example/n/b", "wss://one.example/n/a", "wss://one.example:443/n/b/v1"),
        ("https://one.example", "wss://one.example/n/a", "wss://one.example:443/v1"),
        ("wss://two.example", "ws://127.0.0.1:8440", "wss://two.example:443/v1"),
        ("ws://127.0.0.1:8441", "ws://localhost:8440", "ws://127.0.0.1:8441/v1"),
    ],
)
def test_a_relay_takes_the_place_of_another(new: str, old: str, expected: str) -> None:
    """It is named in the one form that everybody compares."""
    assert expected == same_or_safer(new, old)


@pytest.mark.parametrize(
    "new",
    [
        "ws://127.0.0.1:8440", "wss://localhost", "ws://[::1]", "ws://two.example", "relay", "", "wss://0.0.0.0:631",
        "wss://[::]", "wss://[::ffff:127.0.0.1]", "wss://[::ffff:0.0.0.0]", "wss://printer.localhost", "wss://0x7f000001",
        "wss://0x7f.1", "wss://127.0.0x1", "wss://127.0.0.1/n/a", "wss://two.example/n/A",
    ],
)  # fmt: skip
def test_no_relay_is_replaced_by_a_less_safe_one(new: str) -> None:
    """Not by this machine's own services, and not by one that others can listen to."""
    with pytest.raises(EndpointRefused):
        same_or_safer(new, "wss://one.example")
