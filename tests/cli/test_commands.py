"""The commands, one process each, against a real relay."""

from __future__ import annotations

import dataclasses
import json
import signal
import stat
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from nullabona.client.api import MessageInfo, MessageReceived
from tests.api.people import QUICK, SOON, happens, opened, play
from tests.api.service import Service
from tests.cli.conftest import Pair
from tests.cli.shell import COMMAND, environment, nulla, started


def test_an_account_is_created_shown_and_protected(service: Service, tmp_path: Path, name: str) -> None:
    """Create publishes; show says the same; the passphrase is needed and comes from a file; the words are 24."""
    secret = tmp_path / "passphrase"
    secret.write_text("correct horse\n", encoding="utf-8")
    secret.chmod(0o600)
    profile = tmp_path / "profile"
    made = nulla(
        "account", "create", service.handle(name), "--json", profile=profile, NULLA_PASSPHRASE_FILE=str(secret)
    )
    assert (0, {"account", "handle", "device", "relay", "published"}) == (made.code, set(made.row))
    assert (service.handle(name), True) == (made.row["handle"], made.row["published"])
    assert 0o700 == stat.S_IMODE(profile.stat().st_mode)
    shown = nulla("account", "show", "--json", "--passphrase-file", str(secret), profile=profile)
    assert made.row == shown.row
    locked = nulla("account", "show", profile=profile)
    assert (5, "") == (locked.code, locked.out)
    assert "[passphrase-needed]" in locked.err
    secret.write_text("wrong", encoding="utf-8")
    wrong = nulla("account", "show", "--json", "--passphrase-file", str(secret), profile=profile)
    assert (5, "wrong-passphrase") == (wrong.code, json.loads(wrong.err)["error"])


def test_words_restore_an_account(service: Service, tmp_path: Path, name: str) -> None:
    """On another device the 24 words, in Korean here, bring back the same account with a new device."""
    old, new = tmp_path / "old", tmp_path / "new"
    made = nulla("account", "create", service.handle(name), "--unprotected", "--json", profile=old)
    words = nulla("account", "phrase", "--words", "korean", profile=old).out
    assert 24 == len(words.split())
    told = nulla("account", "restore", service.handle(name), "--unprotected", profile=new, stdin=words)
    back = nulla("account", "show", "--json", profile=new)
    assert (made.row["account"], True) == (back.row["account"], back.row["published"])
    assert made.row["device"] != back.row["device"]
    assert "It can take 20 minutes until other people recognise this device" in told.err


def test_a_taken_handle_is_refused(service: Service, pair: Pair, tmp_path: Path, name: str) -> None:
    """Exit 3 with the directory's reason; nothing stays, and the same folder may take another handle."""
    profile = tmp_path / "late"
    taken = nulla("account", "create", pair.mina_handle, "--unprotected", profile=profile)
    assert (3, True) == (taken.code, "handle-taken" in taken.err)
    assert not profile.exists()
    assert 0 == nulla("account", "create", service.handle(name), "--unprotected", profile=profile).code


def test_sending_and_reading(pair: Pair) -> None:
    """Text from the command line and from a pipe arrives in order; reading marks it as read."""
    sent = nulla("send", pair.junho_name, "hello 안녕", "--json", profile=pair.mina)
    assert (0, ["id"]) == (sent.code, list(sent.row))
    piped = nulla("send", pair.room[:8], "--lines", profile=pair.mina, stdin="one\ntwo\n")
    assert (0, 2) == (piped.code, len(piped.out.splitlines()))
    read = nulla("read", pair.mina_name, "--json", profile=pair.junho)
    said = [row for row in read.rows if row["kind"] == "text"]
    assert ["hello 안녕", "one", "two"] == [row["text"] for row in said]
    assert {field.name for field in dataclasses.fields(MessageInfo)} == set(read.rows[0])
    assert {0} == {row["unread_by"] for row in said}
    assert "accepted" in {row["notice"]["what"] for row in read.rows if row["notice"]}
    answered = nulla("send", pair.room, "yes", "--reply-to", sent.row["id"][:8], "--json", profile=pair.junho)
    assert 0 == answered.code
    back = nulla("read", pair.junho_name, "--json", "--limit", "1", profile=pair.mina)
    assert [("yes", sent.row["id"])] == [(row["text"], row["reply_to"]) for row in back.rows]
    assert "yes" in nulla("read", pair.junho_name, "--offline", profile=pair.mina).out


def test_who_comes_apart_asks_as_quickly(service: Service, pair: Pair, name: str, tmp_path: Path) -> None:
    """What only goes out waits for no box to be read, and so ends long before one is."""
    profile = tmp_path / "late"
    nulla("account", "create", service.handle(name), "--unprotected", profile=profile)
    asked = nulla("contact", "add", pair.mina_handle, "--timeout", "20", profile=profile)
    assert (0, pair.mina_handle) == (asked.code, asked.out.strip())
    assert "random moment" not in asked.err


def test_rooms_on_one_connection_talk_as_others(pair: Pair) -> None:
    """Rooms on one connection: the same messages, both ways."""
    assert 0 == nulla("send", pair.junho_name, "on one", "--fast", profile=pair.mina).code
    read = nulla("read", pair.mina_name, "--fast", profile=pair.junho)
    assert (0, True) == (read.code, "on one" in read.out)


@pytest.mark.slow
@pytest.mark.timeout(120)  # a dozen processes, and each reads its rooms at moments that it draws
def test_a_group_from_beginning_to_end(pair: Pair) -> None:
    """Create, members, rename, remove; each side sees it; what the removed one tries is refused."""
    made = nulla("room", "create", "우리 가족", pair.junho_name, "--json", profile=pair.mina)
    assert (0, "우리 가족") == (made.code, made.row["title"])
    assert 0 == nulla("sync", profile=pair.junho).code
    assert "우리 가족" in nulla("room", "list", profile=pair.junho).out
    assert 0 == nulla("send", "우리 가족", "hi all", profile=pair.junho).code
    members = nulla("room", "members", "우리 가족", "--json", profile=pair.mina).rows
    assert {(pair.mina_handle, True), (pair.junho_handle, False)} == {(row["handle"], row["admin"]) for row in members}
    assert 0 == nulla("room", "rename", "우리 가족", "집", profile=pair.mina).code
    assert 0 == nulla("room", "remove", "집", pair.junho_name, profile=pair.mina).code
    assert 0 == nulla("sync", profile=pair.junho).code
    refused = nulla("send", "집", "still here?", profile=pair.junho)
    assert (1, True) == (refused.code, "[not-in-room]" in refused.err)
    assert ["hi all"] == [
        row["text"] for row in nulla("read", "집", "--json", profile=pair.mina).rows if row["kind"] == "text"
    ]
    info = nulla("room", "info", "집", "--json", profile=pair.mina).row
    assert ({"summary", "relay", "epoch", "devices", "box", "rejoining"}, 1) == (set(info), info["devices"])


def test_following_shows_what_happens_and_ends_well(pair: Pair) -> None:
    """A message appears as it comes, as one JSON line; Ctrl-C ends it with 0; the next one goes on after it."""
    follower = started("follow", "--json", "--messages", profile=pair.junho)
    try:
        assert 0 == nulla("send", pair.junho_name, "live", profile=pair.mina).code
        first = follower.ready
        assert ("message", "live", pair.mina_handle, pair.room) == tuple(
            first[field] for field in ("event", "text", "handle", "room")
        )
    finally:
        ended = follower.stop(signal.SIGINT)
    assert (0, "") == (ended.code, ended.err)
    assert 0 == nulla("send", pair.junho_name, "later", profile=pair.mina).code
    again = nulla("follow", "--json", "--messages", "--count", "1", profile=pair.junho)
    assert "later" == again.rows[-1]["text"]


def arrives(pair: Pair) -> None:
    """Until a message has reached Junho's profile, which is then off again and has acknowledged nothing."""

    async def story() -> None:
        async with opened(pair.junho, replace(QUICK, timing=replace(SOON, receipt_unread=3_600_000))) as junho:
            await happens(junho, MessageReceived)

    play(story())


def test_ctrl_c_ends_a_command(pair: Pair) -> None:
    """A command that is interrupted says nothing, exits with 130, and what it stored stays."""
    waiting = started("send", pair.junho_name, "--delivered", "--timeout", "60", "never read", profile=pair.mina)
    arrives(pair)
    ended = waiting.stop(signal.SIGINT)
    assert (130, "", 33) == (ended.code, ended.err, len(ended.out))
    assert "never read" in nulla("read", pair.junho_name, "--offline", profile=pair.mina).out


def test_one_process_per_profile(pair: Pair) -> None:
    """While one command has the profile, a second says so and exits with 5."""
    with started("follow", "--json", profile=pair.mina) as follower:
        assert follower.first_line
        second = nulla("send", pair.junho_name, "x", profile=pair.mina)
        assert (5, True) == (second.code, "[profile-in-use]" in second.err)
    assert 0 == follower.stop().code


def test_errors_have_a_code_a_hint_and_no_traceback(pair: Pair, tmp_path: Path) -> None:
    """Whatever is wrong: stdout stays empty, stderr says what, which code, and what to do."""
    cases = [
        (1, "no-such-room", nulla("send", "nobody", "x", profile=pair.mina)),
        (5, "profile-missing", nulla("status", profile=tmp_path / "nothing")),
        (
            1,
            "unknown-handle",
            nulla("contact", "add", "geumja@" + pair.mina_handle.partition("@")[2], profile=pair.mina),
        ),
        (1, "handle-reserved", nulla("contact", "add", "nobody", profile=pair.mina)),
        (1, "handle-syntax", nulla("contact", "add", "m" * 1000, profile=pair.mina)),
        (4, "timed-out", nulla("contact", "add", "mina@127.0.0.1:1", "--timeout", "0.5", profile=pair.mina)),
    ]
    for code, wanted, result in cases:
        assert (code, "", True) == (result.code, result.out, f"[{wanted}]" in result.err), result
        assert "Traceback" not in result.err
    assert 2 == nulla("send", profile=pair.mina).code
    korean = nulla("send", "nobody", "x", "--lang", "ko", profile=pair.mina)
    assert "오류: 그런 채팅방이 없어요" in korean.err


def test_an_ambiguous_name_lists_the_candidates(pair: Pair) -> None:
    """Two groups of one name: the hint shows their ids."""
    ids = [nulla("room", "create", "twins", "--no-wait", profile=pair.mina).out.strip() for _ in range(2)]
    result = nulla("send", "twins", "x", profile=pair.mina)
    assert (1, True) == (result.code, "[ambiguous]" in result.err)
    assert all(room[:12] in result.err for room in ids)


def test_a_reader_that_goes_away_is_no_error(pair: Pair) -> None:
    """``nulla room list | head -0``: quiet, exit 0."""
    process = subprocess.Popen(
        [*COMMAND, "--profile", str(pair.mina), "room", "list"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert ("", 0) == (process.stderr.read(), process.wait(20))
    process.stderr.close()


@pytest.mark.slow
def test_what_cannot_go_out_is_stored(doomed: Service, tmp_path: Path, name: str) -> None:
    """With the relay dead, send says so (exit 4) and stores; the next command that reaches it delivers."""
    profile = tmp_path / "p"
    assert 0 == nulla("account", "create", doomed.handle(name), "--unprotected", profile=profile).code
    assert 0 == nulla("room", "create", "notes", profile=profile).code
    doomed.kill()
    late = nulla("send", "notes", "later", "--timeout", "0.5", profile=profile)
    assert (4, True, 33) == (late.code, "[unreachable]" in late.err, len(late.out))
    assert 0 == nulla("send", "notes", "even later", "--no-wait", profile=profile).code
    doomed.start()
    synced = nulla("sync", "--json", profile=profile)
    assert (0, 0, True) == (synced.code, synced.row["outbox"], synced.row["at_rest"])
    rows = nulla("read", "notes", "--json", profile=profile).rows
    assert ["delivered", "delivered"] == [row["state"] for row in rows if row["mine"]]


def test_help_is_complete_and_quick() -> None:
    """Every command and every exit code is named, and nothing heavy is imported for it."""
    result = nulla("--help")
    for word in ("account", "contact", "room", "send", "read", "follow", "sync", "status", "relay", "130  interrupted"):
        assert word in result.out
    code = (
        "import sys\n"
        "from nullabona.cli.root import run\n"
        "try: run(['--help'])\n"
        "except SystemExit: pass\n"
        "assert not {'apsw', 'picows', 'cryptography', 'nullabona_mls', 'asyncio'} & set(sys.modules)"
    )
    done = subprocess.run([COMMAND[0], "-c", code], check=False, capture_output=True, text=True)
    assert (0, "") == (done.returncode, done.stderr)
