"""The story of the drill: three people release, one person updates, and their operator is ordered to change that."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from nullabona.drills.forced_update.findings import Forced
from nullabona.drills.forced_update.people import SIGNERS, Publishers, Reader, refusal
from nullabona.drills.reporting.text import Sentences, Tell
from nullabona.drills.stage.playing import in_folder
from nullabona.drills.stage.standin import wheel
from nullabona.drills.stage.witnesses import Witnesses, witnessed
from nullabona.log.forks import fork_of, weigh
from nullabona.log.keys import vkey
from nullabona.log.policy import Policy
from nullabona.machine.keyfile import read_key_file
from nullabona.releases.choice import DAY_S, SILENCE_S

_say: Final = Sentences("drill_forced_update")
_DAYS: Final = 3
_BACK_S: Final = 30 * DAY_S
_EVIL: Final = "print('previews are read along')"


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
        await scene.give_what_is_old()
        await scene.fork()
        await scene.be_silent()
        await scene.use_one_key()
        await scene.buy_the_quorum()
        return scene.found


class _Scene:
    def __init__(self, folder: Path, made: Publishers, witnesses: Witnesses, tell: Tell) -> None:
        self._made, self._witnesses, self._tell = made, witnesses, tell
        self._mina, self._jun = (Reader(folder / name, made) for name in ("mina", "jun"))
        self._evil = folder / "evil"
        self._evil.mkdir()
        self.found = Forced()

    async def live(self) -> None:
        """Two releases; one person runs the second."""
        self._tell(_say("releases-are-published"))
        made = self._made
        for statement in (made.keys, made.release(0, "1.0"), made.release(1, "1.1")):
            await made.enter(statement)
        for reader in (self._mina, self._jun):
            await reader.begin()
        began = time.monotonic()
        await self._mina.install("1.1")
        self.found.install_s = time.monotonic() - began
        self._look("start")

    async def give_what_is_not_logged(self) -> None:
        """Another program, under a version of its own and in the place of a release's file."""
        self._tell(_say("not-logged"))
        made = self._made
        name, data = wheel("6.6", deed=_EVIL)
        (self._evil / name).write_bytes(data)
        self.found.unlogged = await refusal(self._mina.install("6.6", self._evil))
        await made.enter(made.release(2, "1.2"))
        (self._evil / wheel("1.2")[0]).write_bytes(wheel("1.2", deed=_EVIL)[1])
        self.found.other_bytes = await refusal(self._mina.install("1.2", self._evil))
        self._look("unlogged")

    async def log_for_one(self) -> None:
        """Two people are made to sign a release for one person."""
        self._tell(_say("logged-for-one"))
        made, found = self._made, self.found
        statement = made.release(3, "1.3", deed=_EVIL)
        apart = await made.show_apart(made.copied("for-mina"), [made.entry(statement).encode()])
        found.shown_to_one = await refusal(self._mina.install("1.3", where=apart))
        await made.enter(statement)
        found.waited = await refusal(self._mina.install("1.3", days=_DAYS))
        found.others_saw = "1.3" in (await self._jun.look()).ledger.releases
        self._look("logged-for-one")

    async def give_what_is_old(self) -> None:
        """That release is taken back; it and the first one are offered again."""
        self._tell(_say("old-and-taken-back"))
        self._before = self._made.copied("before")
        await self._made.revoke("1.3")
        self.found.revoked = await refusal(self._mina.install("1.3"))
        self.found.older = await refusal(self._mina.install("1.0"))
        self._look("old")

    async def fork(self) -> None:
        """The log goes on from where it was before the revocation, in another way."""
        self._tell(_say("second-history"))
        made, found = self._made, self.found
        other = made.release(4, "1.4", deed=_EVIL)
        found.witnesses_said = await refusal(made.enter(other, log=self._before))
        found.rolled_back = await refusal(self._mina.install("1.3", where=self._before))
        apart = await made.show_apart(self._before, [made.entry(other).encode()])
        found.fork = await refusal(self._mina.install("1.4", where=apart))
        self._look("fork")

    async def be_silent(self) -> None:
        """Nothing new is shown any more."""
        self._tell(_say("silence"))
        followed = await self._mina.look()
        days = SILENCE_S // DAY_S + 1
        self.found.silent_before = followed.is_silent(self._mina.now_s + (days - 2) * DAY_S)
        if followed.is_silent(int(time.time()) + days * DAY_S):
            self.found.silent_after_days = days
        self._look("silence")

    async def use_one_key(self) -> None:
        """One release key is stolen, and the log's operator helps."""
        self._tell(_say("one-stolen-key"))
        made, found = self._made, self.found
        stolen = made.release(4, "6.7", deed=_EVIL)
        found.one_key_entered = await refusal(made.enter(stolen, SIGNERS[:1]))
        await made.append(made.entry(stolen, SIGNERS[:1]).encode())
        found.one_key = await refusal(self._mina.install("6.7"))
        self._look("one-key")

    async def buy_the_quorum(self) -> None:
        """Both witnesses sign what they are told to, with an old date."""
        self._tell(_say("bought-quorum"))
        made, found = self._made, self.found
        alone = await self._show_bought("bought-alone", made.entry(made.release(4, "6.7"), SIGNERS[:1]).encode())
        found.bought_one_key = await refusal(self._jun.install("6.7", where=alone))
        bought = await self._show_bought("bought", made.entry(made.release(4, "6.8", deed=_EVIL)).encode())
        found.bought_waited = await refusal(self._mina.install("6.8", where=bought, days=_DAYS))
        self._look("bought-waited")
        found.bought = await refusal(self._mina.install("6.8", where=bought))
        self._look("bought")
        await made.enter(made.release(4, "1.5"))
        found.noticed = await refusal(self._mina.look())
        before, now = (path.read_bytes() for path in self._mina.memory.evidence)
        found.proven = weigh(fork_of(before, now), Policy.parse(made.policy)).proven
        found.undone = self._mina.versions.undo()
        self._look("undone")

    async def _show_bought(self, name: str, entry: bytes) -> Path:
        """A copy of the log with one more entry, cosigned with the witnesses' own keys and dated back."""
        keys = [key for process in self._witnesses.processes for key in read_key_file(process.key)]
        time_s = int(time.time()) - _BACK_S
        return await self._made.show_apart(self._made.copied(name), [entry], keys, time_s)

    def _look(self, after: str) -> None:
        self.found.runs[after] = self._mina.runs()
