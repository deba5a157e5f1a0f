"""``kill -9`` at any moment: every transaction happened whole or not at all, and none that was reported is lost."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from nullabona.client.core.model.errors import ProfileInUse
from nullabona.client.profile import Unprotected, create_profile, open_profile
from nullabona.processes.program import Program, python
from tests.store.samples import ROOM

WRITER = """
import sys
from pathlib import Path
from nullabona.client.profile import Unprotected, open_profile
from nullabona.client.core.model.records import Message, MessageState
ROOM = b"room" * 8
profile = open_profile(Path(sys.argv[1]), Unprotected())
store = profile.store
done = int(store.get_value("done") or b"0")
print("ready", flush=True)
while True:
    done += 1
    with store.transaction():
        store.mls_advance(b"group", done - 1 or None, done)
        store.mls_write([(b"s", b"%d" % (done % 7), bytes([done % 251]) * 3_000)], [])
        sent = MessageState.SENT
        store.put_message(Message(ROOM, b"%d" % done, b"", b"", 0, done, 0, sent, b"", b"", 0, b"x" * 2_000))
        store.add_outbox("frame", room=ROOM, box=b"b", ref=b"%d" % done, target=b"", data=b"y" * 700)
        store.set_value("done", b"%d" % done)
    print(done, flush=True)
    if done % 40 == 0:
        profile.idle()
"""


def start(path: Path) -> Program:
    """A process that writes to the profile until it is killed, and prints each step that returned."""
    process = Program(python("-c", WRITER, str(path)))
    assert process.first_line == "ready\n"
    return process


def kill(process: Program) -> int:
    """Kill it, and return the last step that it had reported."""
    whole = [line for line in process.kill().out.split("\n")[:-1] if line]
    return int(whole[-1]) if whole else 0


def check(path: Path, reported: int) -> int:
    """The profile opens, is not stale, and is whole at the last step reported or the one after."""
    with open_profile(path, Unprotected()) as profile:
        store = profile.store
        done = int(store.get_value("done") or b"0")
        assert done in (reported, reported + 1)
        assert store.mls_generation(b"group") == (done or None)
        assert list(range(1, done + 1)) == [int(m.id) for m in store.messages(ROOM, limit=1_000_000)]
        assert {b"%d" % n for n in range(1, done + 1)} == store.outbox_refs(b"b")
        expected = {b"%d" % (n % 7): bytes([n % 251]) * 3_000 for n in range(max(1, done - 6), done + 1)}
        assert expected == {key: value for _, key, value in store.mls_rows([b"s"])}
        return done


@pytest.mark.slow
def test_a_killed_writer_leaves_whole_steps(tmp_path: Path) -> None:
    """Twelve kills at random moments, one after the other, on the same profile."""
    path = tmp_path / "profile"
    create_profile(path, Unprotected()).close()
    rng, done = random.Random(9420), 0
    for _ in range(12):
        process = start(path)
        time.sleep(rng.uniform(0, 0.15))  # killed at any moment, so there is nothing to wait for
        done = check(path, max(done, kill(process)))
    assert done > 50


@pytest.mark.slow
def test_a_second_process_is_kept_out_until_the_first_dies(tmp_path: Path) -> None:
    """The lock is the system's: it holds while the process lives, and goes with it however it dies."""
    path = tmp_path / "profile"
    create_profile(path, Unprotected()).close()
    process = start(path)
    with pytest.raises(ProfileInUse) as caught:
        open_profile(path, Unprotected())
    assert (caught.value.code, caught.value.retryable, bool(caught.value.hint)) == ("profile-in-use", True, True)
    check(path, kill(process))
