"""The tutorial and the bot are run as they are written."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from nullabona.processes.program import Program, python
from tests.api.people import new_name, people, play, reads, until
from tests.api.service import Service
from tests.cli.shell import COMMAND, environment

DOCS = Path(__file__).parents[2] / "docs"


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)


def shell(script: str, folder: Path, commands: Path) -> str:
    """Run a block as it stands; what it prints."""
    path = f"{commands}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment(PATH=path),
    )
    assert 0 == done.returncode, done
    return done.stdout


@pytest.fixture
def commands(tmp_path: Path) -> Path:
    """A directory with ``nulla`` in it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "nulla"
    script.write_text(f"#!{COMMAND[0]}\nfrom nullabona.cli import main\nmain()\n", encoding="utf-8")
    script.chmod(0o700)
    return folder


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_the_tutorial_is_true(doomed: Service, tmp_path: Path, commands: Path) -> None:
    """Every command of the page works in order, and the messages are there; the relay is emptied where it says so."""
    path, serve, *scripts = (
        block.replace("127.0.0.1:8440", doomed.host) for block in blocks(DOCS / "tutorial.md", "sh")
    )
    assert path == 'export PATH="$PWD/.venv/bin:$PATH"\n'
    assert ["nulla relay init", "nulla relay serve"] == [line.split(" --")[0] for line in serve.splitlines()]
    said = [shell(script, tmp_path, commands) for script in scripts[:-1]]
    doomed.seize()
    said.append(shell(scripts[-1], tmp_path, commands))
    everything = "\n".join(said)
    for text in ("열두 시에 보자", "좋아!", "다들 안녕", "릴레이가 없어져도 괜찮네", "removed"):
        assert text in everything


@pytest.mark.slow
def test_the_bot_of_the_page_answers(service: Service, tmp_path: Path, commands: Path) -> None:
    """The account is made as the page says; the bot accepts, echoes, and misses nothing while it was off."""
    page = DOCS / "how-to/write-a-bot.md"
    handle = service.handle(new_name("bot"))
    shell(blocks(page, "sh")[0].replace("echo-bot@relay.example", handle), tmp_path, commands)
    (tmp_path / "bot.py").write_text(blocks(page, "python")[0], encoding="utf-8")

    async def story() -> None:
        async with people(service, tmp_path, "guest") as (guest,):
            bot = run_bot(tmp_path)
            await guest.contacts.request(handle)
            await until(guest, lambda: bool(guest.rooms.all()))
            room = guest.rooms.all()[0].id
            await guest.messages.send(room, "안녕 bot")
            await reads(guest, room, "안녕 bot", "안녕 bot")
            bot.stop(signal.SIGINT)
            await guest.messages.send(room, "are you there?")
            bot = run_bot(tmp_path)
            await reads(guest, room, "안녕 bot", "안녕 bot", "are you there?", "are you there?")
            bot.stop(signal.SIGINT)

    play(story())


def run_bot(folder: Path) -> Program:
    """The bot, as a process."""
    return Program(python("bot.py", "echo-profile"), cwd=folder)
