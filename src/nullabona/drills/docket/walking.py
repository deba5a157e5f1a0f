"""One demand's way through the desk: no step is left out, and none that needs two is done by one."""

from __future__ import annotations

from pathlib import Path

from nullabona.docket.cases.casework import Done
from nullabona.docket.cases.handover import HandedOver
from nullabona.docket.core.acts import IntakeDetails
from nullabona.docket.core.decide import gagged, instrument_of
from nullabona.docket.core.notice import NOT_OURS, somebody
from nullabona.docket.core.records import CaseId, ClassAnswer, Decision
from nullabona.docket.core.states import Action
from nullabona.docket.production.classes import answer_of
from nullabona.docket.production.folder import write_folder
from nullabona.docket.taxonomy import Row
from nullabona.drills.docket.demands import Asked
from nullabona.drills.docket.office import Office
from nullabona.errors import Bug


def take_in(office: Office, asked: Asked) -> CaseId:
    """The intake officer enters it, and looks up whom it names."""
    proposal = office.desk.propose(office.who("ina"), Action.INTAKE, None, IntakeDetails(asked.demand))
    done = office.sign("ina", proposal, asked.document)
    if not isinstance(done, Done):
        raise Bug("an intake makes a case")
    office.sign("ina", office.desk.propose_match(office.who("ina"), done.case))
    return done.case


def review(office: Office, case: CaseId, by: str = "cora") -> None:
    """A second officer compares the case with the original."""
    office.act(by, Action.REVIEW, case)


def decide(office: Office, case: CaseId) -> Decision:
    """Counsel answers each class: with what is held, or that nothing is. Without its gates a demand is refused.

    One whose answer waits for the person's days in court is refused too: no drill lasts two weeks.
    """
    who = office.who("cora")
    content = office.desk.show(who, case).content
    if content.demand.gates_unmet:
        decision = Decision("refuse", reason="gate_not_met")
    elif instrument_of(content.demand, office.catalogue.taxonomy()).notice == "before_answer":
        decision = Decision("refuse", reason="incomplete")
    else:
        asked = content.demand.classes
        decision = Decision("produce", tuple(ClassAnswer(name, answer_of(name, content.matches)) for name in asked))
    office.sign("cora", office.desk.propose_decision(who, case, decision))
    return decision


def release(office: Office, case: CaseId) -> None:
    """A third officer approves exactly that package, or that refusal."""
    office.sign("rolf", office.desk.propose_release(office.who("rolf"), case))


def begin(office: Office, asked: Asked) -> CaseId:
    """From the letter box to the approved answer."""
    case = take_in(office, asked)
    review(office, case)
    decide(office, case)
    release(office, case)
    return case


def hand_over(office: Office, case: CaseId, folder: Path) -> HandedOver:
    """Receipt first, then the sealed folder. The demand's slot has to be in the witnessed log by now."""
    office.act("cora", Action.RECEIPT, case)
    who = office.who("rolf")
    office.sign("rolf", office.desk.propose_hand_over(who, case))
    given = office.desk.handed_over(who, case)
    write_folder(folder, given.files)
    return given


def finish(office: Office, case: CaseId, row: Row) -> bool:
    """Notice, if it may be given; publication, if it may be shown; close. Whether the person is told."""
    content = office.desk.glance(office.who("cora"), case).content
    silent = gagged(content, office.pace())
    told = not silent and row.notice.rule not in NOT_OURS and somebody(content)
    if told:
        office.act("rolf", Action.NOTIFY, case)
    elif somebody(content):
        office.act("cora", Action.BAR_NOTICE, case, row.notice.law or row.gag.law or f"notice: {row.notice.rule}")
        office.sign("ina", office.desk.propose_confirm_bar(office.who("ina"), case))
    else:
        office.act("cora", Action.NOBODY_TO_TELL, case)
    if silent or row.publication.item in {"never", "at_horizon"}:
        office.act("cora", Action.SEAL, case)
    else:
        office.act("rolf", Action.PUBLISH, case)
    office.act("rolf", Action.CLOSE, case)
    return told
