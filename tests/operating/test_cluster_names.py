"""Two names on one engine behind the proxies of deploy/cluster/names, each with two relay processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self, TypeAlias

import pytest

from nullabona.client.api import Client
from nullabona.processes.engine import EngineCluster
from nullabona.wire.endpoint import path_of
from nullabona.wire.messages import ActivityDigests, Appended, Done, Frames, GetBlob, PollActivity, Refusal, encode
from tests.api.people import PATIENCE_S, befriend, new_name, opened, play, reads
from tests.api.service import Service
from tests.operating.clusters import Front, RelayPair, settings, stand_ins, wait_for
from tests.relay.engines import needs_engine
from tests.relay.peers import Box, Hangup, http, post
from tests.relay.pollers import OTHER, SECRET, told
from tests.relay.s3_server import NEEDED, S3Server, credentials_file
from tests.relay.test_names import ODD
from tests.relay.test_shared_processes import config_of, put
from tests.repo.proxies import HOST, NAMES, names_haproxy, names_nginx
from tests.repo.test_proxies import StandIn

PROXIES: Final = (names_nginx, names_haproxy)
both = pytest.mark.parametrize("launch_names", PROXIES, ids=[each.__name__ for each in PROXIES], indirect=True)
Ports: TypeAlias = tuple[int, int]
Launch: TypeAlias = Callable[[Ports, Ports], list[Front]]


@pytest.fixture
def relays() -> Iterator[list[StandIn]]:
    """One for each place in the examples. They serve whatever path they are asked for."""
    made = [*stand_ins(), *stand_ins()]
    yield made
    for each in made:
        each.stop()


def target(head: bytes) -> str:
    """The path in a request as a relay gets it."""
    return head.split(b" ")[1].decode()


@both
def test_each_path_leads_to_its_own_relays(launch_names: Launch, relays: list[StandIn]) -> None:
    """Letter by letter, and all other paths lead nowhere. However else a path is written, no relay is asked for what it
    would take for another name's.
    """
    first, second, third, fourth = (each.port for each in relays)
    front = launch_names((first, second), (third, fourth))[0]

    def status(path: str) -> bytes:
        request = f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 4\r\n\r\nbody"
        return front.proxy.ask(request.encode())[0].split()[1]

    paths = [path_of(name) for name in NAMES]
    assert [b"200"] * 2 == [status(path) for path in paths]
    other = ("/v1", "/healthz", "/metrics", "/log/checkpoint", "/i", path_of("seoul-3"), path_of("nobody"))
    assert {b"404"} == {status(path) for path in other}
    halves = relays[:2], relays[2:]
    asked = [[target(head) for one in half for head in one.heads] for half in halves]
    assert [[path] for path in paths] == asked
    for path in ODD:
        status(path.replace("seoul-3", "seoul-1").replace("seoul-4", "seoul-2"))
    ours, theirs = ({target(head) for one in half for head in one.heads} for half in halves)
    assert paths[1] not in ours
    assert theirs <= {paths[1]}


@pytest.mark.slow
@needs_engine
@both
def test_two_names_share_an_engine_and_nothing_else(launch_names: Launch, cluster: EngineCluster) -> None:
    """Real relays: boxes, numbers and digests of one name are not those of the other, at whichever process. A process
    of one name does not answer for the other, and a name goes on while one of its processes restarts.
    """
    with RelayPair(cluster, "--name", NAMES[0]) as ours, RelayPair(cluster, "--name", NAMES[1]) as theirs:
        here, there = launch_names(ours.ports, theirs.ports)
        box = Box()
        kept = here.ask(box.append(b"one"))
        assert isinstance(kept, Appended)
        for _ in range(8):
            assert Frames(b"", 0, ()) == there.ask(box.read())
        wrong = post(encode(box.read()), path=path_of(NAMES[1]))
        assert {404} == {http(("127.0.0.1", port), wrong)[0] for port in ours.ports}
        with pytest.raises(Hangup, match="404"):
            Front(here.proxy, here.statistics, "seoul-3").lasting()
        begun = [last_digest(front) for front in (here, there)]
        polls = [front.lasting() for front in (here, there)]
        asked = [client.start(PollActivity(at, 60))[0] for client, at in zip(polls, begun, strict=True)]
        for at, (front, secret) in enumerate(((here, SECRET), (there, OTHER))):
            front.ask(Box().append(b"frame", (secret, 1)))
            assert (begun[at] + 1, [{secret}]) == told(polls[at].result(asked[at]), SECRET, OTHER)
        for which in range(2):
            ours.stop(which)
            wait_for(lambda: here.is_up)
            assert Appended(2 + which, kept.incarnation) == here.ask(box.append(b"more"))
            ours.start(which)
            if here.statistics.exists():
                here.wait_until(("one", "two")[which], "UP")
        assert Frames(b"", 0, ()) == there.ask(box.read())


@pytest.mark.slow
@NEEDED
@needs_engine
@both
def test_people_of_two_names_and_of_none_talk(launch_names: Launch, cluster: EngineCluster, tmp_path: Path) -> None:
    """Whole clients: an account at each name, and one whose card and relay have no path, as all had before. All go on
    when all processes have restarted, and when somebody has moved to the other name. A file that one name has is not
    found at the other.
    """
    with ExitStack() as stack:
        server = stack.enter_context(S3Server(tmp_path / "s3"))
        credentials = credentials_file(tmp_path)
        server.make_bucket("blobs")
        pairs = []
        for name in NAMES:
            folder = tmp_path / name
            folder.mkdir()
            bucket = server.settings("blobs", credentials, prefix=f"{name}/")
            pairs.append(stack.enter_context(RelayPair(cluster, "--name", name, *config_of(folder, bucket))))
        service = stack.enter_context(Service(tmp_path / "names"))
        fronts = launch_names(pairs[0].ports, pairs[1].ports)

        async def talk() -> None:
            urls = fronts[0].url, fronts[1].url, None
            async with three_people(tmp_path, fronts[0], service, urls) as people:
                paths = ["/" + client.me.relay.split("/", 3)[3] for client in people]
                assert [path_of(name) for name in (*NAMES, "")] == paths
                rooms = [await Room.of(*people[:2]), await Room.of(*people[1:]), await Room.of(people[2], people[0])]
                for room in rooms:
                    await room.say()
                for pair in pairs:
                    for which in range(2):
                        await asyncio.to_thread(pair.stop, which)
                        await asyncio.to_thread(pair.start, which)
                for room in rooms:
                    await room.say()
                await people[0].account.move_relay(fronts[1].url, timeout_s=PATIENCE_S)
                assert people[0].me.relay.endswith(path_of(NAMES[1]))
                for room in rooms:
                    await room.say()

        play(talk(), 300)
        chunk = put(b"of the first name")
        assert Done() == fronts[0].ask(chunk)
        assert isinstance(fronts[1].ask(GetBlob(chunk.digest)), Refusal)


@asynccontextmanager
async def three_people(
    folder: Path, front: Front, service: Service, relays: Sequence[str | None]
) -> AsyncIterator[list[Client]]:
    """Their handles are at one directory; their relays are these, None: that of the directory's host."""
    async with AsyncExitStack() as stack:
        people = [
            await stack.enter_async_context(opened(folder / f"profile-{at}", settings(front.proxy.chain)))
            for at in range(3)
        ]
        for client, url in zip(people, relays, strict=True):
            await client.account.create(service.handle(new_name("named")), relay=url)
        for client in people:
            await client.account.wait_published(timeout_s=PATIENCE_S)
        yield people


@dataclass
class Room:
    """Two people's, and what was said in it."""

    id: bytes
    people: tuple[Client, Client]
    said: list[str] = field(default_factory=list)

    @classmethod
    async def of(cls, one: Client, other: Client) -> Self:
        """One asks, the other accepts."""
        return cls(await befriend(one, other), (one, other))

    async def say(self) -> None:
        """A line of each; both have both then, in order and once."""
        for client in self.people:
            self.said.append(f"line {len(self.said)}")
            await client.messages.send(self.id, self.said[-1])
            for reader in self.people:
                await reads(reader, self.id, *self.said)


def last_digest(front: Front) -> int:
    """The number of the last digest of this name."""
    answer = front.ask(PollActivity(0, 0))
    assert isinstance(answer, ActivityDigests)
    return answer.first - 1 + len(answer.digests)
