"""The report of the drill ``coerced-operator``: every lie, what came of it, and the claims that it tried."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from nullabona.drills.coerced_operator.findings import DEEDS, NOTICED, Told
from nullabona.drills.coerced_operator.scenario import describe, play
from nullabona.drills.operator.lies import APART, CARDS
from nullabona.drills.reporting.report import Check, Report, Verdict
from nullabona.drills.reporting.text import Tell, Text

_NOT_PROMISED: Final = frozenset({"promise-invalid", "card-not-in-log"})
"""Why a card is refused whose promise, or whose place in the record, is another card's. A look that ends otherwise, as
with an answer that does not come, says nothing of the card."""


def run(tell: Tell, *, only: Sequence[str] = ()) -> Report:
    """Play the drill in a new folder, no more than the lines of ``only`` need, and no further once all of these
    have failed. Raises what goes wrong.
    """
    lies = {lie for line in only or _TRIED for lie in _TRIED[line][0]}

    def enough(told: Sequence[Told]) -> bool:
        checks = {check.id: check.verdict for check in _checks({one.name: one for one in told})}
        return bool(only) and all(checks[line] is Verdict.FAILED for line in only)

    return report_of(play(tell, [lie for lie in DEEDS if lie in lies], enough)).only(only)


def report_of(told: Sequence[Told]) -> Report:
    """What came of it."""
    title = Text("A relay whose operator is made to lie", "거짓말을 강요받은 운영자의 릴레이")
    out = Report("coerced-operator", title)
    out.section(
        "Each lie, told while four people talk and renew their keys",
        "네 사람이 대화하고 열쇠를 바꾸는 동안의 거짓말",
        [describe(one) for one in told],
    )
    out.section("To be known beside it", "함께 알아 둘 것", _BESIDE)
    out.checks = _checks({one.name: one for one in told})
    out.data = {"lies": msgspec.to_builtins(told)}
    return out


_BESIDE: Final = (
    Text("The client's waiting times are shortened here, as in the demo: what takes a second takes up to a minute "
         "for people.",
         "여기서는 데모처럼 클라이언트의 대기 시간을 줄임: 1초 걸린 것이 실제로는 1분까지 걸릴 수 있음."),
    Text("What an operator can do with the keys of its public record: nulla drill lying-directory.",
         "공개 기록의 열쇠로 할 수 있는 일: nulla drill lying-directory."),
    Text("Two halves that are kept apart for ever are not noticed through this relay.",
         "영원히 갈라놓은 두 쪽은 이 서버를 통해서는 알아챌 수 없음."),
)  # fmt: skip


def _checks(told: dict[str, Told]) -> list[Check]:
    return [_check(id, lies, holds, told) for id, (lies, holds) in _TRIED.items()]


def _check(id: str, lies: Sequence[str], holds: Callable[[Told], bool], told: dict[str, Told]) -> Check:
    tried = [told[name] for name in lies if name in told]
    wrong = [one.name for one in tried if not holds(one)]
    if not wrong and len(tried) < len(lies):
        return Check(id, Verdict.UNPROVEN, _CLAIMS[id].because(_LOST_BEFORE))
    return Check.of(id, _CLAIMS[id].with_list(", ".join(wrong)), held=not wrong)


def _noticed(one: Told) -> bool:
    return one.noticed and (one.name != APART or one.came_through > 0)


def _refused(one: Told) -> bool:
    """Whether each look at a card was answered with a false one, and ended as it should."""
    return one.answers >= len(one.looked) > 0 and _NOT_PROMISED.issuperset(one.looked)


_TRIED: Final[dict[str, tuple[Sequence[str], Callable[[Told], bool]]]] = {
    "L-01": (("delay", "drop"), lambda one: one.came_through == 0),
    "L-02": (NOTICED, _noticed),
    "L-10": (("forge", "alter", "rewrite", "repeat"), lambda one: one.whole),
    "L-11": ((CARDS,), _refused),
    "L-13": (tuple(DEEDS), lambda one: one.forged == 0),
    "L-16": (tuple(DEEDS), lambda one: one.whole and one.answers > 0),
}
"""For each claim the lies that try it, and what has to be so of each."""
_LOST_BEFORE: Final = Text("not all was tried: something was lost before", "무언가 사라져서 모두 시험하지 못함")
_CLAIMS: Final = {
    "L-01": Text("Such a relay can hold everything back for as long as it lies.",
                 "그런 서버는 거짓말하는 동안 모두 붙잡아 둘 수 있음."),
    "L-02": Text("It can show two halves of a room different histories until their views meet; then somebody is "
                 "told, and in the half that saw the false one somebody in any case.",
                 "두 쪽의 기록이 만날 때까지 서로 다른 기록을 보여 줄 수 있음. 만나면 누군가는 그것을 알게 되고, "
                 "거짓 기록을 본 쪽에서는 반드시 누군가 알게 됨."),
    "L-10": Text("Noise, altered and repeated frames stop no room.",
                 "잡음, 바꾼 프레임, 되풀이한 프레임은 방을 멈추지 못함."),
    "L-11": Text("A card of another key is refused: the promise or the proof that comes with it is of the true one.",
                 "다른 열쇠의 명함은 거절됨: 함께 온 약속이나 증명은 참된 명함의 것임."),
    "L-13": Text("Nobody is shown a message that nobody wrote.", "아무도 쓰지 않은 메시지는 누구에게도 보이지 않음."),
    "L-16": Text("Once it is honest, everybody has everything, once, and the room is one.",
                 "정직해지면 모두가 모든 메시지를 한 번씩 갖추고 방은 하나임."),
}  # fmt: skip
