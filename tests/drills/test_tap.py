"""The drill ``tap`` once, on real processes; then its parts on tapes made by hand."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from click.testing import CliRunner

from nullabona.cli.drill import drill
from nullabona.drills.operator.interceptor import Peer
from nullabona.drills.operator.recording import Recording, look, read_tape
from nullabona.drills.registry import DRILLS
from nullabona.drills.reporting.report import Report, Verdict
from nullabona.drills.search import Kind, Secret
from nullabona.drills.tap import report
from nullabona.drills.tap.findings import Heard
from nullabona.drills.tap.listening import (
    Listened,
    Score,
    guess_by_look_ups,
    guess_with_addresses,
    guess_without_addresses,
    looked_up_together,
)
from nullabona.drills.tap.noise import Noise
from nullabona.drills.tap.report import report_of
from nullabona.drills.tap.scenario import memory_of, play
from nullabona.processes.program import ProcessFailed, Program, nulla, python, run
from nullabona.wire.message import Request
from nullabona.wire.messages import AnyResponse, Append, Appended, Frames, LookupCard, PutBlob, Read
from tests.drills.plants import noise
from tests.wire.cards import inbox_of

pytestmark = pytest.mark.timeout(400)  # a whole drill, on a machine that other tests use

PROVES = DRILLS["tap"].proves

SECRET_A, SECRET_B = bytes(32), bytes(31) + b"b"


@pytest.fixture(scope="module")
def heard() -> Iterator[Heard]:
    told: list[str] = []
    heard, folder = play(lambda text: told.append(text.en))
    with folder:
        assert len(told) == 4
        yield heard


def verdicts(made: Report) -> dict[str, Verdict]:
    return {check.id: check.verdict for check in made.checks}


def test_every_claim_holds_and_the_inference_is_told(heard: Heard) -> None:
    """Nothing is read; with addresses the pairs are known: the page says so, and the drill shows it."""
    made = report_of(heard)
    assert dict.fromkeys(PROVES, Verdict.HELD) == verdicts(made)
    assert made.data["pairs"]["with"]["true"] == len(heard.true) == 7
    assert made.data["pairs"]["with"]["right"] >= 5
    assert made.data["tape"]["requests"] > 100
    assert "of 7 pairs" in made.render("en")
    assert "7쌍 중" in made.render("ko")


def test_a_message_on_the_tape_fails_the_claim(heard: Heard, tmp_path: Path) -> None:
    """A relay that is sent one text in the clear, as if frames were not encrypted."""
    tape = tmp_path / "tape"
    tape.write_bytes(heard.tape.read_bytes())
    with tape.open("ab") as out:
        frame = heard.secrets[0].value.ljust(512, b"\0")
        Recording(out).asked(Peer(1, "127.0.0.1"), Append(0, SECRET_A, sha256(SECRET_B).digest(), frame))
    made = report_of(replace(heard, tape=tape))
    assert verdicts(made)["T-10"] is Verdict.FAILED
    assert not made.held
    assert "message 1" in made.render("en")
    assert heard.secrets[0].value.decode() not in made.render("en")


def test_a_key_on_the_tape_fails_the_claim(heard: Heard, tmp_path: Path) -> None:
    """The id of a room, as MLS leaves it in the clear."""
    tape = tmp_path / "tape"
    (room, *_) = (secret for secret in heard.secrets if secret.kind is Kind.KEY)
    tape.write_bytes(heard.tape.read_bytes() + room.value)
    assert {"T-16"} == {
        id for id, verdict in verdicts(report_of(replace(heard, tape=tape))).items() if verdict == "failed"
    }


def test_what_is_no_noise_fails_the_claim(heard: Heard) -> None:
    """Whatever it says, in a form that nobody looks for: base32 for a frame, or two that begin alike."""
    *sealed, other = (noise(512, n) for n in range(40))
    plain = [base64.b32encode(other)[:512], other[:400].ljust(512, b"\0"), sealed[0][:16] + other[16:]]
    for frames, verdict in ((sealed, Verdict.HELD), *(([*sealed, one], Verdict.FAILED) for one in plain)):
        listened = replace(heard.listened, noise=Noise())
        for frame in [*frames, *sealed]:
            listened.noise.add(frame)
        assert verdict is verdicts(report_of(replace(heard, listened=listened)))["T-10"]


def test_what_was_not_there_to_be_found_is_not_proven(heard: Heard) -> None:
    """Every kind of secret that a line names, and something long enough to look for."""
    ids = {
        Kind.TEXT: {"T-10"}, Kind.ROOM: {"T-10"}, Kind.PHRASE: {"T-10"}, Kind.KEY: {"T-16"},
    }  # fmt: skip
    for kind, lines in ids.items():
        rest = [secret for secret in heard.secrets if secret.kind is not kind]
        made = report_of(replace(heard, secrets=[*rest, Secret(kind, "short", b"ok")]))
        assert lines == {id for id, verdict in verdicts(made).items() if verdict is Verdict.UNPROVEN}
        assert "1 more not searched for" in made.render("en")
        assert f"none of {len(rest)} texts" in made.render("en")


def test_an_empty_tape_proves_nothing_of_connections(heard: Heard) -> None:
    """No frame, no reader, nobody who asks."""
    made = verdicts(report_of(replace(heard, listened=Listened())))
    assert {"T-13", "T-14", "T-15", "T-21", "T-22"} == {
        id for id, verdict in made.items() if verdict is Verdict.UNPROVEN
    }
    assert verdicts(report_of(replace(heard, remembered=None)))["S-25"] is Verdict.UNPROVEN
    assert Verdict.HELD is not made["T-17"]
    assert Verdict.HELD is not made["S-25"]


@pytest.mark.slow
def test_the_command_prints_it_for_a_machine(tmp_path: Path) -> None:
    """From the command line, and nothing is left behind."""
    command = nulla("drill", "tap", "--json")
    environment = os.environ | {"TMPDIR": str(tmp_path), "LANG": "C.UTF-8"}
    ran = run(command, env=environment)
    said = json.loads(ran.out)
    assert (0, True, []) == (ran.code, said["held"], list(tmp_path.iterdir()))
    assert set(PROVES) == {check["id"] for check in said["checks"]}


def test_the_command_reports_what_was_heard(heard: Heard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command prints the report for a machine, exits by it, and removes the folder that the story leaves to it."""
    folder = TemporaryDirectory(dir=tmp_path)
    monkeypatch.setattr(report, "play", lambda _: (heard, folder))
    ran = CliRunner().invoke(drill, ["tap", "--json"])
    said = json.loads(ran.stdout)
    assert (0, True, []) == (ran.exit_code, said["held"], list(tmp_path.iterdir()))
    assert set(PROVES) == {check["id"] for check in said["checks"]}


# -- the relay's memory -----------------------------------------------------------------------------------------


def test_a_relay_that_ends_instead_of_looking_is_told_at_once() -> None:
    """The drill does not wait for an answer that cannot come."""
    with (
        Program(python("-c", "input(); raise SystemExit(7)")) as relay,
        pytest.raises(ProcessFailed, match="ended when it was to look into its memory: 7"),
    ):
        memory_of(relay)


def test_a_relay_that_ended_before_it_was_to_look_is_told_too() -> None:
    """There is nobody who could read the order."""
    with Program(python("-c", "raise SystemExit(7)")) as relay:
        assert "" == relay.first_line
        with pytest.raises(ProcessFailed, match="ended when it was to look into its memory: 7"):
            memory_of(relay)


def test_why_a_relay_could_not_look_is_told(tmp_path: Path) -> None:
    """A look that fails is an answer as well: the relay goes on, and the drill says what happened."""
    answer = json.dumps(look(tmp_path / "no-tape"))
    with (
        Program(python("-c", f"input(); print({answer!r})")) as relay,
        pytest.raises(ProcessFailed, match="could not look into its memory: FileNotFoundError"),
    ):
        memory_of(relay)


# -- by hand ----------------------------------------------------------------------------------------------------


def read_of(secret: bytes) -> Read:
    return Read(0, secret, sha256(secret).digest(), 0)


def written(path: Path, *lines: tuple[Peer, Request, AnyResponse | None]) -> Path:
    """A tape with these requests, and their answers where there is one."""
    with path.open("wb") as out:
        tape = Recording(out)
        for peer, request, response in lines:
            tape.asked(peer, request)
            if response is not None:
                assert tape.answered(peer, request, response) is response
    return path


def test_a_tape_gives_back_what_was_put_on_it(tmp_path: Path) -> None:
    """Requests, answers and ends of connections, in order; a last line that was cut off is left out."""
    path, peer = tmp_path / "tape", Peer(3, "127.0.0.9")
    request, answer = read_of(SECRET_A), Frames(b"i" * 8, 1, ((1, b"frame"),))
    with path.open("wb") as out:
        tape = Recording(out)
        tape.asked(peer, request)
        tape.answered(peer, request, answer)
        tape.left(peer)
    asked, answered, left = read_tape(path)
    assert (asked.asked(), asked.response, asked.peer, asked.address) == (request, b"", 3, "127.0.0.9")
    assert (answered.asked(), answered.told()) == (request, answer)
    assert (left.request, left.response) == (b"", b"")
    path.write_bytes(path.read_bytes()[:-1])
    assert len(list(read_tape(path))) == 2


def test_a_box_knows_its_readers_writers_and_sizes(tmp_path: Path) -> None:
    """One box, whether it was read or written to; pieces of files by address; requests are counted once."""
    reader, writer = Peer(1, "127.0.0.1"), Peer(2, "127.0.0.2")
    append = Append(0, SECRET_A, sha256(SECRET_A).digest(), bytes(512))
    path = written(
        tmp_path / "tape",
        (reader, read_of(SECRET_A), None),
        (writer, append, Appended(1, b"i" * 8)),
        (writer, PutBlob(sha256(b"x").digest(), b"x"), None),
    )
    tape = Listened.of(read_tape(path))
    (box,) = tape.rooms_boxes()
    assert ({1}, {2}, [512]) == (box.readers, box.writers, box.sizes)
    assert dict(tape.blobs_from) == {"127.0.0.2": 1}
    assert tape.lines == 4


def test_what_a_connection_shows_is_sorted(tmp_path: Path) -> None:
    """Who reads an inbox, who reads a room, who asks for cards or writes to an inbox."""
    inbox = Read(1, SECRET_A, sha256(SECRET_A).digest(), 0)
    item = Append(1, SECRET_A, sha256(SECRET_A).digest(), bytes(2_048))
    tape = Listened.of(
        read_tape(
            written(
                tmp_path / "tape",
                (Peer(1, "a"), inbox, None),
                (Peer(2, "a"), read_of(SECRET_A), None),
                (Peer(3, "a"), item, None),
                (Peer(4, "a"), LookupCard("mina"), None),
            )
        )
    )
    assert ({1}, {2}, {3, 4}) == (tape.reading(inbox=True), tape.reading(inbox=False), tape.asking)


def test_a_device_that_looks_up_who_asked_it_fails_the_claim(heard: Heard) -> None:
    """Whenever it does so; another one's look-up of the same name, and that of who was asked, are none."""
    mina, jun, sora = (heard.handles[name] for name in ("mina", "jun", "sora"))
    assert (mina, jun) in heard.requests
    for name, by, verdict in (("mina", jun, "failed"), ("mina", mina, "held"), ("jun", sora, "held")):
        tape = replace(heard.listened, askers={name: {heard.addresses[by]: 1.0}})
        assert verdict == verdicts(report_of(replace(heard, listened=tape)))["T-21"].value


def test_a_secret_that_opens_two_boxes_is_seen(tmp_path: Path) -> None:
    """Read with secrets of their own, written with one; whoever reads again ties nothing."""
    two, again = Read(0, SECRET_B, sha256(SECRET_A).digest(), 0), read_of(SECRET_A)
    for lines, tied in (([again, again], 0), ([again, two], 1)):
        asked = [(Peer(n, "127.0.0.1"), line, None) for n, line in enumerate(lines)]
        assert tied == Listened.of(read_tape(written(tmp_path / "tape", *asked))).opened_alike()


def test_nobody_is_guessed_where_no_inbox_is_known(tmp_path: Path) -> None:
    """Connections without a handle make no pair, with addresses or without."""
    lines = [(Peer(n, f"127.0.0.{n}"), read_of(SECRET_A), None) for n in (1, 2)]
    tape = Listened.of(read_tape(written(tmp_path / "tape", *lines)))
    assert guess_with_addresses(tape).pairs == guess_without_addresses(tape).pairs == frozenset()


def test_who_asks_whom_is_told_by_the_next_look_up() -> None:
    """Mina looks Jun up and writes to him; he looks up who she is. Nobody's address is needed."""
    cards = {name: inbox_of(name) for name in ("mina", "jun", "sora")}
    tape = Listened()
    tape.inbox_of = {f"{name}@relay.example": inbox.address for name, inbox in cards.items()}
    tape.looked_up = [(0.0, "jun"), (0.5, "jun"), (0.6, "mina"), (0.7, "sora"), (9.0, "nobody")]
    tape.letters = [(0.2, cards["jun"].address), (8.0, bytes(32))]
    assert {frozenset({"mina@relay.example", "jun@relay.example"})} == guess_by_look_ups(tape)
    tape.letters.append((0.65, cards["mina"].address))
    assert {frozenset({"sora@relay.example", name}) for name in ("jun@relay.example", "mina@relay.example")} == (
        guess_by_look_ups(tape)
    )


def test_who_is_put_into_a_group_is_looked_up_in_one_breath(heard: Heard) -> None:
    """All but its maker; who is looked up to be written to, and who had written, are not among them."""
    names = ("mina", "jun", "dan", "sora", "hani", "leo")
    tape = Listened(inbox_of={f"{name}@relay.example": inbox_of(name).address for name in names})
    tape.letters = [(1.0, inbox_of("jun").address), (11.0, inbox_of("mina").address)]
    tape.looked_up = [(0.0, "leo"), (0.1, "dan"), (0.9, "jun"), (2.0, "mina"), (10.0, "jun"), (10.4, "dan"),
                      (10.5, "mina"), (11.1, "sora"), (12.0, "hani"), (12.3, "leo")]  # fmt: skip
    assert heard.guests == {frozenset({"jun", "dan"}), frozenset({"hani", "leo"})}
    assert heard.guests <= looked_up_together(tape)
    tape.looked_up = sorted([*tape.looked_up, (10.2, "sora"), (12.15, "sora")])
    assert not heard.guests & looked_up_together(tape)
    assert frozenset() == looked_up_together(Listened())


def test_who_looks_up_those_whom_they_put_into_a_group_fails_the_claim(heard: Heard) -> None:
    """Since groups are made; before, somebody asks them to talk. Another one's look-up is none."""
    mina, sora = (heard.addresses[heard.handles[name]] for name in ("mina", "sora"))
    since = heard.grouped_at
    for name, by, at, verdict in (
        ("jun", mina, since + 1, "failed"), ("jun", mina, since - 1, "held"), ("jun", sora, since + 1, "held"),
        ("sora", mina, since + 1, "held"),
    ):  # fmt: skip
        tape = replace(heard.listened, askers={name: {by: at}})
        made = report_of(replace(heard, listened=tape))
        assert verdict == verdicts(made)["T-22"].value
        assert f"{int(verdict == 'failed')} of the 4 people" in made.render("en")


def test_a_score_counts_right_and_wrong() -> None:
    """Two guessed, one of them right, of three that are true."""
    pairs = [frozenset(pair) for pair in ("ab", "bc", "cd", "de")]
    assert Score(1, 2, 3) == Score.of(frozenset(pairs[:2]), frozenset(pairs[1:]))
