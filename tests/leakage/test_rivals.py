"""Every statement that a model says its source makes, checked against what it records. Names begin with its number."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from bench.leakage.rivals import RIVALS
from bench.leakage.rivals.groupids import GroupIds
from bench.leakage.rivals.mailboxes import ENVELOPE, STEP, Mailboxes
from bench.leakage.rivals.plaintext import ADDRESSES_DAYS, Plaintext
from bench.leakage.rivals.queues import BLOCK, CHUNKS, QUOTA, RECEIPTS_UP_TO, RETENTION_DAYS, Item, Queues
from bench.leakage.society import DAY, SMALL, Account, Intent, Kind, Room, Size, Society, make
from bench.leakage.trace import NOBODY, Op, Recording
from tests.leakage.recorded import of, said


@pytest.fixture(scope="module")
def society() -> Society:
    return make(5, SMALL)


@pytest.fixture(scope="module")
def plaintext(society: Society) -> Recording:
    return Plaintext(society).recording()


@pytest.fixture(scope="module")
def mailboxes(society: Society) -> Recording:
    return Mailboxes(society).recording()


@pytest.fixture(scope="module")
def queues(society: Society) -> Recording:
    return Queues(society).recording()


@pytest.fixture(scope="module")
def groupids(society: Society) -> Recording:
    return GroupIds(society).recording()


def away(days: int, items: int) -> Society:
    """One writes ``items`` times on the first morning to another, who went away before for the rest of ``days``."""
    room = Room(0, pair=True, creator=0, founders=(1,), created=7_300.0)
    intents = [
        *(
            Intent(7_200.0, kind, account, 0, address=account)
            for account in (0, 1)
            for kind in (Kind.ARRIVE, Kind.ONLINE)
        ),
        Intent(7_300.0, Kind.CREATE, 0, 0, 0),
        Intent(7_400.0, Kind.OFFLINE, 1, 0),
        *(Intent(7_500.0 + n, Kind.SAY, 0, 0, 0, size=20) for n in range(items)),
    ]
    accounts = (Account(0, 0, 1, 7_200.0), Account(1, 1, 1, 7_200.0))
    return Society(1, Size(2, days, 1.0), accounts, ((0, 1),), (room,), 2, tuple(intents))


# ----------------------------------------------------------------------------------------------------- every model


@pytest.mark.parametrize("name", RIVALS)
def test_a_model_lives_the_same_twice(name: str, society: Society) -> None:
    """The same society gives the same bytes."""
    one, two = RIVALS[name](society).recording(), RIVALS[name](society).recording()
    for first, second in ((one.live, two.live), (one.disk, two.disk), (one.memory, two.memory)):
        assert first.tobytes() == second.tobytes()
    assert one.truth == two.truth


@pytest.mark.parametrize("name", RIVALS)
def test_a_model_tells_the_truth(name: str, society: Society) -> None:
    """Edges are the rooms for two in which somebody wrote; every connection has its account; time goes on."""
    recording = RIVALS[name](society).recording()
    spoken = {one.room for one in said(society)}
    pairs = {
        tuple(sorted((room.creator, *room.founders))) for room in society.rooms if room.pair and room.number in spoken
    }
    assert pairs == recording.truth.talks
    assert set(recording.live["conn"].tolist()) - {NOBODY} <= set(recording.truth.account_of_conn)
    assert np.all(np.diff(recording.live["t"]) >= 0)


@pytest.mark.parametrize("name", RIVALS)
def test_a_connection_is_used_while_it_is_open(name: str, society: Society) -> None:
    """From its opening to its end, from one address."""
    live = RIVALS[name](society).recording().live
    for conn in np.unique(live["conn"][live["conn"] != NOBODY])[:300]:
        mine = live[live["conn"] == conn]
        assert mine["op"][0] == Op.OPEN
        assert Op.CLOSE not in mine["op"][:-1]
        assert len(np.unique(mine["addr"])) == 1


# ------------------------------------------------------------------------------------------------ plaintext server


def test_p1_every_message_is_kept_with_its_sender_room_and_milliseconds(plaintext: Recording, society: Society) -> None:
    """As many as were written, and the membership rows beside them."""
    rows = of(plaintext.disk, Op.APPEND)
    messages = rows[rows["to"] == NOBODY]
    assert len(messages) == len(said(society))
    assert Counter(messages["who"].tolist()) == Counter(one.account for one in said(society))
    assert np.all(messages["place"] != NOBODY)
    assert np.array_equal(messages["t"], np.round(messages["t"], 3))


def test_p2_who_has_read_where_is_kept_once(plaintext: Recording) -> None:
    """The newest receipt for each room and person."""
    rows = of(plaintext.disk, Op.READ)
    keys = list(zip(rows["place"].tolist(), rows["who"].tolist(), strict=True))
    live = of(plaintext.live, Op.READ)
    assert len(keys) == len(set(keys)) > 0
    assert set(keys) == set(zip(live["place"].tolist(), live["who"].tolist(), strict=True))


def test_p3_membership_lies_in_plain_text(plaintext: Recording, society: Society) -> None:
    """Who took whom into which room: every founder has a row."""
    room_of = plaintext.truth.room_of
    rows = of(plaintext.disk, Op.APPEND)
    taken = {(room_of[row["place"]], int(row["who"]), int(row["to"])) for row in rows if row["to"] != NOBODY}
    made = [room for room in society.rooms if room.created < society.end]
    assert {(room.number, room.creator, other) for room in made for other in room.founders} <= taken


def test_p4_addresses_of_logins_are_kept_for_28_days(plaintext: Recording) -> None:
    """Each account with each address and when it was last seen there; older ones are gone."""
    rows = of(plaintext.disk, Op.OPEN)
    live = of(plaintext.live, Op.OPEN)
    assert set(zip(rows["who"].tolist(), rows["addr"].tolist(), strict=True)) == set(
        zip(live["who"].tolist(), live["addr"].tolist(), strict=True)
    )
    old = Plaintext(away(ADDRESSES_DAYS + 3, 1)).recording()
    assert of(old.disk, Op.OPEN)["who"].tolist() == []


def test_p5_nothing_is_padded(plaintext: Recording) -> None:
    """Texts of many lengths have as many sizes."""
    rows = of(plaintext.live, Op.APPEND)
    assert len(np.unique(rows["size"])) > 30


def test_p6_every_request_is_a_logins(plaintext: Recording) -> None:
    """And the login is the account's."""
    owner = plaintext.truth.account_of_conn
    assert plaintext.live["who"].tolist() == [owner[conn] for conn in plaintext.live["conn"].tolist()]


# ------------------------------------------------------------------------------------------------- account queues


def test_s1_a_message_waits_in_its_accounts_queue_until_it_is_confirmed() -> None:
    """With the server's milliseconds and its size; what was handed out and confirmed is gone."""
    waiting = of(Mailboxes(away(1, 3)).recording().disk, Op.APPEND)
    assert waiting["to"].tolist() == [1, 1, 1]
    assert waiting["t"].tolist() == [7_500.0, 7_501.0, 7_502.0]
    assert np.all(waiting["size"] > 0)
    assert np.array_equal(waiting["t"], np.round(waiting["t"], 3))


def test_s1_what_is_online_is_erased(mailboxes: Recording) -> None:
    """The disk holds only what is for devices that are away; everything else was confirmed."""
    handed, erased = of(mailboxes.live, Op.DELIVER), of(mailboxes.live, Op.ERASE)
    assert len(erased) > 0.95 * len(handed)
    assert len(of(mailboxes.disk, Op.APPEND)) < 0.2 * len(of(mailboxes.live, Op.APPEND))


def test_s2_of_a_last_visit_the_day_is_kept(mailboxes: Recording) -> None:
    """One row for each account that ever came."""
    rows = of(mailboxes.disk, Op.OPEN)
    assert np.all(rows["t"] % DAY == 0)
    assert Counter(rows["who"].tolist()).most_common(1)[0][1] == 1


def test_s3_what_is_put_into_a_queue_names_no_sender(mailboxes: Recording) -> None:
    """And comes over a connection without a login, which is never one that receives."""
    puts = of(mailboxes.live, Op.APPEND)
    receiving = set(of(mailboxes.live, Op.DELIVER)["conn"].tolist())
    assert set(puts["who"].tolist()) == {NOBODY}
    assert not set(puts["conn"].tolist()) & receiving
    assert np.all(puts["addr"] != NOBODY)


def test_s4_what_is_received_is_answered_at_once(mailboxes: Recording, society: Society) -> None:
    """Of texts to one online person most are followed by a message back to the sender's queue within two seconds."""
    puts = of(mailboxes.live, Op.APPEND)
    owner = mailboxes.truth.account_of_conn
    senders = np.array([owner[conn] for conn in puts["conn"].tolist()])
    pair = {room.number: room for room in society.rooms if room.pair}
    answered, asked = 0, 0
    for one in said(society):
        if one.room in pair:
            other = next(a for a in (pair[one.room].creator, *pair[one.room].founders) if a != one.account)
            soon = (puts["t"] > one.t) & (puts["t"] < one.t + 2.0) & (puts["to"] == one.account) & (senders == other)
            handed = of(mailboxes.live, Op.DELIVER)
            if np.any((handed["t"] >= one.t) & (handed["t"] < one.t + 0.1) & (handed["who"] == other)):
                asked += 1
                answered += bool(soon.any())
    assert asked > 20
    assert answered > 0.95 * asked


def test_s5_no_address_is_on_the_disk(mailboxes: Recording) -> None:
    """Of nobody."""
    assert set(mailboxes.disk["addr"].tolist()) == {NOBODY}


def test_s6_a_group_message_is_one_request_to_everybody_but_the_sender(mailboxes: Recording, society: Society) -> None:
    """Over one connection in one moment; and there is no place but the accounts' queues."""
    puts = of(mailboxes.live, Op.APPEND)
    owner = mailboxes.truth.account_of_conn
    acts = Counter(one.t for one in society.intents)
    groups = [one for one in said(society) if not society.rooms[one.room].pair and acts[one.t] == 1]
    assert len(groups) > 20
    for one in groups:
        request = puts[puts["t"] == one.t]
        to = request["to"].tolist()
        assert one.account not in to
        assert len(to) == len(set(to))
        assert {owner[conn] for conn in request["conn"].tolist()} <= {one.account}
    assert mailboxes.truth.room_of == {}
    assert len(np.unique(puts["place"])) == len(np.unique(puts["to"]))


def test_s7_the_receiving_connection_is_a_login(mailboxes: Recording) -> None:
    """What is handed out goes to the account it is for, by name."""
    handed = of(mailboxes.live, Op.DELIVER)
    assert np.array_equal(handed["who"], handed["to"])
    assert np.all(handed["who"] != NOBODY)


def test_content_is_padded_in_steps(mailboxes: Recording) -> None:
    """Sizes are whole steps and the envelope."""
    sizes = np.unique(of(mailboxes.live, Op.APPEND, Op.DELIVER)["size"])
    assert np.all((sizes - ENVELOPE) % STEP == 0)


# ---------------------------------------------------------------------------------------------------- pair queues


def test_x1_each_queue_has_one_recipient(queues: Recording) -> None:
    """All that read a queue, or are handed something from it, are one account's connections."""
    owner = queues.truth.account_of_conn
    rows = of(queues.live, Op.READ, Op.DELIVER)
    readers = {(int(row["place"]), owner[int(row["conn"])]) for row in rows}
    assert len(readers) == len({place for place, _ in readers})


def test_x2_everything_is_one_size(queues: Recording) -> None:
    """Blocks of 16,384 bytes, on the wire and on the disk."""
    assert np.unique(of(queues.live, Op.APPEND, Op.DELIVER)["size"]).tolist() == [BLOCK]
    assert set(of(queues.disk, Op.APPEND)["size"].tolist()) <= {BLOCK}


def test_x3_who_sends_is_hidden(queues: Recording) -> None:
    """No connection, address or account of whoever puts something into a queue."""
    puts = of(queues.live, Op.APPEND)
    for field in ("conn", "addr", "who", "to"):
        assert set(puts[field].tolist()) == {NOBODY}


def test_x4_a_group_message_is_one_message_to_each_other_member(friends: Society) -> None:
    """Three members: two messages, into two queues of that group, one after the other."""
    recording = Queues(friends).recording()
    one = next(one for one in friends.intents if one.kind is Kind.SAY and one.room == 1)
    puts = of(recording.live, Op.APPEND)
    now = puts[(puts["t"] >= one.t) & (puts["t"] < one.t + 0.05)]
    assert {recording.truth.room_of[place] for place in now["place"].tolist()} == {1}
    assert len(np.unique(now["place"])) == len(now) == 2


def test_x5_a_waiting_message_has_its_queue_and_the_second() -> None:
    """And is gone after 21 days."""
    assert {7_500.0, 7_501.0, 7_502.0} <= set(of(Queues(away(1, 3)).recording().disk, Op.APPEND)["t"].tolist())
    assert len(of(Queues(away(RETENTION_DAYS + 2, 3)).recording().disk, Op.APPEND)) == 0


def test_x5_what_is_confirmed_is_erased(queues: Recording) -> None:
    """What waits at the end is far less than what passed."""
    assert len(of(queues.disk, Op.APPEND)) < 0.2 * len(of(queues.live, Op.APPEND))
    assert len(of(queues.live, Op.ERASE)) > 0.9 * len(of(queues.live, Op.DELIVER))


def test_x6_a_full_queue_takes_no_more() -> None:
    """Of 200 messages to somebody who is away, with the one that made the connection, 128 lie in the queue."""
    disk = of(Queues(away(1, 200)).recording().disk, Op.APPEND)
    assert max(Counter(disk["place"].tolist()).values()) == QUOTA


def test_x6_what_was_held_comes_when_there_is_room() -> None:
    """One more is taken for each that is confirmed."""
    model = Queues(away(1, 200))
    model.live_through()
    queue = model._queues[0, 0, 1]
    device = model.devices[1][0]
    device.conn = model.opened(device)
    held = len(queue.held)
    model._confirm(device, device.conn, queue, Item(queue.items[0].t, queue.items[0].content))
    assert len(queue.held) == held - 1


def test_x7_one_connection_subscribes_to_all_queues(queues: Recording) -> None:
    """Whoever comes online reads every queue of theirs that there is, over one connection, at once."""
    live = queues.live
    last = of(live, Op.READ)["conn"].max()
    mine = live[live["conn"] == last]
    account = queues.truth.account_of_conn[int(last)]
    earlier = {
        int(row["place"])
        for row in of(live, Op.READ)
        if row["t"] < mine["t"][0] and queues.truth.account_of_conn[int(row["conn"])] == account
    }
    assert earlier <= set(of(mine, Op.READ)["place"].tolist())


def test_x8_receipts_go_back_in_small_rooms(society: Society) -> None:
    """A text to one online person is followed by a message the other way; in groups above 20 by none."""
    model = Queues(society)
    recording = model.recording()
    puts = of(recording.live, Op.APPEND)
    back = {queue.place: model._queues[room, to, sender].place for (room, sender, to), queue in model._queues.items()}
    direct = [one for one in said(society) if society.rooms[one.room].pair]
    answered = 0
    for one in direct:
        now = puts[(puts["t"] >= one.t) & (puts["t"] < one.t + 0.02)]["place"].tolist()
        soon = set(puts[(puts["t"] > one.t) & (puts["t"] < one.t + 2.0)]["place"].tolist())
        answered += any(back[place] in soon for place in now)
    assert answered > 0.5 * len(direct)
    assert RECEIPTS_UP_TO == 20


def test_x9_of_a_queue_the_day_of_its_last_use_is_kept(queues: Recording) -> None:
    """One row for each queue; no account, address or connection anywhere on the disk."""
    rows = of(queues.disk, Op.READ)
    assert np.all(rows["t"] % DAY == 0)
    assert len(np.unique(rows["place"])) == len(rows)
    for field in ("conn", "addr", "who", "to"):
        assert set(queues.disk[field].tolist()) == {NOBODY}


def test_x10_an_account_is_one_device(queues: Recording, society: Society) -> None:
    """Nobody receives over two connections at one time, though many of the society have two devices."""
    assert any(account.devices == 2 for account in society.accounts)
    receiving = set(of(queues.live, Op.READ)["conn"].tolist())
    open_now: Counter[int] = Counter()
    for row in of(queues.live, Op.OPEN, Op.CLOSE):
        if int(row["conn"]) in receiving:
            account = queues.truth.account_of_conn[int(row["conn"])]
            open_now[account] += 1 if row["op"] == Op.OPEN else -1
            assert open_now[account] <= 1


def test_files_are_chunks_of_fixed_sizes(queues: Recording) -> None:
    """Each recipient has a name of their own for what is fetched."""
    blobs = of(queues.live, Op.PUT_BLOB, Op.GET_BLOB)
    assert set(blobs["size"].tolist()) <= set(CHUNKS)
    assert len(np.unique(blobs["place"])) == len(blobs)
