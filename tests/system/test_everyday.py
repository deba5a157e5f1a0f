"""Whole programs on Windows and macOS, faked at the door (tests/system/pretend.py): what a person does in a week."""

from __future__ import annotations

import signal
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tests.api.people import new_name
from tests.api.service import Service
from tests.system.conftest import System

pytestmark = pytest.mark.timeout(300)  # a process for every command, and each takes the system apart first


UNKNOWN_TOKEN = 4_401


def picture() -> bytes:
    """A photo with something to see."""
    out = BytesIO()
    Image.linear_gradient("L").convert("RGB").save(out, "JPEG")
    return out.getvalue()


@pytest.mark.parametrize(("language", "said"), [("en", "Exit codes:"), ("ko", "프로필이 사용 중이거나")])
def test_help_is_shown(system: System, language: str, said: str) -> None:
    """In both languages, through a pipe of the system's."""
    shown = system.nulla("--help", "--lang", language)
    assert (0, "", True) == (shown.code, shown.err, said in shown.out)


@pytest.mark.parametrize("command", ["relay", "witness", "docket", "drill", "update"])
def test_servers_say_that_they_do_not_run_there(windows: System, command: str) -> None:
    """In a sentence with a code, in both languages; nothing is begun."""
    refused = {language: windows.nulla("--lang", language, command, "--help") for language in ("en", "ko")}
    assert {"en": 1, "ko": 1} == {language: ended.code for language, ended in refused.items()}
    assert "does not run on Windows [system-unsupported]" in refused["en"].err
    assert "Windows에서 쓸 수 없어요" in refused["ko"].err


def test_a_profile_is_opened_once_at_a_time(system: System, tmp_path: Path) -> None:
    """The second program is refused; after Ctrl-C in the first one, the next opens it."""
    profile = tmp_path / "mina"
    made = system.nulla("account", "create", "mina@127.0.0.1:9", "--unprotected", "--no-wait", profile=profile)
    assert 0 == made.code, made.err
    with system.started("--json", "follow", "--after", "0", profile=profile) as first:
        assert first.first_line
        second = system.nulla("status", "--timeout", "0.1", profile=profile)
        assert (5, True) == (second.code, "[profile-in-use]" in second.err), second.err
        ended = first.stop(signal.SIGINT)
    assert (0, "") == (ended.code, ended.err)
    assert 0 == system.nulla("account", "show", profile=profile).code


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_people_talk_and_keep_what_they_got(system: System, service: Service, tmp_path: Path) -> None:
    """A message and a photo through a relay; a file whose name is a device there; a backup, checked; an export."""
    mina, jun = tmp_path / "mina", tmp_path / "jun"

    def nulla(profile: Path, *arguments: str, stdin: str = "") -> str:
        ended = system.nulla(*arguments, profile=profile, stdin=stdin)
        assert 0 == ended.code, (arguments, ended.err)
        return ended.out.strip()

    handles = {profile: service.handle(new_name(profile.name)) for profile in (mina, jun)}
    for profile, handle in handles.items():
        nulla(profile, "account", "create", handle, "--unprotected")
    nulla(mina, "contact", "add", handles[jun])
    nulla(jun, "sync")
    nulla(jun, "contact", "accept", handles[mina])
    nulla(mina, "sync")
    nulla(mina, "send", handles[jun], "안녕 ☺")
    device, photo = tmp_path / "con.txt", tmp_path / "photo.jpg"
    device.write_bytes(b"a\nb\x1ac\r\n")
    photo.write_bytes(picture())
    sent = nulla(mina, "send", handles[jun], "--file", str(device))
    nulla(mina, "send", handles[jun], "--file", str(photo))
    nulla(jun, "sync")
    assert "안녕 ☺" in nulla(jun, "read", handles[mina])
    for name in ("_con.txt", "_con (2).txt"):
        saved = Path(nulla(jun, "save", handles[mina], sent, str(tmp_path)))
        assert (name, device.read_bytes()) == (saved.name, saved.read_bytes())
    nulla(jun, "export", "--all", "--out", str(tmp_path / "out"), "--yes")
    nulla(jun, "export", "--all", "--out", str(tmp_path / "out"), "--yes")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_backups_make_themselves_there_too(system: System, tmp_path: Path) -> None:
    """Without a network: planned, made twice, checked, and a drive that is away is not filled."""
    profile, drive = tmp_path / "mina", tmp_path / "drive"
    drive.mkdir()
    for arguments in (
        ("account", "create", "mina@127.0.0.1:9", "--unprotected", "--no-wait"),
        ("backup", "schedule", str(drive)),
        ("backup", "now", str(drive)),
        ("backup", "now", str(drive)),
        ("backup", "check", str(drive)),
    ):
        ended = system.nulla(*arguments, profile=profile)
        assert 0 == ended.code, (arguments, ended.err)
    drive.rename(tmp_path / "away")
    drive.mkdir()
    gone = system.nulla("backup", "now", profile=profile)
    assert (1, True, []) == (gone.code, "[backup-place-gone]" in gone.err, list(drive.iterdir()))
