"""The page for versions: what it says is what the release log and this machine know, and no more."""

from __future__ import annotations

import asyncio
import errno
import subprocess
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from nullabona.app.protocol import account_calls as a
from nullabona.app.protocol import update_calls as u
from nullabona.app.protocol.call import Call
from nullabona.app.session import updates as session
from nullabona.app.session.updates import Updates
from nullabona.client.api import NetOptions
from nullabona.drills.stage.standin import wheel
from nullabona.releases.ledger import fingerprint
from nullabona.releases.statement import ReleaseFile
from tests.app.person import PASSPHRASE, Person
from tests.app.wire import Refusal
from tests.releases.signing import entry, keys, release, revoke
from tests.updating.places import POLICY, PublicLog
from tests.updating.test_log_keys import Office


class Publishers:
    """Those who release: a log in a folder, with the files beside it."""

    def __init__(self, folder: Path) -> None:
        self.log = PublicLog(folder, now_s=int(time.time()))
        (self.log.public / "files").mkdir()

    def release(self, number: int, version: str) -> None:
        """Enter a version, whose program is a small wheel."""
        name, data = wheel(version)
        (self.log.public / "files" / name).write_bytes(data)
        file = ReleaseFile(name, sha256(data).hexdigest(), len(data))
        self.enter(entry(release(number, version, files=(file,), reads=(1, 10_000), notes="Quick\x1ber.")))

    def enter(self, made: bytes) -> None:
        """Publish one entry, cosigned now."""
        self.log.publish(made, now_s=int(time.time()))

    @property
    def follow(self) -> u.FollowReleases:
        """What a person is told to follow."""
        return u.FollowReleases(str(self.log.public), POLICY, fingerprint(keys()))


@pytest.fixture
def publishers(tmp_path: Path) -> Publishers:
    """Nothing is released yet."""
    return Publishers(tmp_path / "log")


@pytest.fixture
def mina(newcomer: Callable[..., Person]) -> Person:
    """Somebody with a profile."""
    person = newcomer("mina")
    person.call(a.CreateProfile(PASSPHRASE))
    return person


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """The folder of their versions."""
    return tmp_path / "data/nullabona/program"


def test_nothing_is_claimed_before_a_log_is_followed(mina: Person, publishers: Publishers, program: Path) -> None:
    """And asking makes no folder. Then only that the log does not know this version."""
    now = mina.call(u.GetUpdate())
    assert (True, None, "") == (now.supported, now.followed, now.starts)
    assert not program.exists()
    with pytest.raises(Refusal, match="update-not-followed"):
        mina.call(u.CheckUpdate())
    known = mina.call(publishers.follow).followed
    assert known is not None
    assert ("unlogged", None, ["one.example", "two.example"], False) == (
        known.origin, known.newer, known.witnesses, known.silent
    )  # fmt: skip


def test_a_log_with_another_beginning_is_not_followed(mina: Person, publishers: Publishers) -> None:
    """Nothing is remembered of it, and no other log either."""
    other = u.FollowReleases(publishers.follow.where, POLICY, "0" * 64)
    with pytest.raises(Refusal, match="release-keys-unknown"):
        mina.call(other)
    with pytest.raises(Refusal):
        mina.call(u.FollowReleases(publishers.follow.where, "no policy", publishers.follow.fingerprint))
    assert mina.call(u.GetUpdate()).followed is None


def test_a_newer_version_is_shown_with_why_it_has_to_wait(mina: Person, publishers: Publishers) -> None:
    """The days that the person chose count; by itself nothing comes without any."""
    mina.call(publishers.follow)
    publishers.release(0, "7.0")
    with pytest.raises(Refusal, match="bad-call"):
        mina.call(u.WishOfUpdates(0, 0, by_itself=True))
    known = mina.call(u.WishOfUpdates(3, 0, by_itself=True)).followed
    assert known is not None
    assert (3, 0, True, None) == (known.days, known.rebuilders, known.by_itself, known.newer)
    known = mina.call(u.CheckUpdate()).followed
    assert known is not None
    newer = known.newer
    assert newer is not None
    assert ("7.0", ["jun.example/release", "mina.example/release"], 0, "Quicker.", True) == (
        newer.version, newer.signers, newer.days, newer.notes, newer.waits
    )  # fmt: skip
    assert "as many days as you chose" in newer.refused
    assert "nulla" not in newer.refused + newer.hint
    with pytest.raises(Refusal, match="release-too-new"):
        mina.call(u.InstallUpdate("7.0", at_once=False))


def test_at_a_locked_app_nobody_chooses_which_program_runs(mina: Person, publishers: Publishers) -> None:
    """Nor which log is followed, or what is asked of a version."""
    mina.call(publishers.follow)
    mina.call(a.Lock())
    calls: list[Call[u.UpdateState]] = [
        publishers.follow,
        u.CheckUpdate(),
        u.WishOfUpdates(0, 0, by_itself=False),
        u.InstallUpdate("7.0", at_once=True),
        u.UndoUpdate(),
    ]
    for call in calls:
        with pytest.raises(Refusal, match="locked"):
            mina.call(call)


@pytest.mark.parametrize("lost", ["seen", "both"])
def test_after_damage_the_page_offers_to_follow_the_log_again(
    mina: Person, publishers: Publishers, program: Path, lost: str
) -> None:
    """With what was pinned, where that can still be read. The days stay chosen; nothing comes by itself any more."""
    mina.call(publishers.follow)
    mina.call(u.WishOfUpdates(3, 1, by_itself=True))
    (program / "log/seen.json").write_text("{")
    if lost == "both":
        (program / "log/pinned.json").write_text("{")
    call = publishers.follow
    pinned = u.Remembered(call.where, call.policy, call.fingerprint) if lost == "seen" else u.Remembered("", "", "")
    for asked in (u.GetUpdate(), u.CheckUpdate()):
        now = mina.call(asked)
        assert (None, pinned, False) == (now.followed, now.damaged, now.back)
    with pytest.raises(Refusal, match="update-memory-damaged"):
        mina.call(u.WishOfUpdates(1, 0, by_itself=True))
    now = mina.call(call)
    assert now.damaged is None
    assert now.followed is not None
    days, rebuilders = (3, 1) if lost == "seen" else (0, 0)
    assert (days, rebuilders, False) == (now.followed.days, now.followed.rebuilders, now.followed.by_itself)
    assert now == mina.call(u.GetUpdate())


def test_the_page_says_that_the_keys_of_the_log_have_changed(mina: Person, publishers: Publishers) -> None:
    """In the way that is provided for; what was pinned stays the person's, and the new keys are followed."""
    known = mina.call(publishers.follow).followed
    assert known is not None
    assert not known.keys_changed
    Office(publishers.log).change()
    known = mina.call(u.CheckUpdate()).followed
    assert known is not None
    assert (True, ["one.example", "two.example"]) == (known.keys_changed, known.witnesses)
    assert known == mina.call(u.GetUpdate()).followed


def test_a_disk_that_is_full_today_does_not_end_updates_for_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next day looks again."""
    done = asyncio.Event()

    class Failing(Updates):
        follows = True
        days = 0

        async def _keep_up(self) -> None:
            self.days += 1
            if self.days == 1:
                raise OSError(errno.ENOSPC, "no space")
            done.set()

    async def live() -> None:
        updates = Failing(tmp_path, NetOptions())
        updates.begin()
        await asyncio.wait_for(done.wait(), 10)
        await updates.end()

    for name in ("_FIRST_S", "_DAY_S"):
        monkeypatch.setattr(session, name, 0.0)
    asyncio.run(live())
    assert done.is_set()


@pytest.mark.slow
def test_a_version_is_installed_and_gone_back_from(mina: Person, publishers: Publishers, program: Path) -> None:
    """It runs from the next start; one that was taken back is told to be."""
    mina.call(publishers.follow)
    publishers.release(0, "7.0")
    now = mina.call(u.InstallUpdate("7.0", at_once=False))
    assert ("7.0", True) == (now.starts, now.back)
    command = program / "current/bin/nulla"
    assert "7.0" in subprocess.run([command, "--version"], capture_output=True, text=True, check=True).stdout
    publishers.enter(entry(revoke("7.0")))
    known = mina.call(u.CheckUpdate()).followed
    assert known is not None
    assert "previews" in known.revoked
    now = mina.call(u.UndoUpdate())
    assert ("", False, False) == (now.starts, now.back, (program / "current").exists())
