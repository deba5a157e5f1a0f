"""``nulla doctor`` for a person: each thing that can be wrong is said, with what to do, and nothing is changed."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

from nullabona.client.api import Options, Unprotected, checkup, open_client
from nullabona.findings import Level
from tests.api.people import QUICK
from tests.api.service import Service
from tests.cli.shell import nulla


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """A profile without a passphrase, closed."""

    async def make() -> None:
        async with open_client(tmp_path / "profile", unlock=Unprotected(), create=True, options=Options(online=False)):
            pass

    asyncio.run(make())
    return tmp_path / "profile"


def found(path: Path) -> dict[str, Level]:
    """What is found of a profile."""
    return {each.key: each.level for each in checkup.check_profile(path)}


def test_an_installation_that_is_whole(tmp_path: Path) -> None:
    """As the command says it, in both languages; a new machine has no profile yet, and nothing is made for it."""
    ended = nulla("doctor", "--profile", str(tmp_path / "none"))
    assert (0, True) == (ended.code, "Every library that the program needs is here." in ended.out), ended.err
    assert "Begin with `nulla app`" in ended.out
    assert not (tmp_path / "none").exists()
    ended = nulla("--lang", "ko", "doctor", "--profile", str(tmp_path / "none"), "--server", "127.0.0.1:1")
    assert (1, True) == (ended.code, "여기서 127.0.0.1:1 서버에 연결할 수 없어요." in ended.out)


@pytest.mark.parametrize("name", ["cryptography", "pynacl", "nullabona-mls"])
def test_a_library_that_is_gone_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """As after an interrupted removal."""
    real = metadata.distribution

    def without(asked: str) -> metadata.Distribution:
        if asked == name:
            raise metadata.PackageNotFoundError(name)
        return real(asked)

    monkeypatch.setattr(metadata, "distribution", without)
    (missing,) = [each for each in checkup.check_installation() if each.key == "libraries-missing"]
    assert (Level.WRONG, {"names": name}) == (missing.level, missing.values)


def test_a_profile_without_a_passphrase_is_warned_of(profile: Path) -> None:
    """And stays as it was."""
    before = {path: path.stat().st_mtime_ns for path in profile.rglob("*")}
    assert found(profile) == {
        "profile-here": Level.GOOD, "profile-unprotected": Level.WARNING, "disk-free": Level.GOOD
    }  # fmt: skip
    assert before == {path: path.stat().st_mtime_ns for path in profile.rglob("*")}


def test_a_profile_in_use_is_no_fault(profile: Path) -> None:
    """The app is running, for example."""

    async def look() -> dict[str, Level]:
        async with open_client(profile, unlock=Unprotected(), options=Options(online=False)):
            return found(profile)

    assert Level.GOOD is asyncio.run(look())["profile-open"]


def _expose(profile: Path) -> None:
    (profile / "store.db").chmod(0o644)


def _damage(profile: Path) -> None:
    (profile / "profile.json").write_bytes(b"{")


def _from_the_future(profile: Path) -> None:
    text = (profile / "profile.json").read_text("utf-8")
    (profile / "profile.json").write_text(text.replace('"version": 1', '"version": 99'), "utf-8")


def _without_messages(profile: Path) -> None:
    (profile / "store.db").unlink()


@pytest.mark.parametrize(
    ("harm", "code"),
    [
        (_expose, "profile-exposed"),
        (_damage, "store-damaged"),
        (_from_the_future, "store-too-new"),
        (_without_messages, "store-damaged"),
    ],
)
def test_what_is_wrong_with_a_profile_is_what_opening_it_would_say(
    profile: Path, harm: Callable[[Path], None], code: str
) -> None:
    """With the program's own sentence and hint."""
    harm(profile)
    assert {code: Level.WRONG} == found(profile)


@pytest.mark.parametrize(
    ("free", "key", "level"),
    [
        (99, "profile-disk-short", Level.WRONG),
        (100, "profile-disk-soon-short", Level.WARNING),
        (999, "profile-disk-soon-short", Level.WARNING),
        (1_000, "disk-free", Level.GOOD),
    ],
)
def test_a_disk_is_short_before_messages_are_lost(
    monkeypatch: pytest.MonkeyPatch, profile: Path, free: int, key: str, level: Level
) -> None:
    """Both sides of each limit, in MiB."""
    usage = type(shutil.disk_usage("/"))(2**40, 2**39, free << 20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: usage)
    assert level is found(profile)[key]


def test_a_server_that_answers(tmp_path: Path) -> None:
    """Over a real connection, with a record that the app would accept."""
    with Service(tmp_path / "relay") as service:
        answer = asyncio.run(checkup.check_server(service.host, QUICK))
    assert ("server-answers", Level.GOOD) == (answer.key, answer.level)
