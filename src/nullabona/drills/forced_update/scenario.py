"""The story of the drill: three people release, one person updates, and their operator is ordered to change that."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from nullabona.drills.forced_update.findings import Forced
from nullabona.drills.forced_update.people import (
    SIGNERS,
    Publishers,
    Reader,
    forged,
    note_of,
    proof_of,
    refusal,
    show,
)
from nullabona.drills.reporting.text import Sentences, Tell
from nullabona.drills.stage.playing import in_folder
from nullabona.drills.stage.standin import wheel
from nullabona.drills.stage.witnesses import Witnesses, witnessed
from nullabona.errors import NullabonaError
from nullabona.log.forks import fork_of, weigh
from nullabona.log.keys import SignerKey, vkey
from nullabona.log.note import signatures_of
from nullabona.log.policy import Policy
from nullabona.log.proof import LogProof
from nullabona.machine.keyfile import read_key_file
from nullabona.releases.choice import DAY_S
from nullabona.releases.statement import Entry

_say: Final = Sentences("drill_forced_update")
_DAYS: Final = 3
_BACK_S: Final = 30 * DAY_S
_SILENT_DAYS: Final = 14
"""As the threat model has it, not as the code has."""
_EVIL: Final = "print('previews are read along')"
_GOOD: Final = "pass".ljust(len(_EVIL))
"""As long as the other, so that the files have one size."""


def play(tell: Tell) -> Forced:
    """Play it in a new folder. Raises what goes wrong."""
    return in_folder(lambda folder: _play(folder, tell))


async def _play(folder: Path, tell: Tell) -> Forced:
    made = Publishers(folder / "release")
    keys = [vkey(key) for key in made.log_keys]
    async with witnessed(folder, keys) as witnesses:
        made.policy = "\n".join([*(f"log {key}" for key in keys), witnesses.policy])
        scene = _Scene(folder, made, witnesses, tell)
        await scene.live()
        await scene.give_what_is_not_logged()
        await scene.log_for_one()
        await scene.prove_that_it_is_old()
        await scene.give_what_is_old()
        await scene.fork()
        await scene.be_silent()
        await scene.use_one_key()
        await scene.release_all_the_same()
        await scene.buy_the_quorum()
        return scene.found


class _Scene:
    def __init__(self, folder: Path, made: Publishers, witnesses: Witnesses, tell: Tell) -> None:
        self._made, self._witnesses, self._tell = made, witnesses, tell
        self._folder = folder
        # What came onto Mina's machine first is a release, which is older than all that she is offered; Jun's is none.
        self._mina, self._jun = Reader(folder / "mina", made, "0.9"), Reader(folder / "jun", made)
        self._evil = folder / "evil"
        self._evil.mkdir()
        self.found = Forced()

    async def live(self) -> None:
        """Three releases; one person runs the third. Another begins to follow the log, and waits three days."""
        self._tell(_say("releases-are-published"))
        made = self._made
        await made.enter(made.keys)
        for number, version in enumerate(("0.9", "1.0", "1.1")):
            await made.enter(made.release(number, version))
        for reader in (self._mina, self._jun):
            await reader.begin()
        began = time.monotonic()
        await self._mina.install("1.1")
        self.found.install_s = time.monotonic() - began
        self.found.found_at_first = await refusal(self._jun.install("1.1", days=_DAYS))
        self._look("start")

    async def give_what_is_not_logged(self) -> None:
        """Another program, under a version of its own and in the place of a release's file."""
        self._tell(_say("not-logged"))
        made = self._made
        name, data = wheel("6.6", deed=_EVIL)
        (self._evil / name).write_bytes(data)
        self.found.unlogged = await refusal(self._mina.install("6.6", self._evil))
        released = made.release(3, "1.2", deed=_GOOD)
        await made.enter(released)
        other = made.entry(made.release(3, "6.5", deed=_EVIL))
        self.found.in_bundle = await refusal(self._mina.install("6.5", where=made.altered("altered", other)))
        name, data = wheel("1.2", deed=_EVIL)
        (self._evil / name).write_bytes(data)
        self.found.one_size = [(file.name, file.size) for file in released.files] == [(name, len(data))]
        self.found.other_bytes = await refusal(self._mina.install("1.2", self._evil))
        self._look("unlogged")

    async def log_for_one(self) -> None:
        """Two people are made to sign a release for one person."""
        self._tell(_say("logged-for-one"))
        made, found = self._made, self.found
        statement = made.release(4, "1.3", deed=_EVIL)
        self._less = made.copied("less")
        apart = await made.show_apart(made.copied("for-mina"), [made.entry(statement)])
        found.shown_to_one = await refusal(self._mina.install("1.3", where=apart))
        alone, now_s = note_of(apart), int(time.time())
        show(apart, alone.plus(signatures_of(alone.text, self._witness_keys()[:1], now_s)))
        found.with_one_witness = await refusal(self._mina.install("1.3", where=apart))
        names = [key.verifier for key in self._witness_keys()]
        show(apart, alone.plus(forged(alone.text, names, now_s)))
        found.with_forged_witnesses = await refusal(self._mina.install("1.3", where=apart))
        await made.enter(statement)
        found.waited = await refusal(self._mina.install("1.3", days=_DAYS))
        found.others_saw = await self._jun.finds("1.3")
        self._look("logged-for-one")

    async def prove_that_it_is_old(self) -> None:
        """A person who waits three days is given proofs of when it was public."""
        made, found = self._made, self.found
        later, next_day = (Reader(self._folder / f"day-{days}", made, days=days) for days in (_DAYS + 1, 1))
        await refusal(next_day.begin())
        logged = (await later.begin()).ledger.releases["1.3"]
        proof = await proof_of(made.log, logged.entry)
        found.proof_counts = await refusal(later.permitted("1.3", days=_DAYS, proof=proof.encode()))
        less = LogProof(proof.index, (), note_of(self._less))
        found.proof_of_less = await refusal(later.install("1.3", days=_DAYS, proof=less.encode()))
        back = signatures_of(proof.note.text, self._witness_keys()[:1], int(time.time()) - _BACK_S)
        dated_back = LogProof(proof.index, proof.hashes, proof.note.plus(back))
        found.proof_dated_back = await refusal(next_day.install("1.3", days=_DAYS, proof=dated_back.encode()))

    async def give_what_is_old(self) -> None:
        """That release is taken back; it and the first one are offered again."""
        self._tell(_say("old-and-taken-back"))
        self._before = self._made.copied("before")
        await self._made.revoke("1.3")
        self.found.revoked = await refusal(self._mina.install("1.3"))
        self.found.older = await refusal(self._mina.install("1.0"))
        self.found.older_for_unknown = await refusal(self._jun.install("1.0"))
        self._look("old")

    async def fork(self) -> None:
        """The log goes on from where it was before the revocation, in another way."""
        self._tell(_say("second-history"))
        made, found = self._made, self.found
        other = made.release(5, "6.4", deed=_EVIL)
        found.witnesses_said = await refusal(made.enter(other, log=self._before))
        found.rolled_back = await refusal(self._mina.install("1.3", where=self._before))
        apart = await made.show_apart(self._before, [made.entry(other)])
        found.fork = await refusal(self._mina.install("6.4", where=apart))
        self._look("fork")

    async def be_silent(self) -> None:
        """Nothing new is shown any more."""
        self._tell(_say("silence"))
        days = _SILENT_DAYS + 1
        with suppress(NullabonaError):
            followed = await self._mina.look()
            self.found.silent_before = followed.is_silent(self._mina.now_s + (days - 2) * DAY_S)
            if followed.is_silent(int(time.time()) + days * DAY_S):
                self.found.silent_after_days = days
        self._look("silence")

    async def use_one_key(self) -> None:
        """One release key is stolen, and the log's operator helps."""
        self._tell(_say("one-stolen-key"))
        made, found = self._made, self.found
        stolen, half, other = (made.release(5, version, deed=_EVIL) for version in ("6.7", "7.1", "7.2"))
        found.one_key_entered = await refusal(made.enter(stolen, SIGNERS[:1]))
        await made.append(
            made.entry(stolen, SIGNERS[:1]), made.with_half(half), made.with_forged(other), *made.taken_over(5, "7.3")
        )
        found.one_key = await refusal(self._mina.install("6.7"))
        found.half_a_key = await refusal(self._mina.install("7.1"))
        found.forged_key = await refusal(self._mina.install("7.2"))
        found.new_keys = await refusal(self._mina.install("7.3"))
        self._look("one-key")

    async def release_all_the_same(self) -> None:
        """Three people release the next version, after all that was put into their log."""
        self.found.released_after = await refusal(self._made.enter(self._made.release(5, "1.4")))
        self.found.seen_after = await self._jun.finds("1.4")

    async def buy_the_quorum(self) -> None:
        """Both witnesses sign what they are told to, with an old date."""
        self._tell(_say("bought-quorum"))
        made, found = self._made, self.found
        alone = await self._show_bought("bought-alone", made.entry(made.release(6, "6.9"), SIGNERS[:1]))
        found.bought_one_key = await refusal(self._jun.install("6.9", where=alone))
        # With a folder of its own the log is a new one.
        elsewhere = made.folder / "begun-by-others"
        await made.show_apart(elsewhere, made.begun_by_others("7.4"), self._witness_keys())
        found.bought_other_log = await refusal(Reader(self._folder / "sora", made).begin(elsewhere))
        bought = await self._show_bought("bought", made.entry(made.release(6, "6.8", deed=_EVIL)))
        found.bought_waited = await refusal(self._mina.install("6.8", where=bought, days=_DAYS))
        self._look("bought-waited")
        found.bought = await refusal(self._mina.install("6.8", where=bought))
        self._look("bought")
        await refusal(made.enter(made.release(6, "1.5")))
        found.noticed = await refusal(self._mina.look())
        found.proven = self._has_proof()
        found.undone = self._mina.versions.undo() or ""
        self._look("undone")

    def _has_proof(self) -> bool:
        """Whether what Mina's machine kept proves to others that there are two histories."""
        policy = Policy.parse(self._made.policy)
        for before, now in self._mina.memory.evidence:
            with suppress(NullabonaError):
                if weigh(fork_of(before.read_bytes(), now.read_bytes()), policy).proven:
                    return True
        return False

    async def _show_bought(self, name: str, entry: Entry) -> Path:
        """A copy of the log with one more entry, cosigned with the witnesses' own keys and dated back."""
        time_s = int(time.time()) - _BACK_S
        return await self._made.show_apart(self._made.copied(name), [entry], self._witness_keys(), time_s)

    def _witness_keys(self) -> list[SignerKey]:
        """The keys of both witnesses."""
        return [key for process in self._witnesses.processes for key in read_key_file(process.key)]

    def _look(self, after: str) -> None:
        self.found.runs[after] = self._mina.runs()
