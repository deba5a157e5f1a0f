"""Several relays at one address, told apart by the path (spec/relay.md §2), and on one engine (spec/engine.md §2)."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final, TypeAlias

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nullabona.machine.settings import BadConfig, Endpoint
from nullabona.operating.directory import host_of
from nullabona.processes.engine import EngineCluster
from nullabona.relay.config import Config, make_config
from nullabona.relay.core.places import place_of
from nullabona.relay.front import Front
from nullabona.wire.address import BoxSecrets
from nullabona.wire.endpoint import EndpointRefused, is_name, parse_endpoint, path_of
from nullabona.wire.messages import POLICY_INBOX, Appended, Frames, encode
from nullabona.wire.wakes import inbox_wake_secret
from tests.relay.engines import address_of, needs_engine
from tests.relay.fronts import HandLoop, Talk
from tests.relay.peers import Box, Client, Hangup, RunningRelay, http, post
from tests.relay.pollers import OTHER, SECRET, now, polls, told, wakes

Two: TypeAlias = tuple[RunningRelay, RunningRelay]
NAME: Final = "seoul-3"
PATH: Final = b"/n/seoul-3/v1"
ODD: Final = (
    "/v1", "/", "/n/seoul-3", "/n/seoul-3/", "/n/seoul-3/v1/", "/n/seoul-3//v1", "//n/seoul-3/v1", "/n/Seoul-3/v1",
    "/N/seoul-3/v1", "/n/seoul%2d3/v1", "/n/seoul-3%2fv1", "/n/./seoul-3/v1", "/n/seoul-4/../seoul-3/v1",
    "/n/seoul-4/v1", "/n/seoul-3/v1?", "/n/seoul-3/v1?x", "/n/seoul-3/v1;x", "/n/seoul-3/v1#x", "/n//v1",
    "/n/seoul-/v1", "https://relay.example/n/seoul-3/v1",
)  # fmt: skip
"""Everything here is another path, however a proxy would tidy it."""
FILES: Final = dict.fromkeys(("engine_authority", "engine_password", "engine_keeper_password"), "x")


@pytest.fixture(scope="module")
def loop() -> Iterator[HandLoop]:
    """One loop for all connections of these tests."""
    made = HandLoop()
    yield made
    made.close()


def config_of(name: str, cluster: EngineCluster | None = None) -> Config:
    engine = None if cluster is None else replace(address_of(cluster), name=name)
    return Config(data=None, listen=(Endpoint("127.0.0.1", 0),), name=name, engine=engine)


# -- the path -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a", "7", "seoul-3", "a--b", "a" * 63])
def test_a_name_is_a_label(name: str) -> None:
    """And a URL with it is understood, with and without the end that clients write."""
    for url in (f"https://relay.example/n/{name}", f"wss://relay.example/n/{name}/v1"):
        found = parse_endpoint(url)
        assert (name, f"wss://relay.example:443/n/{name}/v1") == (found.name, str(found))


@pytest.mark.parametrize("name", ["", "-a", "a-", "A", "a.b", "a_b", "a%62", "é", "a/b", "..", "a" * 64, "a\n", "ａ"])
def test_nothing_else_is(name: str) -> None:
    """Nor do the settings take it, but for the empty one, which is none."""
    assert not is_name(name)
    if name:
        with pytest.raises(BadConfig, match="cannot be a name"):
            make_config({"volatile": True, "name": name})


def ask(loop: HandLoop, path: bytes) -> bool:
    """Whether a relay called seoul-3 takes a request at this path."""
    talk = Talk(loop, Front, path=PATH)
    talk.say(b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\n"
             b"Content-Length: 4\r\n\r\nbody")  # fmt: skip
    assert talk.owner.asked in ([], [b"body"])
    return bool(talk.owner.asked)


@given(
    st.text("/nv1seoul-3.%2fA?#;\\ \t", max_size=24).map(str.encode)
    | st.binary(max_size=20)
    | st.sampled_from([path.encode() for path in ODD])
)
@example(PATH)
def test_a_relay_takes_its_own_path_letter_by_letter(loop: HandLoop, path: bytes) -> None:
    """No other bytes mean it, so no proxy that reads a path in its own way can lead anybody to another name's relay."""
    assert (path == PATH) == ask(loop, path)


@given(st.from_regex(r"(wss|https)://relay\.example(/n/[a-zA-Z0-9.%_-]{0,66})?(/v1)?/?", fullmatch=True))
def test_what_a_client_asks_for_is_what_a_relay_of_that_name_serves(url: str) -> None:
    """Whatever a card says, a request goes to one of these paths, and one relay has one spelling."""
    try:
        found = parse_endpoint(url)
    except EndpointRefused:
        return
    assert re.fullmatch(r"/v1|/n/[a-z0-9-]{1,63}/v1", found.path)
    assert found.path == path_of(make_config({"volatile": True, "name": found.name}).name)


def test_a_named_relay_is_at_its_path_and_says_so(run: Callable[..., RunningRelay]) -> None:
    """Over a POST and over a WebSocket. Health has no name, since the balancer asks each process."""
    relay, box = run(config=config_of(NAME)), Box()
    assert relay.urls[0].endswith(f"/n/{NAME}")
    assert isinstance(relay.client().ask(box.append(b"one")), Appended)
    body = encode(box.append(b"two"))
    assert 200 == http(relay.address, post(body, path=f"/n/{NAME}/v1"))[0]
    assert {400, 404} >= {http(relay.address, post(body, path=path))[0] for path in ODD}
    for path in ("/v1", "/n/seoul-4/v1"):
        with pytest.raises(Hangup, match="400"):
            Client(relay.address, path=path)
    assert 200 == http(relay.address, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")[0]
    origin = f"POST /n/{NAME}/v1 HTTP/1.1\r\nHost: x\r\nOrigin: https://x\r\nContent-Length: 0\r\n\r\n"
    assert 403 == http(relay.address, origin.encode())[0]


def test_a_relay_without_a_name_has_no_other_path(run: Callable[..., RunningRelay]) -> None:
    """Old clients and cards know no other."""
    relay, body = run(config=config_of("")), encode(Box().append(b"one"))
    assert (200, 404) == tuple(http(relay.address, post(body, path=path))[0] for path in ("/v1", f"/n/{NAME}/v1"))


# -- settings -------------------------------------------------------------------------------------------------------


def test_it_has_the_same_name_on_an_engine() -> None:
    """Two names for one relay would be one too many; "relay" is what those without a name are called there."""
    settings = {"volatile": True, "engine": ["127.0.0.1:7000"], **FILES, "name": NAME}
    engine = make_config(settings).engine
    assert engine is not None
    assert NAME == engine.name
    assert make_config({**settings, "engine_name": NAME}).engine == engine
    with pytest.raises(BadConfig, match="on the engine, too"):
        make_config({**settings, "engine_name": "other"})
    with pytest.raises(BadConfig, match="without a name"):
        make_config({**settings, "name": "relay"})


def test_no_handles_are_at_a_named_relay() -> None:
    """A handle's host leads to the relay without a name there: also on this machine itself, where each has handles."""
    config = make_config({"volatile": True, "listen": ["127.0.0.1:8440"], "name": NAME})
    assert (None, "127.0.0.1:8440") == (host_of(config, None), host_of(config_of(""), "127.0.0.1:8440"))
    with pytest.raises(BadConfig, match="no directory"):
        host_of(config, "relay.example")


# -- on one engine --------------------------------------------------------------------------------------------------


@given(st.binary(min_size=32, max_size=32), st.sampled_from(["a", "b", "a-b"]), st.sampled_from(["a", "b", "a-b"]))
def test_each_name_has_its_own_place_for_a_box(address: bytes, one: str, other: str) -> None:
    """Of 32 bytes as an address. A relay that nobody named keeps boxes at their addresses, as it always did."""
    places = [place_of(name) for name in (one, other)]
    assert None is place_of("relay")
    found = [place(address) for place in places if place is not None]
    assert ([32, 32], one == other) == ([len(each) for each in found], found[0] == found[1])
    assert address not in found


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineCluster]:
    """One shard."""
    made = EngineCluster(tmp_path_factory.mktemp("engine") / "nodes")
    yield made
    made.close()


@pytest.fixture
def two(cluster: EngineCluster, run: Callable[..., RunningRelay]) -> Two:
    """Relays of two names."""
    return run(config=config_of("busan-1", cluster)), run(config=config_of("busan-2", cluster))


@needs_engine
def test_names_have_nothing_in_common(two: Two) -> None:
    """With the secrets of a box of one name nobody reads, adds to or trims anything by the URL of the other."""
    here, there = (relay.client() for relay in two)
    box = Box()
    kept = here.append(box, b"here")
    assert Frames(b"", 0, ()) == there.ask(box.read())
    other = there.append(box, b"there")
    assert (1, 1, True) == (kept.seq, other.seq, kept.incarnation != other.incarnation)
    there.ask(box.trim(1))
    assert ((1, b"here"),) == here.read(box).frames


@needs_engine
def test_who_polls_one_name_hears_nothing_of_the_other(two: Two) -> None:
    """Its digests name what came to its own boxes, and only that; their numbers are its own."""
    pollers = [relay.client() for relay in two]
    begun = [now(client) for client in pollers]
    asked = [polls(client, at) for client, at in zip(pollers, begun, strict=True)]
    for relay, secret, client, number, at in zip(two, (SECRET, OTHER), pollers, asked, begun, strict=True):
        wakes(relay.client(), Box(), secret)
        assert (at + 1, [{secret}]) == told(client.result(number), SECRET, OTHER)


@needs_engine
def test_nobody_silences_an_inbox_by_the_url_of_another_name(two: Two) -> None:
    """A stranger knows from the card what it takes to append. What the owner left at its own relay stays there, and the
    next letter is told.
    """
    owner, friend, stranger = two[0].client(), two[0].client(), two[1].client()
    inbox = Box(BoxSecrets(POLICY_INBOX, os.urandom(32), os.urandom(32)))
    friend.append(inbox, b"first")
    found = owner.read(inbox)
    left = inbox_wake_secret(inbox.secrets.read_secret, found.incarnation, found.head)
    begun = now(owner)
    number = polls(owner, begun)
    stranger.append(inbox, b"noise")
    friend.append(inbox, b"letter")
    assert (begun + 1, [{left}]) == told(owner.result(number), left)
