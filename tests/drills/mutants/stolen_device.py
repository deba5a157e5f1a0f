"""What a device that is out can still do, and what is left in one."""

from __future__ import annotations

from typing import Final

from tests.drills.mutants.kinds import Edit, Mutant, mutant

# Whoever is in an epoch can read what its keys seal for two epochs more, so nobody who stays in notices.
_OLD_KEYS: Final = (
    Edit("client/mls.py", "        self.handle = handle\n\n    @property\n    def epoch(self) -> int:\n        return self.handle.epoch",
         "        self.handle = handle\n        self.old = None\n\n"
         "    def _before(self):\n"
         "        rows = self._owner._store.mls_rows([native.group_scope(self.handle.id)])\n"
         "        return native.Group.load(self.handle.id, rows, 0) if rows else None\n\n"
         "    @property\n    def epoch(self) -> int:\n        return self.handle.epoch"),
    Edit("client/mls.py", "            self.handle.accept(processed)",
         "            members, before = len(self.handle.members()), self._before()\n"
         "            self.handle.accept(processed)\n"
         "            self.old = before if len(self.handle.members()) < members else None"),
    Edit("client/mls.py", "            self.handle.merge_pending()",
         "            members, before = len(self.handle.members()), self._before()\n"
         "            self.handle.merge_pending()\n"
         "            self.old = before if len(self.handle.members()) < members else None"),
    Edit("client/mls.py", "            return self.handle.encrypt(self._owner.signer, plaintext)",
         "            return (self.old or self.handle).encrypt(self._owner.signer, plaintext)"),
)  # fmt: skip

MUTANTS: Final[tuple[Mutant, ...]] = (
    mutant("after a removal messages keep the keys from before", "stolen-device", "D-13 R-14", *_OLD_KEYS),
    mutant("whoever asks is given a way back", "stolen-device", "D-14",
        Edit("client/core/helping.py",
             "    if signers.in_room(step, sender, room.id):\n        return True\n", "    return True\n")),
    mutant("a passphrase costs next to nothing", "stolen-device", "D-02",
        Edit("client/keys.py", "STANDARD_COST: Final = PassphraseCost(memory_kib=64 * 1024, passes=3, lanes=4)",
             "STANDARD_COST: Final = PassphraseCost(memory_kib=32, passes=1, lanes=1)")),
    mutant("the write-ahead log is not put away", "stolen-device", "D-11",
        Edit("client/store/sqlite_store.py", "            self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)",
             "            pass")),
    mutant("what is deleted stays in the index", "stolen-device", "D-11",
        Edit("client/store/words.py", "            self._write(_DROP, (room, id))", "            pass")),
)  # fmt: skip
