"""What so many people need, computed from what was measured: the arithmetic of docs/capacity.md, and no words.

People are at relays of so many accounts each. A relay of twice the accounts has twice the frames, each told to twice
the polling clients; but the more poll, the longer is a digest (spec/relay.md §4.5), so the number of answers stops
growing.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from bench.peers.registry import OURS
from bench.speed import tables
from bench.speed.apart import CONNECTIONS
from bench.speed.records import Results, Window
from bench.speed.workloads import BOXES
from nullabona.client.core.step import Timing
from nullabona.client.runner.activity_stream import GONE_S, STAY_S
from nullabona.client.runner.reads import WAKE_WAIT_S
from nullabona.relay.activity import digest_s
from nullabona.relay.core.limits import Limits
from nullabona.wire.messages import ACTIVITY_TAG_SIZE, SALT_SIZE, SIGNATURE_SIZE, ActivityDigests, encode
from nullabona.wire.records import HEAD_SIZE

DAY_S: Final = 86_400
GIB: Final = 2**30
CALM_S: Final = Timing().calm / 1_000
CALM_OLD_S: Final = Timing().calm_old / 1_000
PACKET_BYTES: Final = 52
"""IP and TCP around each packet."""
POST_PACKETS: Final = 4
"""That a relay sends for one POST: it takes the connection, it got the request, it answers, it hangs up."""
_NUMBER: Final = 2**47
"""Of an activity digest, as they are."""
_FRAME_BYTES: Final = 4
"""WebSocket before an answer; a request has 4 more."""
DIGEST_DOWN_BYTES: Final = (
    len(encode(ActivityDigests(_NUMBER, ((bytes(SALT_SIZE), bytes(0)),), bytes(SIGNATURE_SIZE))))
    + HEAD_SIZE
    + _FRAME_BYTES
    + PACKET_BYTES
)
"""To a client that follows for each digest, without its tags: the answer."""
DIGEST_UP_BYTES: Final = PACKET_BYTES
"""From a client that follows for each digest: that it got the answer."""
_MOST: Final = 10**10


@dataclass(frozen=True, slots=True)
class Assumed:
    """What is not measured. Each is printed on the page."""

    messages: int = 40
    """That a person sends in a day."""
    frames: float = 1.8
    """Frames for each message: itself, and its share of receipts and changes of groups."""
    readers: int = 5
    """Devices that read a frame."""
    peak: float = 3.0
    """The busiest second by the average one."""
    online: float = 0.5
    """Share of people with a device connected at once."""
    frame_bytes: int = 1_024
    overhead_bytes: int = 160
    """Of requests, answers, WebSocket and TCP around a frame on a connection that lasts."""
    days: int = 30
    """That frames are kept."""
    old_boxes: float = 1.6
    """Boxes of a room whose epoch is over and that are read all the same: those of a society of thirty days, about."""
    heard: int = 1
    """Relays of this size at which one has rooms, and which one therefore hears."""
    accounts: int = 30_000
    """Of one relay."""
    day_bytes: int = 100_000_000
    """That somebody may be asked to take for hearing, all day long."""

    @property
    def rooms(self) -> int:
        """Of a person."""
        return BOXES - 1


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine that can be rented anywhere. The relay uses one of its cores."""

    memory_bytes: int = 64 * GIB
    disk_bytes: int = 4 * 10**12
    network_bits: int = 10**9


@dataclass(frozen=True, slots=True)
class Costs:
    """What was measured of ours as it is by default: the medians. CPU is the server's, in microseconds."""

    append_us: float
    read_us: float
    look_us: float
    """A POST each: one appends a frame, one reads it, one finds nothing."""
    kept_us: float
    """A POST that appends a frame on a connection that is kept, as behind a proxy of that kind."""
    polled_us: float
    """An answer to a polling client, and what they ask next."""
    answer_us: float
    """An answer to a client that follows."""
    tags: float
    """In each of those answers, as it was measured."""
    alone_us: float
    """An append that comes alone, on a connection that lasts: a batch and a sync of its own."""
    wait_us: float
    """A wait at an inbox that ended, and the next."""
    connect_us: float
    """A WebSocket that is opened, and what is asked first."""
    idle_us: float
    """A second of a client that is connected."""
    client_bytes: float
    """Memory of a client that hears one relay and waits at its inbox."""
    append_bytes: float
    read_bytes: float
    look_bytes: float
    """Of the three answers to POSTs, without IP and TCP."""
    message_bytes: float
    """Disk for a message."""
    connects: float
    """Clients a second."""
    registrations: float
    """A second."""


@dataclass(frozen=True, slots=True)
class TogetherCosts:
    """The same with ``--fast``, where it differs."""

    append_us: float
    """Server CPU for a message with its one delivery, when batches are small."""
    delivery_us: float
    """Server CPU for one more delivery."""
    client_bytes: float
    """Memory for a client that waits for its inbox and twenty rooms."""
    wait_us: float
    """Server CPU for a wait without news, the look into the box, and the next wait."""
    message_bytes: float


@dataclass(frozen=True, slots=True)
class Need:
    """One resource: what so many people need of it, and the share of one machine (or of one core) that this is."""

    name: str
    amount: str
    share: float


def costs(results: Results, apart: Results) -> Costs | None:
    """The figures that the computation rests on; None if the runs have not all of them."""
    posts = ("post-append", "post-read", "post-look")
    found = [
        *(_median(apart, post, tables.cost_us) for post in posts),
        _median(apart, "post-kept", tables.cost_us),
        _median(apart, "hear", lambda window: window.value),
        _median(apart, "follow", lambda window: window.value),
        _detail(apart, "follow", "marks"),
        _detail(apart, "follow", "alone_us"),
        _median(apart, "inbox", tables.cost_us),
        _detail(apart, "hears", "connect_us"),
        _detail(apart, "hears", "idle_us"),
        _median(apart, "hears", lambda window: window.value * 1_024),
        *(_detail(apart, post, "down_bytes") for post in posts),
        _message_bytes(results),
        _detail(apart, "hears", "connects_per_s"),
        _median(results, "register", lambda window: window.value),
    ]
    known = [value for value in found if value is not None]
    return Costs(*known) if len(known) == len(found) else None


def together_costs(results: Results) -> TogetherCosts | None:
    """Also, from the run beside other servers."""
    found = [
        _median(results, "pairs-1", tables.cost_us),
        _median(results, "room-32", tables.cost_us),
        _median(results, "in-rooms", lambda window: window.value * 1_024),
        _detail(results, "in-rooms", "wait_us"),
        _message_bytes(results),
    ]
    known = [value for value in found if value is not None]
    return TogetherCosts(*known) if len(known) == len(found) else None


def _message_bytes(results: Results) -> float | None:
    held = [holding.bytes_per_message for holding in results.holdings if holding.peer == OURS]
    return statistics.median(held) if held else None


def _detail(results: Results, workload: str, name: str) -> float | None:
    found = [w.details[name] for w in tables.windows(results, OURS, workload) if name in w.details]
    return statistics.median(found) if found else None


def _median(results: Results, workload: str, of: Callable[[Window], float]) -> float | None:
    found = [of(window) for window in tables.windows(results, OURS, workload)]
    return statistics.median(found) if found else None


# -- one relay


@dataclass(frozen=True, slots=True)
class Relay:
    """What happens at one relay of so many accounts, each second of the busiest."""

    accounts: float
    assumed: Assumed

    @property
    def clients(self) -> float:
        """Whose inbox is here, and who are connected."""
        return self.accounts * self.assumed.online

    @property
    def pollers(self) -> float:
        """Clients that poll once and follow then."""
        return self.clients * self.assumed.heard

    @property
    def appends(self) -> float:
        return appends_per_s(self.accounts, self.assumed)

    @property
    def reads(self) -> float:
        return self.appends * self.assumed.readers

    @property
    def looks(self) -> float:
        return self.clients * self.assumed.rooms * (1 / CALM_S + self.assumed.old_boxes / CALM_OLD_S)

    @property
    def digest_s(self) -> float:
        """How long an activity digest is."""
        return digest_s(round(self.pollers))

    @property
    def answers(self) -> float:
        """To clients that follow. A digest begins with an append, and the next one with the first append after it."""
        return self.pollers / (self.digest_s + 1 / self.appends)

    @property
    def tags(self) -> float:
        """In an activity digest."""
        return self.appends * self.digest_s + 1

    @property
    def returns(self) -> float:
        """Polling clients that come back on a new connection."""
        return self.pollers / (STAY_S + GONE_S)

    @property
    def connections(self) -> float:
        """That are made."""
        return self.appends + self.reads + self.looks + self.returns

    @property
    def sockets(self) -> float:
        """A client has one at each relay that it hears, and none at its inbox."""
        return self.pollers

    def cores(self, measured: Costs) -> float:
        """Of the one that the relay's process uses."""
        waits = self.sockets / Limits().ping_s
        talk = self.appends * measured.append_us + self.reads * measured.read_us + self.looks * measured.look_us
        lasting = waits * measured.wait_us + self.returns * measured.connect_us
        idle = self.sockets / CONNECTIONS * measured.idle_us
        return (talk + lasting + idle) / 1e6 + self.answering(measured)

    def answering(self, measured: Costs) -> float:
        """The part of `cores` that goes into answers to clients that follow."""
        return self.answers * measured.answer_us / 1e6

    def memory_bytes(self, measured: Costs) -> float:
        """For those who are connected."""
        return self.sockets / CONNECTIONS * measured.client_bytes

    def disk_bytes(self, measured: Costs) -> float:
        """For all that is kept."""
        kept = self.accounts * self.assumed.messages * self.assumed.frames * self.assumed.days
        return kept * measured.message_bytes

    def out_bits(self, measured: Costs) -> float:
        """That leave a second."""
        around = POST_PACKETS * PACKET_BYTES
        posts = (
            self.appends * (measured.append_bytes + around)
            + self.reads * (measured.read_bytes + around)
            + self.looks * (measured.look_bytes + around)
        )
        return 8 * (posts + self.answers * DIGEST_DOWN_BYTES + self.pollers * self.appends * ACTIVITY_TAG_SIZE)

    def heard_bytes(self) -> float:
        """Both ways, for one client that hears all day, at all the relays that it hears."""
        average = appends_per_s(self.accounts, replace(self.assumed, peak=1.0))
        each = (DIGEST_DOWN_BYTES + DIGEST_UP_BYTES) / (self.digest_s + 1 / average)
        return self.assumed.heard * DAY_S * (each + average * ACTIVITY_TAG_SIZE)


def appends_per_s(people: float, assumed: Assumed) -> float:
    """Frames that so many send in the busiest second."""
    return people * assumed.messages * assumed.frames / DAY_S * assumed.peak


def most_accounts(share: Callable[[Relay], float], assumed: Assumed) -> float:
    """Of how many accounts a relay can be until ``share`` of something is 1; what is needed grows with accounts."""
    low, high = 1.0, float(_MOST)
    while high / low > 1.001:
        middle = (low * high) ** 0.5
        low, high = (middle, high) if share(Relay(middle, assumed)) < 1 else (low, middle)
    return low


def fullest(measured: Costs, assumed: Assumed, machine: Machine) -> dict[str, float]:
    """Of how many accounts one relay can be until it, its machine or its clients have enough; the first first."""
    shares: dict[str, Callable[[Relay], float]] = {
        "the one core": lambda relay: relay.cores(measured),
        "what a client that follows takes in a day": lambda relay: relay.heard_bytes() / assumed.day_bytes,
        "memory": lambda relay: relay.memory_bytes(measured) / machine.memory_bytes,
        "disk": lambda relay: relay.disk_bytes(measured) / machine.disk_bytes,
        "network": lambda relay: relay.out_bits(measured) / machine.network_bits,
    }
    found = {name: most_accounts(share, assumed) for name, share in shares.items()}
    return dict(sorted(found.items(), key=lambda each: each[1]))


# -- all people


def needs(people: int, measured: Costs, assumed: Assumed, machine: Machine) -> list[Need]:
    """What so many people need, at relays of so many accounts as is assumed."""
    relay = Relay(assumed.accounts, assumed)
    relays = people / assumed.accounts
    cores = relays * relay.cores(measured)
    return [
        Need("cores, in the busiest second", f"{cores:,.1f}", cores),
        *_stores(relays * relay.memory_bytes(measured), relays * relay.disk_bytes(measured), machine),
        _network(relays * relay.out_bits(measured), machine),
    ]


def together_needs(people: int, measured: TogetherCosts, assumed: Assumed, machine: Machine) -> list[Need]:
    """The same if everybody had ``--fast``: nothing in it depends on how large a relay is."""
    appends = appends_per_s(people, assumed)
    waits = people * assumed.online * BOXES / WAKE_WAIT_S
    talk = appends * (measured.append_us + (assumed.readers - 1) * measured.delivery_us)
    cores = (talk + waits * measured.wait_us) / 1e6
    disk = people * assumed.messages * assumed.frames * assumed.days * measured.message_bytes
    sent = appends * assumed.readers * (assumed.frame_bytes + assumed.overhead_bytes) * 8
    return [
        Need("cores, in the busiest second", f"{cores:.2f}", cores),
        *_stores(people * assumed.online * measured.client_bytes, disk, machine),
        _network(sent, machine),
    ]


def _stores(memory: float, disk: float, machine: Machine) -> list[Need]:
    return [
        Need("memory, clients connected", f"{memory / GIB:,.1f} GiB", memory / machine.memory_bytes),
        Need("disk", f"{disk / 1e12:,.2f} TB", disk / machine.disk_bytes),
    ]


def _network(bits: float, machine: Machine) -> Need:
    return Need("network out, in the busiest second", f"{bits / 1e6:,.0f} Mbit/s", bits / machine.network_bits)
