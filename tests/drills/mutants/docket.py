"""What a legal desk may hide or hand over."""

from __future__ import annotations

from typing import Final

from tests.drills.mutants.kinds import Edit, Mutant, mutant

MUTANTS: Final[tuple[Mutant, ...]] = (
    mutant("entries are not compared with what was signed", "docket", "K-12",
        Edit("docket/verify.py", "    if fault is None and Frontier().extend(leaf_hashes(entries)).root == seen.checkpoint.root:",
             "    if fault is None:")),
    mutant("periods are not compared with what witnesses saw", "docket", "K-12",
        Edit("docket/verify.py", "        if roots.get(each.checkpoint.size) != each.checkpoint.root:", "        if False:")),
    mutant("a package names other hashes than its files have", "docket", "K-18",
        Edit("docket/production/bag.py", "    return sha256(data).hexdigest()", '    return sha256(data + b" ").hexdigest()'),
        stuck=True),
    mutant("witnesses forget what they signed", "docket", "K-12 K-20",
        Edit("witness/core/judging.py", "known = Cosigned(held.size, held.root) if held is not None else None",
             "known = None"),
        Edit("witness/store/schema.sql", "WHEN new.size < old.size OR (new.size = old.size AND new.root <> old.root)\n", "WHEN 0\n"),
        stuck=True),
    # -- chosen from the lines and the code, before the drill's checks were read, or by somebody who attacked it
    mutant("of the log's two kinds of keys one is enough", "docket", "K-18",
        Edit("log/policy.py", "    if signed != {key.kind for key in keys}:", "    if not signed:"), blind=True),
    mutant("a certificate may be signed with anybody's key", "docket", "K-18",
        Edit("docket/production/verify.py", "    if custodian is not None and signed_by.fingerprint != custodian:", "    if False:"), blind=True, trace="FOUND: "),
    mutant("the signatures of a package may be over other files", "docket", "K-18",
        Edit("docket/production/verify.py", "    if note.text != tree.encode():\n", "    if False:\n"), blind=True, trace="FOUND: "),
    mutant("nobody asks whose signatures are on a package", "docket", "K-18",
        Edit("docket/production/verify.py", "    verified = verify_note(note, keys)\n    require_log(tree, keys, verified)\n    if len(note.signatures) != len(verified):",
             "    verified = verify_note(note, keys)\n    if not note.signatures:"), blind=True, trace="FOUND: "),
    mutant("a period's window never ends", "docket", "K-12",
        Edit("docket/core/recount.py", "        elif stamp.by_s is not None and stamp.by_s > due + cadence.window_s:", "        elif False:"), blind=True, trace="FOUND: "),
    mutant("a period counts as seen when its first witness saw it", "docket", "K-12",
        Edit("log/policy.py", "        return next(by for by in times if self.is_quorum(frozenset(name for name, time in witnesses if time <= by)))",
             "        return 0"), blind=True, trace="FOUND: "),
    mutant("an entry that is missing is none that was altered", "docket", "K-12",
        Edit("docket/verify.py", '    wrong = Finding("log-broken", "entries-from" if where else "entries", where)\n', '    if fault is None:\n        return ()\n    wrong = Finding("log-broken", "entries-from" if where else "entries", where)\n'), blind=True, trace="FOUND: "),
    mutant("a log may go on from another one than was seen", "docket", "K-12 K-20",
        Edit("log/witnessing.py", "        verify_consistency(last.size, last.root, checkpoint.size, checkpoint.root, request.proof)\n", "        pass\n"),
        Edit("log/witnessing.py", "    if checkpoint.size == last.size and checkpoint.root != last.root:", "    if False:"), stuck=True, blind=True),
    mutant("a receipt is believed without its proof", "docket", "K-20",
        Edit("docket/core/receipt.py", "    return parse_proof(receipt.slot.proof.encode()).verify(receipt.slot.leaf, policy)",
             "    return policy.check(parse_proof(receipt.slot.proof.encode()).note)"), blind=True),
    mutant("what is not in the log is proven by what is", "docket", "K-17",
        Edit("docket/publishing/batches.py", '        row = self._store.row("slot_of", commitment)\n        if row is None:\n            raise NotInLog("the event waits for its slot")\n',
             '        row = self._store.row("slot_of", commitment)\n        if row is None:\n            return SlotRef(0, 0)\n'), stuck=True, blind=True),
    mutant("the directory hands over whom others looked up", "docket", "K-19",
        Edit("directory/service.py", '        """The record\'s answer for a name."""\n',
             '        """The record\'s answer for a name."""\n        with (self._record.public.parent.parent / "asked").open("a") as kept:\n            kept.write(request.name + " ")\n'),
        Edit("directory/service.py", "        found = find_holding(reader, wanted.name, held_mark(wanted))\n    return hand_over(wanted, found)",
             "        found = find_holding(reader, wanted.name, held_mark(wanted))\n    record = hand_over(wanted, found)\n"
             '    asked = next(data_dir.parent.rglob("asked"), None) or next(data_dir.rglob("asked"), None)\n'
             '    return record | {"skeleton": asked.read_text()} if asked and "skeleton" in record else record'), blind=True, trace="FOUND: "),
    mutant("an event's pointer says that its slot holds nothing", "docket", "K-17",
        Edit("docket/core/pointers.py", '    body = (bytes([kind]) + blind + case).ljust(_TEXT, b"\\0")', '    body = (bytes([0]) + blind + case).ljust(_TEXT, b"\\0")'), blind=True),
)  # fmt: skip
