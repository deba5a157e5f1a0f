"""A release log on this disk, a reader's home, and tools that make an environment in a moment."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from nullabona.log.keys import Kind, new_signer, vkey
from nullabona.log.note import parse_note, signatures_of
from nullabona.reading import Source, open_source
from nullabona.releases.ledger import fingerprint
from nullabona.sequencer import open_log
from nullabona.updating.environments import InstallFailed
from nullabona.updating.memory import Pinned
from tests.releases.signing import LOG, NOW, entry, keys
from tests.witness.running import log_signers, seed

SIGNERS = log_signers(LOG)
WITNESSES = tuple(new_signer(Kind.COSIGN_ED25519, f"{name}.example", seed(name)) for name in ("one", "two"))
POLICY = "\n".join(
    [
        *(f"log {vkey(each)}" for each in SIGNERS),
        *(f"witness {each.name} {vkey(each)}" for each in WITNESSES),
        "group both all one.example two.example",
        "quorum both",
        "",
    ]
)
T = TypeVar("T")


class PublicLog:
    """A release log in a folder, cosigned by hand. ``public`` is what a reader is shown."""

    def __init__(self, folder: Path, *entries: bytes, now_s: int = NOW) -> None:
        self.folder = folder
        self.publish(entry(keys()), *entries, now_s=now_s)

    @property
    def public(self) -> Path:
        """The folder that is served."""
        return self.folder / "public"

    def publish(self, *entries: bytes, now_s: int = NOW) -> None:
        """Append these, and have both witnesses cosign at ``now_s``."""
        log = open_log(self.folder, SIGNERS, LOG)
        try:
            log.stage(entries)
            note = parse_note(asyncio.run(log.publish(now_s)).note)
        finally:
            log.release()
        note = note.plus(signatures_of(note.text, WITNESSES, now_s))
        (self.public / "checkpoint").write_bytes(note.encode())

    def pinned(self, days_public: int = 0, *, rebuilders: int = 0, by_itself: bool = False) -> Pinned:
        """What a reader pins."""
        return Pinned(str(self.public), POLICY, fingerprint(keys()), days_public, rebuilders, by_itself=by_itself)

    def read(self, work: Callable[[Source], Coroutine[Any, Any, T]]) -> T:
        """``work`` on the log as it is served."""
        return asyncio.run(work(open_source(str(self.public))))


class QuickTools:
    """`Tools` whose environment is one shell script that the wheel's bytes are."""

    def make(self, folder: Path) -> None:
        """As `Tools.make`."""
        (folder / "bin").mkdir(parents=True)

    def install(self, folder: Path, files: Path, wanted: Path) -> None:
        """As `Tools.install`."""
        wheels = sorted(files.glob("*.whl"))
        if len(wheels) != len(wanted.read_text().splitlines()):
            raise InstallFailed("not what is wanted")
        program = folder / "bin/nulla"
        program.write_bytes(wheels[0].read_bytes())
        program.chmod(0o700)

    def run(self, folder: Path, words: Sequence[str]) -> tuple[int, str]:
        """As `Tools.run`."""
        done = subprocess.run([folder / "bin/nulla", *words], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout


def script(version: str, code: int = 0) -> bytes:
    """A program that says ``version``, and else exits with ``code``."""
    return f'#!/bin/sh\n[ "$1" = --version ] && echo "nulla, version {version}" && exit 0\nexit {code}\n'.encode()
