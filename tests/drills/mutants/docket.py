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
)  # fmt: skip
