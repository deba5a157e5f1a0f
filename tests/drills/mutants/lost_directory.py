"""What the loss of a directory's machine ends, and what not."""

from __future__ import annotations

from typing import Final

from tests.drills.mutants.kinds import Edit, Mutant, mutant

MUTANTS: Final[tuple[Mutant, ...]] = (
    # -- chosen from the lines and the code, before the drill's checks were read
    mutant("nobody is told that a contact's handle leads to another key", "lost-directory", "G-02",
        Edit("client/core/identity/contact_keys.py", "    step.tell(IdentityChanged(contact.room, contact.account, contact.handle, was_verified=was_verified))\n",
             "    return\n"), stuck=True, blind=True),
    mutant("who comes back to a handle that was taken is not told", "lost-directory", "G-02",
        Edit("client/runner/own_key_monitor.py", "        step.tell(Warned(code=alarm.code, detail=about))\n", ""),
        Edit("client/runner/publishing.py", '        self._context.warn("card-not-ours", handle=account.record.handle, reason=reason)\n', ""),
        stuck=True, blind=True),
    mutant("what is sent waits for the directory", "lost-directory", "G-10",
        Edit("client/runner/outbox.py", "            carrier = await connection.ready()\n            request = self._request(item)\n",
             "            await self._context.directories.look_up(self._context.engine.local.handle)\n"
             "            carrier = await connection.ready()\n            request = self._request(item)\n"), stuck=True, blind=True),
    mutant("rooms are read only while the directory answers", "lost-directory", "G-10",
        Edit("client/runner/reads.py", "            moved = await self._read(key, connection, await connection.ready())\n",
             "            await self._context.directories.look_up(self._context.engine.local.handle)\n"
             "            moved = await self._read(key, connection, await connection.ready())\n"), stuck=True, blind=True),
    mutant("nobody notices that a card is missing", "lost-directory", "G-11",
        Edit("client/runner/own_key_monitor.py", "            self._look_at_card()\n", "            pass\n"), stuck=True, blind=True),
    mutant("a card that is not shown is not put back", "lost-directory", "G-11",
        Edit("client/runner/publishing.py", "                note_lost(step.store)\n            return await self._publish()\n", "                pass\n            return True\n"),
        stuck=True, blind=True),
    mutant("a copy that lacks entries is restored", "lost-directory", "G-12",
        Edit("reading/witnesses.py", "        if word.checkpoint.size > copy.size:", "        if False:"), stuck=True, blind=True),
    mutant("a witness begins anew with what it is shown", "lost-directory", "G-12",
        Edit("log/witnessing.py", "    if request.old_size != last.size:\n", "    if request.checkpoint.size < last.size:\n        return Accept(checkpoint, request.note)\n    if request.old_size != last.size:\n"),
        stuck=True, blind=True),
    mutant("who keeps a copy of the record takes a shorter one", "lost-directory", "G-12",
        Edit("reading/mirror.py", "    await advance(source, signed_alone(policy), report, last, lambda _number, _entry: None, from_start=True)\n", ""), stuck=True, blind=True),
)  # fmt: skip
