"""Who publishes releases, and who installs them: real keys, a real log with real witnesses, real environments."""

from __future__ import annotations

import secrets
import shutil
import subprocess
import time
from collections.abc import Awaitable, Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

from nullabona.drills.stage.standin import wheel
from nullabona.errors import NullabonaError
from nullabona.log.keys import Kind, SignerKey, new_signer, vkey
from nullabona.log.note import parse_note, signatures_of
from nullabona.log.policy import Policy
from nullabona.machine.http_client import Route
from nullabona.operating.log_witnesses import witnesses_in
from nullabona.operating.release_log import enter
from nullabona.reading import open_source
from nullabona.releases.choice import Wish
from nullabona.releases.drafting import describe
from nullabona.releases.ledger import fingerprint
from nullabona.releases.statement import Entry, KeyPair, Keys, Release, Revoke, Statement, sign
from nullabona.sequencer import open_log
from nullabona.updating.environments import PythonEnvironments
from nullabona.updating.files import open_place
from nullabona.updating.following import Followed, begin, follow
from nullabona.updating.memory import Memory, Pinned
from nullabona.updating.update import Here, install, permitted
from nullabona.updating.versions import Versions

LOG: Final = "nullabona.example/releases"
SIGNERS: Final = ("mina.example/release", "jun.example/release", "sora.example/release")
_TREE: Final = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
_PAIR: Final = (Kind.COSIGN_ED25519, Kind.COSIGN_MLDSA44)
_TRIALS: Final = (("update", "selftest", "profile"),)


async def refusal(work: Awaitable[object]) -> str:
    """The code of the error that ends ``work``; empty if nothing does."""
    try:
        await work
    except NullabonaError as error:
        return error.code
    return ""


class Publishers:
    """Three people with release keys, and the operator of their log."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log"
        self.files = folder / "files"
        self.files.mkdir(parents=True)
        self._people = {name: tuple(_new(kind, name) for kind in _PAIR) for name in SIGNERS}
        self.log_keys = tuple(_new(kind, LOG) for kind in (Kind.ED25519, Kind.COSIGN_MLDSA44))
        self.keys = Keys(LOG, 0, 2, tuple(KeyPair(*map(vkey, pair)) for pair in self._people.values()))
        self.policy = ""

    def release(self, number: int, version: str, *, deed: str = "pass") -> Release:
        """The statement of a release, whose wheel is in ``files``."""
        name, data = wheel(version, deed=deed)
        (self.files / name).write_bytes(data)
        file = describe(name, len(data), sha256(data).hexdigest())
        return Release(LOG, number, version, 20_000, _TREE, (file,), "3.11", (0, 2**31), sha256(b"sbom").hexdigest())

    def entry(self, statement: Statement, signers: Sequence[str] = SIGNERS[:2]) -> Entry:
        """What these people sign."""
        lines = [line for name in signers for line in sign(statement, self._people[name], int(time.time()))]
        return Entry(statement, tuple(lines))

    async def enter(self, statement: Statement, signers: Sequence[str] = SIGNERS[:2], log: Path | None = None) -> None:
        """Sign and publish, with the witnesses."""
        entry = self.entry(statement, signers)
        await enter(log or self.log, entry, self.log_keys, Policy.parse(self.policy), int(time.time()))

    async def append(self, entry: bytes) -> None:
        """Publish what would not hold, with the witnesses, who read no entry."""
        policy = Policy.parse(self.policy)
        log = open_log(self.log, self.log_keys, LOG, witnesses=witnesses_in(policy), policy=policy)
        try:
            log.stage([entry])
            await log.publish(int(time.time()))
        finally:
            await log.close()

    async def revoke(self, version: str) -> None:
        """Take a version back."""
        await self.enter(Revoke(LOG, version, "nobody could build it from its tree"))

    def copied(self, name: str) -> Path:
        """A copy of the log, as its operator can make it."""
        return Path(shutil.copytree(self.log, self.folder / name))

    async def show_apart(
        self, log: Path, entries: Iterable[bytes], witnesses: Sequence[SignerKey] = (), time_s: int = 0
    ) -> Path:
        """Append to a copy what the log's operator likes, signed by the log and these witnesses' keys alone."""
        made = open_log(log, self.log_keys, LOG)
        try:
            made.stage(list(entries))
            note = parse_note((await made.publish(int(time.time()))).note)
        finally:
            await made.close()
        note = note.plus(signatures_of(note.text, witnesses, time_s or int(time.time())))
        (log / "public/checkpoint").write_bytes(note.encode())
        return log


class Reader:
    """Somebody who follows the release log and installs from it."""

    def __init__(self, folder: Path, publishers: Publishers) -> None:
        self._publishers = publishers
        self.home = folder
        self.memory = Memory(folder)
        self.versions = Versions(folder, PythonEnvironments())
        self.now_s = int(time.time())

    async def begin(self) -> Followed:
        """Follow the public log from now on."""
        made = self._publishers
        pinned = Pinned(str(made.log), made.policy, fingerprint(made.keys))
        return await begin(self.memory, pinned, open_source(str(made.log)), self.now_s)

    async def look(self, where: Path | None = None) -> Followed:
        """Look at the log, as it is shown here."""
        return await follow(self.memory, open_source(str(where or self._publishers.log)), self.now_s)

    async def install(
        self, version: str, files: Path | None = None, *, where: Path | None = None, days: int = 0
    ) -> None:
        """Install a version if it may be, from files that the operator gives. Raises why it is not installed."""
        here = Here(version="0", python=(3, 11), profile=1, now_s=self.now_s)
        followed = await self.look(where)
        logged = permitted(followed, version, self.versions, here, Wish(days_public=days))
        place = open_place(str(files or self._publishers.files), Route())
        await install(logged, place, self.versions, _TRIALS)

    def runs(self) -> str:
        """What the program that starts now says of itself."""
        program = self.home / "current/bin/nulla"
        done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 - ours
        return done.stdout.split()[-1] if done.stdout else ""


def _new(kind: Kind, name: str) -> SignerKey:
    return new_signer(kind, name, secrets.token_bytes(32))
