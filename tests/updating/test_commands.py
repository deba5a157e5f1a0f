"""``nulla update`` as a person meets it: a real log, real environments, a program that is a tiny wheel."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from nullabona.client.api.trial import trial
from nullabona.drills.stage.standin import wheel
from nullabona.processes.program import nulla as command
from tests.releases.publishing import LOG, Publisher, nulla, publishing

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Publisher]:
    """A log with the release 1.0."""
    with publishing(tmp_path_factory.mktemp("people")) as made:
        made.enter(made.draft(0, "1.0", dict([wheel("1.0")])))
        yield made


def program(home: Path) -> str:
    """What starts now."""
    done = subprocess.run([home / "current/bin/nulla", "--version"], capture_output=True, text=True, check=True)
    return done.stdout.split()[-1]


def test_from_the_first_version_to_the_next_and_back(people: Publisher, tmp_path: Path) -> None:
    """Each by one command; in between, what is said in both languages."""
    home = ("--home", str(tmp_path / "home"))
    unknown = nulla("update", "status", *home)
    assert (1, True) == (unknown.code, "[update-not-followed]" in unknown.err)
    followed = nulla("update", "follow", str(people.log), *people.reading(), "--days", "3", *home)
    assert (0, True) == (followed.code, "It is NOT in the release log" in followed.out), followed.err
    waits = nulla("--lang", "ko", "update", "install", "1.0", "--from", people.path("files-1.0"), *home)
    assert (1, True) == (waits.code, "원하는 날짜만큼 공개되어 있지" in waits.err)
    done = nulla("update", "install", "1.0", "--from", people.path("files-1.0"), "--now", *home)
    assert (0, "1.0") == (done.code, program(tmp_path / "home")), done.err

    people.enter(people.draft(1, "1.1", dict([wheel("1.1")])))
    checked = nulla("update", "check", *home)
    assert "1.0 runs from the next start" in checked.out
    assert "1.1 (release 1, entry 2), signed by jun.example/release, mina.example/release" in checked.out
    assert ("(0 days ago)" in checked.out, "2 witnesses cosigned" in checked.err) == (True, True)
    told = json.loads(nulla("--json", "update", "status", *home).out)
    assert ("1.0", True, None, "1.1", False) == (
        told["current"], told["logged"], told["last"], told["newest"]["version"], told["silent"]
    )  # fmt: skip
    done = nulla("update", "install", "1.1", "--from", people.path("files-1.1"), "--now", *home)
    assert (0, "1.1") == (done.code, program(tmp_path / "home")), done.err
    back = nulla("update", "undo", *home)
    assert (0, True, "1.0") == (back.code, "Went back to 1.0" in back.err, program(tmp_path / "home"))

    people.run("draft-revoke", "--log", LOG, "--version", "1.0", "--reason", "it had a hole", "-o", people.path("no"))
    people.enter("no")
    assert "TAKEN BACK: it had a hole" in nulla("update", "check", *home).out
    first = nulla("update", "undo", *home)
    assert (0, False) == (first.code, (tmp_path / "home/current").exists()), first.err
    again = nulla("update", "undo", *home)
    assert (1, True) == (again.code, "[update-nothing-to-undo]" in again.err)


def test_this_version_opens_the_profile_that_it_tries_others_with(tmp_path: Path) -> None:
    """The trial of the real program by itself; nothing is left of it."""

    async def tried() -> tuple[int, Path]:
        async with trial() as words:
            done = await asyncio.to_thread(
                subprocess.run, command(*words[0]), capture_output=True, check=False, cwd=tmp_path
            )
            return done.returncode, Path(words[0][-1])

    code, profile = asyncio.run(tried())
    assert (0, False) == (code, profile.exists())


def test_a_fingerprint_is_spelled_out(people: Publisher, tmp_path: Path) -> None:
    """A short one could be of two statements."""
    words = ("update", "follow", str(people.log), "--policy", str(people.policy), "--home", str(tmp_path / "home"))
    refused = nulla(*words, "--fingerprint", "abc")
    assert (2, True) == (refused.code, "64 hexadecimal digits" in refused.err)


@pytest.mark.parametrize("wish", ["--days", "--rebuilders"])
def test_a_wish_that_nothing_could_keep_is_refused(people: Publisher, tmp_path: Path, wish: str) -> None:
    """Before anything is written: half of what is remembered would be of this log, and half of none."""
    asked = nulla(
        "update", "follow", str(people.log), *people.reading(), wish, "9" * 30, "--home", str(tmp_path / "home")
    )
    assert (2, False) == (asked.code, (tmp_path / "home/log/seen.json").exists()), asked.err
