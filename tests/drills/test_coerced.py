"""The drill ``coerced-operator`` with a lie of each kind, on real processes; then what its report makes of others."""

from __future__ import annotations

import dataclasses
import json
import os
import random
from pathlib import Path
from types import SimpleNamespace

import pytest

from nullabona.client.runner.signed_stream import DigestsContradict, DigestsUnsigned, SignedStream
from nullabona.drills.coerced_operator.findings import DEEDS, NOTICED, Alone, Outcome, Told
from nullabona.drills.coerced_operator.report import report_of
from nullabona.drills.coerced_operator.scenario import describe, describe_alone, play
from nullabona.drills.operator.alone import ADDED, EXCHANGED, SHORTENED, SIGNED
from nullabona.drills.operator.alone import Alone as Telling
from nullabona.drills.operator.interceptor import Peer
from nullabona.drills.operator.lies import APART, CARDS, LIES, SPOIL, Liar
from nullabona.drills.registry import DRILLS
from nullabona.drills.reporting.report import Verdict
from nullabona.processes.program import nulla, run
from nullabona.relay.core.digests import Digests
from nullabona.wire.address import BoxSecrets
from nullabona.wire.messages import POLICY_INBOX, POLICY_ROOM, Append, Appended, AwaitWake, Frames, Read
from nullabona.wire.wakes import wake_tokens

PROVES = DRILLS["coerced-operator"].proves

COMMAND = nulla("drill", "coerced-operator", "--json")
OTHERWISE, FORKED, GONE = ("relay-showed-different-histories",), ("room-forked",), ("relay-lost-box",)
REFUSED = ("promise-invalid",) * 3
GOOD = [
    Told(name, 9, 2 if name == APART else 0, 0, (OTHERWISE, (), (), OTHERWISE), 0.1, whole=True,
         looked=REFUSED if name == CARDS else ())
    for name in DEEDS
]  # fmt: skip
ALONE = Alone(0.2, caught=True, caught_s=0.4, proven=True, believed=(), accused=())


FEW = ("drop", SPOIL, "alter", APART, CARDS)
"""One lie of each kind: what is kept back, spoiled for good, and altered; two histories; false cards. In
`tests/rooms/test_hostile_relay.py` simulated relays tell all of them.
"""


@pytest.mark.timeout(900)  # each lie has room for some minutes: what took too long is for the drill to say
def test_a_lie_of_each_kind_is_survived_and_told() -> None:
    """Real processes: every lie was told, everybody has every message once, and the claims that need no other hold.

    So does that of single connections, which are told of activity before.
    """
    outcome = play(lambda _: None, FEW)
    told = outcome.told
    assert list(FEW) == [one.name for one in told]
    assert all(one.answers >= 3 and one.whole and not one.forged for one in told), told
    assert all(one.noticed for one in told if one.name in NOTICED), "\n".join(map(str, told))
    assert [0] == [one.came_through for one in told if one.name == "drop"]
    verdicts = {check.id: check.verdict for check in report_of(outcome).checks}
    held = dict.fromkeys(("L-04", "L-11"), Verdict.HELD)
    assert dict.fromkeys(PROVES, Verdict.UNPROVEN) | held == verdicts, outcome.alone


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_every_lie_is_survived_and_told(tmp_path: Path) -> None:
    """From the command line: every lie was told, every claim held, nothing is left behind."""
    environment = os.environ | {"TMPDIR": str(tmp_path), "LANG": "C.UTF-8"}
    ran = run(COMMAND, env=environment)
    assert ran.out, ran.err
    said = json.loads(ran.out)
    assert dict.fromkeys(PROVES, "held") == {check["id"]: check["verdict"] for check in said["checks"]}, said["lies"]
    assert (0, []) == (ran.code, list(tmp_path.iterdir()))
    assert list(DEEDS) == [one["name"] for one in said["lies"]]
    assert all(one["answers"] >= 3 and one["whole"] and not one["forged"] for one in said["lies"])


def changed(name: str, **fields: object) -> list[Told]:
    """A good outcome in which one lie ended otherwise."""
    return [dataclasses.replace(one, **fields) if one.name == name else one for one in GOOD]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("told", "broken"),
    [
        (GOOD, set()),
        (changed("delay", whole=False), {"L-16"}),
        (changed("forge", whole=False), {"L-16", "L-10"}),
        (changed("alter", forged=1), {"L-13"}),
        (changed(APART, warned=((),) * 4), {"L-02"}),
        (changed(APART, came_through=0), {"L-02"}),
        (changed(APART, warned=((), FORKED, (), FORKED)), set()),
        (changed(APART, warned=((), FORKED, GONE, ())), set()),
        (changed(APART, warned=((), GONE, GONE, ())), {"L-02"}),
        (changed(APART, warned=(FORKED, OTHERWISE, (), ())), {"L-02"}),
        (changed(APART, warned=((), ("card-promised",), FORKED, OTHERWISE)), set()),
        (changed(APART, warned=((), (), GONE, ())), {"L-02"}),
        (changed("reorder", warned=(FORKED,) * 4), {"L-02"}),
        (changed("alter", warned=((),) * 4), {"L-02"}),
        (changed(CARDS, looked=("promise-invalid", "", "promise-invalid")), {"L-11"}),
        (changed(CARDS, looked=("promise-invalid", "timed-out", "promise-invalid")), {"L-11"}),
        (changed(CARDS, looked=("card-not-in-log",) * 3), set()),
        (changed(CARDS, looked=()), {"L-11"}),
        (changed(CARDS, answers=2), {"L-11"}),
        (changed("drop", came_through=1), {"L-01"}),
        (changed(APART, letters=1), {"L-21"}),
    ],
)
def test_what_goes_wrong_breaks_its_claim(told: list[Told], broken: set[str]) -> None:
    """A lost message, a forged one, a fork of which the deceived half is not told, a false card that is not refused."""
    made = report_of(Outcome(told, ALONE))
    assert broken == {check.id for check in made.checks if check.verdict is Verdict.FAILED}
    assert made.render("ko") != made.render("en")


@pytest.mark.parametrize(
    ("fields", "verdict", "words"),
    [
        ({}, Verdict.HELD, "it warned and kept both signatures"),
        ({"caught": False}, Verdict.FAILED, "NOT NOTICED"),
        ({"proven": False}, Verdict.FAILED, "NOT NOTICED"),
        ({"believed": (ADDED, EXCHANGED)}, Verdict.FAILED, "everybody sees: added, exchanged"),
        ({"accused": ("Leo",)}, Verdict.FAILED, "Leo"),
        ({"read_s": None}, Verdict.UNPROVEN, "did not read that box"),
        ({"read_s": None, "caught": False}, Verdict.FAILED, "NOT NOTICED"),
    ],
)
def test_what_one_connection_alone_is_told_breaks_its_claim(
    fields: dict[str, object], verdict: Verdict, words: str
) -> None:
    """A lie that is not found or not proven, one that is believed, somebody who accuses without a reason. That a box
    is read is admitted: without it nothing was tried.
    """
    made = report_of(Outcome(GOOD, dataclasses.replace(ALONE, **fields)))  # type: ignore[arg-type]
    assert [verdict] == [check.verdict for check in made.checks if check.id == "L-04"]
    assert words in " ".join(made.render("en").split())
    assert describe_alone(ALONE).ko != describe_alone(ALONE).en


def test_each_face_is_what_it_says() -> None:
    """Signed for one connection, it holds with the relay's key and leads elsewhere; what was lost is a true face of
    what everybody is told; what is added or exchanged does not hold.
    """
    digests = Digests(random.Random(7).getrandbits, 2**20)
    for box in range(12):
        digests.record(os.urandom(32), box, object())
    digests.close(100)
    service, stream = SimpleNamespace(_digests=digests), SignedStream()
    telling, before = Telling(), digests.head - 1
    telling._service = service  # type: ignore[assignment]
    told = digests.signed(digests.after(before, 2**20), brief=False)
    true, tag = stream.check(told), b"\x01\x02\x03\x04"
    shown = {kind: telling._face(kind, told, tag) for kind in (SIGNED, ADDED, EXCHANGED, SHORTENED)}
    assert true.hashed == SignedStream().check(shown[SHORTENED]).hashed != SignedStream().check(shown[SIGNED]).hashed
    for kind in (ADDED, EXCHANGED):
        with pytest.raises(DigestsUnsigned):
            SignedStream().check(shown[kind])
    assert [True, True, True, False] == [tag in face.digests[0][1] for face in shown.values()]
    stream.take(true)
    with pytest.raises(DigestsContradict):
        stream.check(shown[SIGNED])


@pytest.mark.parametrize("name", LIES)
def test_a_lie_is_never_what_the_relay_said(name: str) -> None:
    """Each twist changes an answer with several frames; the numbering stays within what was there."""
    liar = Liar()
    box = type("Box", (), {"frames": [b"first".ljust(512), b"second".ljust(512)], "incarnation": b"i" * 8})()
    told = Frames(b"i" * 8, 3, ((2, b"x" * 512), (3, b"y" * 512)))
    twisted = LIES[name](told, box)
    assert twisted != told
    assert twisted.head <= told.head
    assert {seq for seq, _ in twisted.frames} <= {2, 3}
    assert liar.count() == 0


def test_what_somebody_said_who_left_before_the_answer_is_held_back_too() -> None:
    """The first frame of a box, of which the program never saw that it was kept: neither readers nor ears get it."""
    liar, writer, reader = Liar(), Peer(1, "127.0.0.1"), Peer(2, "127.0.0.2")
    box, secret = BoxSecrets(POLICY_ROOM, b"r" * 32, b"w" * 32), b"s" * 32
    said = Append(POLICY_ROOM, box.write_secret, box.read_hash, b"x" * 512, wake=(secret, 2))
    assert liar.asked(writer, said) is None
    told = Frames(b"i" * 8, 1, ((1, b"x" * 512),))
    for name in LIES:
        liar.lie(name)
        for asked in (
            Read(POLICY_ROOM, box.read_secret, box.write_hash, 0, 100, 25),
            AwaitWake(wake_tokens(secret, 2)[0], 25),
        ):
            held = liar.answered(reader, asked, told)
            assert isinstance(held, Frames)
            assert (name != "repeat", name in {"drop", "delay", "reorder", "forget"}) == (
                held != told,
                not held.frames,
            )


def test_what_comes_into_inboxes_late_is_counted_with_the_next_lie() -> None:
    """From the first lie on, and in the honest time between two; letters to oneself are not counted."""
    liar, owner, other = Liar(), Peer(1, "127.0.0.1"), Peer(2, "127.0.0.2")
    box = BoxSecrets(POLICY_INBOX, b"r" * 32, b"w" * 32)
    liar.asked(owner, Read(POLICY_INBOX, box.read_secret, box.write_hash, 0, 100, 25))
    letter = Append(POLICY_INBOX, box.write_secret, box.read_hash, b"x" * 16_384)
    counts = []
    for name in (None, "drop", "", "delay", ""):
        if name is not None:
            liar.lie(name)
        for writer in (owner, other):
            liar.asked(writer, letter)
        counts.append(liar.letters())
    assert [0, 1, 2, 3, 4] == counts


def test_what_was_spoiled_stays_spoiled_for_everybody() -> None:
    """What was there before is shown as it is, and so is what comes after the lie."""
    liar, writer, reader = Liar(), Peer(1, "127.0.0.1"), Peer(2, "127.0.0.2")
    box = BoxSecrets(POLICY_ROOM, b"r" * 32, b"w" * 32)
    frames = [bytes((letter,)) * 512 for letter in b"xyz"]
    for seq, frame in enumerate(frames, 1):
        liar.lie("spoil" if seq == 2 else "")
        said = Append(POLICY_ROOM, box.write_secret, box.read_hash, frame)
        assert liar.asked(writer, said) is None
        assert liar.answered(writer, said, kept := Appended(seq, b"i" * 8)) is kept
    shown = []
    for peer in (writer, reader):
        asked = Read(POLICY_ROOM, box.read_secret, box.write_hash, 0, 100, 0)
        told = liar.answered(peer, asked, Frames(b"i" * 8, 3, tuple(enumerate(frames, 1))))
        assert isinstance(told, Frames)
        shown.append(told.frames)
    assert shown[0] == shown[1]
    assert [False, True, False] == [data != frame for (_, data), frame in zip(shown[0], frames, strict=True)]


def test_the_true_history_is_the_longer_one_once_more_came_in_truth() -> None:
    """Of boxes that both halves know: what only the deceived have is as if it never was."""
    liar, there, deceived = Liar(), Peer(1, "127.0.0.1"), Peer(2, "127.0.0.2")
    common, own = (BoxSecrets(POLICY_ROOM, bytes((letter,)) * 32, b"w" * 32) for letter in b"co")

    def write(peer: Peer, box: BoxSecrets, seq: int) -> None:
        said = Append(POLICY_ROOM, box.write_secret, box.read_hash, b"x" * 512)
        if liar.asked(peer, said) is None:
            liar.answered(peer, said, Appended(seq, b"i" * 8))

    write(there, common, 1)
    liar.lie(APART, [deceived.address])
    seen = [liar.longer()]
    for peer, box, seq in ((deceived, common, 2), (deceived, own, 1), (there, common, 2), (there, common, 3)):
        write(peer, box, seq)
        seen.append(liar.longer())
    assert [False, False, False, False, True] == seen


def test_of_two_histories_each_half_is_told_apart() -> None:
    """The report says what one half was told and what the other; of other lies what anybody was."""
    one = next(told for told in changed(APART, warned=(OTHERWISE, (), GONE, FORKED)) if told.name == APART)
    assert (
        "Warnings: relay-showed-different-histories; relay-lost-box, room-forked (one half; the other)."
        in describe(one).en
    )
    assert "경고: relay-showed-different-histories; relay-lost-box, room-forked (한쪽; 다른 쪽)." in describe(one).ko
