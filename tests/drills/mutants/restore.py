"""What an operator's honest mistakes must not lead to."""

from __future__ import annotations

from typing import Final

from tests.drills.mutants.kinds import Edit, Mutant, mutant

MUTANTS: Final[tuple[Mutant, ...]] = (
    # -- chosen from the lines and the code, before the drill's checks were read
    mutant("that somebody holds more of the log is not noticed", "restore", "G-13",
        Edit("sequencer/history.py", "        if checkpoint.size > self.size:\n", "        if False:\n"), stuck=True, blind=True),
    mutant("a directory whose record goes on elsewhere stays", "restore", "G-13",
        Edit("directory/health.py", "            self.carrier.end(error)\n", "            pass\n"), stuck=True, blind=True),
    mutant("a relay serves where no record has begun", "restore", "G-14",
        Edit("operating/relay.py", "    check_begun(config, host, chosen)\n", ""), stuck=True, blind=True),
    mutant("a key is made for a record that has lost its own", "restore", "G-14",
        Edit("directory/keys.py", "            if begun:\n", "            if False:\n"), stuck=True, blind=True),
    mutant("witnesses sign what no mirror has", "restore", "G-15",
        Edit("sequencer/log.py", "            await self._show_mirrors(note, tree)\n", ""), stuck=True, blind=True),
    mutant("a mirror copies only what witnesses have signed", "restore", "G-15",
        Edit("reading/mirror.py", "    await _update_pending(files, disk, policy)\n", ""), stuck=True, blind=True),
    mutant("a card that was lost with all others is an accusation", "restore", "G-16",
        Edit("client/core/directory/owner.py", "LOST if epoch in emptied else MISSING", "MISSING"), stuck=True, blind=True),
    mutant("a directory that lost its cards does not go on", "restore", "G-16",
        Edit("directory/record.py", "            self._begin_anew(end - 1)\n", "            pass\n"), stuck=True, blind=True),
)  # fmt: skip
