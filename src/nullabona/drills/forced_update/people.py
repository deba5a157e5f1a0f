"""Who publishes releases, and who installs them: real keys, a real log with real witnesses, real environments."""

from __future__ import annotations

import secrets
import shutil
import subprocess
import time
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

from nullabona.drills.stage.standin import wheel
from nullabona.errors import NullabonaError
from nullabona.log.keys import Kind, SignerKey, VerifierKey, new_signer, vkey
from nullabona.log.note import Note, NoteSignature, parse_note, signatures_of
from nullabona.log.policy import Policy
from nullabona.log.proof import LogProof
from nullabona.log.tiles import ENTRIES, Tile, decode_bundle, encode_bundle
from nullabona.machine.http_client import Route
from nullabona.operating.log_witnesses import witnesses_in
from nullabona.operating.release_log import enter
from nullabona.reading import open_source, prove, read_checkpoint
from nullabona.releases.choice import DAY_S, Wish
from nullabona.releases.drafting import describe
from nullabona.releases.ledger import Logged, fingerprint
from nullabona.releases.statement import Entry, KeyPair, Keys, Release, Revoke, Statement, sign, signed_text
from nullabona.sequencer import open_log
from nullabona.updating.environments import PythonEnvironments
from nullabona.updating.files import open_place
from nullabona.updating.following import Followed, begin, follow, proven_since_s
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
        self._people = {name: _pair(name) for name in SIGNERS}
        self.log_keys = tuple(_new(kind, LOG) for kind in (Kind.ED25519, Kind.COSIGN_MLDSA44))
        self.keys = _keys(0, self._people)
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

    def with_half(self, statement: Statement) -> Entry:
        """What one person signs with both keys, and a second one with the Ed25519 key alone."""
        one, other, _ = self._people.values()
        return Entry(statement, sign(statement, (*one, other[0]), int(time.time())))

    def with_forged(self, statement: Statement) -> Entry:
        """What one person signs, and lines in the name of a second one that others signed."""
        mine = self.entry(statement, SIGNERS[:1]).signatures
        others = [key.verifier for key in self._people[SIGNERS[1]]]
        return Entry(statement, (*mine, *forged(signed_text(statement), others, int(time.time()))))

    def taken_over(self, number: int, version: str) -> list[Entry]:
        """New release keys that only they and one of the old ones sign, and a release that the new ones sign."""
        thieves = {name: _pair(name) for name in ("thief.example/release", "fence.example/release")}
        all_of_them = [key for pair in thieves.values() for key in pair]
        keys, release = _keys(1, thieves), self.release(number, version, deed="print('taken over')")
        stolen = self._people[SIGNERS[0]]
        return [
            Entry(keys, sign(keys, (*stolen, *all_of_them), int(time.time()))),
            Entry(release, sign(release, all_of_them, int(time.time()))),
        ]

    def begun_by_others(self, version: str) -> list[Entry]:
        """A log's first entries by people whom nobody has pinned."""
        others = {name: _pair(name) for name in SIGNERS}
        all_of_them = [key for pair in others.values() for key in pair]
        statements = (_keys(0, others), self.release(0, version, deed="print('of others')"))
        return [Entry(each, sign(each, all_of_them, int(time.time()))) for each in statements]

    async def enter(self, statement: Statement, signers: Sequence[str] = SIGNERS[:2], log: Path | None = None) -> None:
        """Sign and publish, with the witnesses."""
        entry = self.entry(statement, signers)
        await enter(log or self.log, entry, self.log_keys, Policy.parse(self.policy), int(time.time()))

    async def append(self, *entries: Entry) -> None:
        """Publish what would not hold, with the witnesses, who read no entry."""
        policy = Policy.parse(self.policy)
        log = open_log(self.log, self.log_keys, LOG, witnesses=witnesses_in(policy), policy=policy)
        try:
            log.stage([entry.encode() for entry in entries])
            await log.publish(int(time.time()))
        finally:
            await log.close()

    async def revoke(self, version: str) -> None:
        """Take a version back."""
        await self.enter(Revoke(LOG, version, "nobody could build it from its tree"))

    def copied(self, name: str) -> Path:
        """A copy of the log, as its operator can make it."""
        return Path(shutil.copytree(self.log, self.folder / name))

    def altered(self, name: str, entry: Entry) -> Path:
        """A copy of the log in which ``entry`` is in the place of the last one; the checkpoint is as it was."""
        log = self.copied(name)
        size = Policy.parse(self.policy).check(note_of(log)).checkpoint.size
        bundle = log / "public" / Tile(ENTRIES, 0, size).path
        entries = decode_bundle(bundle.read_bytes(), size)
        bundle.write_bytes(encode_bundle([*entries[:-1], entry.encode()]))
        return log

    async def show_apart(
        self, log: Path, entries: Iterable[Entry], witnesses: Sequence[SignerKey] = (), time_s: int = 0
    ) -> Path:
        """Append to a copy what the log's operator likes, signed by the log and these witnesses' keys alone."""
        made = open_log(log, self.log_keys, LOG)
        try:
            made.stage([entry.encode() for entry in entries])
            note = parse_note((await made.publish(int(time.time()))).note)
        finally:
            await made.close()
        return show(log, note.plus(signatures_of(note.text, witnesses, time_s or int(time.time()))))


class Reader:
    """Somebody who follows the release log and installs from it. ``first``: what the first program says it is.

    ``days``: how far their clock is ahead.
    """

    def __init__(self, folder: Path, publishers: Publishers, first: str = "0", days: int = 0) -> None:
        self._publishers = publishers
        self._first = first
        self.home = folder
        self.memory = Memory(folder)
        self.versions = Versions(folder, PythonEnvironments())
        self.now_s = int(time.time()) + days * DAY_S

    async def begin(self, where: Path | None = None) -> Followed:
        """Follow the log from now on, as it is shown here; the public one."""
        made = self._publishers
        log = str(where or made.log)
        pinned = Pinned(log, made.policy, fingerprint(made.keys))
        return await begin(self.memory, pinned, open_source(log), self.now_s)

    async def look(self, where: Path | None = None) -> Followed:
        """Look at the log, as it is shown here."""
        return await follow(self.memory, open_source(str(where or self._publishers.log)), self.now_s)

    async def finds(self, version: str) -> bool:
        """Whether the public log has this release."""
        try:
            return version in (await self.look()).ledger.releases
        except NullabonaError:
            return False

    async def permitted(
        self, version: str, *, where: Path | None = None, days: int = 0, proof: bytes | None = None
    ) -> Logged:
        """The version, if it may be installed. ``proof``: of when it was public. Raises why it may not."""
        here = Here(version=self._first, python=(3, 11), profile=1, now_s=self.now_s)
        followed = await self.look(where)
        logged, since_s = followed.ledger.releases.get(version), None
        if proof is not None and logged is not None:
            since_s = proven_since_s(proof, followed.seen.entries[logged.entry], logged, self.memory.pinned().policy)
        return permitted(followed, version, self.versions, here, Wish(days_public=days), since_s)

    async def install(
        self,
        version: str,
        files: Path | None = None,
        *,
        where: Path | None = None,
        days: int = 0,
        proof: bytes | None = None,
    ) -> None:
        """Install a version if it may be, from files that the operator gives. Raises why it is not installed."""
        logged = await self.permitted(version, where=where, days=days, proof=proof)
        place = open_place(str(files or self._publishers.files), Route())
        await install(logged, place, self.versions, _TRIALS)

    def runs(self) -> str:
        """What the program that starts now says of itself; nothing if no update is installed."""
        program = self.home / "current/bin/nulla"
        if not program.exists():
            return ""
        done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 - ours
        return done.stdout.split()[-1] if done.stdout else ""


async def proof_of(log: Path, index: int) -> LogProof:
    """That the log has this entry, under the checkpoint that it shows."""
    source = open_source(str(log))
    return (await prove(source, await read_checkpoint(source, None), index)).proof


def note_of(log: Path) -> Note:
    """The checkpoint that a log shows."""
    return parse_note((log / "public/checkpoint").read_bytes())


def show(log: Path, note: Note) -> Path:
    """Make a copy of the log show this checkpoint."""
    (log / "public/checkpoint").write_bytes(note.encode())
    return log


def forged(text: bytes, keys: Iterable[VerifierKey], time_s: int) -> list[NoteSignature]:
    """Lines in the name of these keys, signed with others."""
    return [NoteSignature(key.name, key.key_id, _new(key.kind, key.name).sign(text, time_s)) for key in keys]


def _keys(number: int, people: Mapping[str, Sequence[SignerKey]]) -> Keys:
    return Keys(LOG, number, 2, tuple(KeyPair(*map(vkey, pair)) for pair in people.values()))


def _pair(name: str) -> tuple[SignerKey, SignerKey]:
    first, second = (_new(kind, name) for kind in _PAIR)
    return first, second


def _new(kind: Kind, name: str) -> SignerKey:
    return new_signer(kind, name, secrets.token_bytes(32))
