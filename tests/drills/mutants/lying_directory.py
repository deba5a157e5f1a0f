"""What a directory may make people believe."""

from __future__ import annotations

from typing import Final

from tests.drills.mutants.kinds import Edit, Mutant, mutant

MUTANTS: Final[tuple[Mutant, ...]] = (
    mutant("roots are not compared", "lying-directory", "M-10",
        Edit("client/core/record/checking.py", "    if frontier.root != sighting.root:", "    if False:"), stuck=True),
    mutant("entries at the own handle are not looked at", "lying-directory", "M-11 M-12",
        Edit("client/runner/oversight.py", "            judged, alarms = judge(before, sights, own)",
             "            judged, alarms = before, []"), stuck=True),
    mutant("witnesses are not demanded", "lying-directory", "M-13",
        Edit("log/policy.py", '        raise NotWitnessed(f"{len(witnesses)} of the policy\'s witnesses cosigned, which is no quorum")',
             "        return Seen(checkpoint, checkpoint.origin, witnesses, None)"), stuck=True),
    mutant("a log may shrink", "lying-directory", "M-14",
        Edit("client/core/record/pinned.py", "    if seen.size < pinned.size:", "    if False:"), stuck=True),
    mutant("promises are forgotten", "lying-directory", "M-15",
        Edit("client/runner/oversight.py", "            still, broken = settle(mine, sights, own)",
             "            still, broken = [], []"), stuck=True),
)  # fmt: skip
