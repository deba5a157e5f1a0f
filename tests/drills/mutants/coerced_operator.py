"""What clients make of what a relay says."""

from __future__ import annotations

from typing import Final

from tests.drills.mutants.kinds import Edit, Mutant, mutant

MUTANTS: Final[tuple[Mutant, ...]] = (
    mutant("views are not compared", "coerced-operator", "L-02 L-16",
        Edit("client/core/boxes.py", "    _diverge(step, room, track)\n\n\ndef _diverge", "\n\ndef _diverge")),
    mutant("nothing is said again", "coerced-operator", "L-16",
        Edit("client/core/boxes.py", "        acknowledging.send_again(step, room, track)\n", "        pass\n"),
        Edit("client/core/boxes.py", "    _answer_gaps(step, room, track, said)\n", ""),
        Edit("client/core/boxes.py", "    _diverge(step, room, track)\n\n\ndef _diverge", "\n\ndef _diverge")),
    mutant("a promise need not be of this card", "coerced-operator", "L-11",
        Edit("client/core/record/checking.py",
             "promise = check_promise(pinned, str(handle), card_hash(answer.card), answer.promise, frontier, now_s)",
             "promise = None")),
)  # fmt: skip
