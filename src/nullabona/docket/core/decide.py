"""How each action changes a case, and when it is refused. Pure: the shell looks up, signs and seals.

Every function takes the content of a case and returns the new content.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Final

import msgspec

from nullabona.docket.core.acts import AmendDetails, GagDetails, IntakeDetails, Stale
from nullabona.docket.core.instrument import DAY, Instrument, Taxonomy
from nullabona.docket.core.records import (
    CaseContent,
    ClassAnswer,
    Decision,
    Demand,
    Gag,
    GagProposal,
    Match,
    Package,
)
from nullabona.errors import UserError
from nullabona.wire.canonical import canonical, digest
from nullabona.wire.demands import DataClass
from nullabona.wire.slots import Outcome

HELD: Final[frozenset[DataClass]] = frozenset({"subscriber", "identification"})
"""The only classes that can be produced: what the directory keeps about an account. The sealed frames in the account's
inbox can be counted but not opened; no class of this desk holds them."""


class DemandIncomplete(UserError):
    """A demand lacks something, or contradicts itself or the taxonomy."""

    code = "docket-demand-incomplete"
    default_hint = "correct what was entered, or take it in and refuse it as incomplete"


class GateNotMet(UserError):
    """An intake gate is not met, or the authority was not called back, so nothing may be produced."""

    code = "docket-gate-not-met"
    default_hint = (
        "refuse it with gate_not_met, or amend the demand once the gate is met; an authority can be called back after "
        "two officers have registered it"
    )


class DecisionInvalid(UserError):
    """A decision does not answer the demand, or lacks a required reason."""

    code = "docket-decision-invalid"
    default_hint = "answer each class that was asked for; give a reason for each that is refused"


class NoticeBarred(UserError):
    """A gag or the law forbids notifying the person now."""

    code = "docket-notice-barred"
    default_hint = "defer the notice until the gag ends, or record which law bars it"


class NotYetPublic(UserError):
    """The instrument's rule or a gag forbids showing the demand now."""

    code = "docket-not-yet-public"
    default_hint = "seal the case; its slots are opened or renewed at their horizon"


def version_of(content: CaseContent, serial: int) -> bytes:
    """The version that approvals sign. ``serial`` counts edits, so restoring an old text revives no old approval."""
    approved = msgspec.structs.replace(content, gag=None, proposed_gag=None, barred=None, proposed_bar=None, stay=None)
    return digest({"content": msgspec.to_builtins(approved), "serial": serial, "v": 1})


def take_in(details: IntakeDetails | AmendDetails, taxonomy: Taxonomy, now_s: int) -> CaseContent:
    """The content of a new or amended case. Raises `DemandIncomplete`."""
    demand = details.demand
    instrument = instrument_of(demand, taxonomy)
    problem = _problem(demand, instrument, now_s)
    if problem:
        raise DemandIncomplete(problem)
    gag = demand.gag
    if gag is None and instrument.default_gag:
        gag = Gag(basis=", ".join(instrument.law)[:200] or instrument.id)
    return CaseContent(demand=demand, gag=gag)


def instrument_of(demand: Demand, taxonomy: Taxonomy) -> Instrument:
    """The row that was in force when the demand arrived. Raises `DemandIncomplete`."""
    found = taxonomy.find(demand.instrument, demand.received_s // DAY)
    if found is None:
        raise DemandIncomplete("no such instrument is in force on the day of receipt")
    return found


def check_jurisdiction(instrument: Instrument, jurisdiction: str) -> None:
    """Raises `DemandIncomplete` unless the instrument belongs to the authority's jurisdiction."""
    if instrument.jurisdiction != jurisdiction:
        raise DemandIncomplete(
            f"an authority of {jurisdiction} cannot demand by {instrument.id}",
            hint="choose the kind of demand that the authority's own law knows, or correct the registry",
        )


def _problem(demand: Demand, instrument: Instrument, now_s: int) -> str | None:
    if problem := _times_wrong(demand, now_s):
        return problem
    if {gate.name for gate in demand.gates} != set(instrument.gates) or len(demand.gates) != len(instrument.gates):
        return f"every gate must be named once: {', '.join(instrument.gates) or 'there is none'}"
    if len(set(demand.classes)) != len(demand.classes):
        return "a class of data is asked for twice"
    if (demand.from_day is None) != (demand.to_day is None):
        return "a span of days has a beginning and an end"
    if demand.from_day is not None and demand.to_day is not None and demand.from_day > demand.to_day:
        return "the span of days ends before it begins"
    if demand.emergency is True and not instrument.emergency_form:
        return "this kind of demand has no emergency form"
    return None


def _times_wrong(demand: Demand, now_s: int) -> str | None:
    if demand.received_s > now_s:
        return "the demand is dated as received in the future"
    if demand.issued_day > demand.received_s // DAY + 1:
        return "the demand was issued after it was received"
    return None


def as_kept(record: Mapping[str, object]) -> dict[str, str | int]:
    """The output of ``producible`` as a case keeps it; nested rows become canonical JSON text (RFC 8785)."""
    return {
        name: value if isinstance(value, str | int) else canonical(value).decode() for name, value in record.items()
    }


def matched(
    content: CaseContent, found: Mapping[str, Mapping[str, str | int] | None], cards: Mapping[str, str]
) -> CaseContent:
    """Adds the match of each identifier. ``found``: ``producible``'s output by identifier, None if not a handle.

    ``cards``: the card of each, whatever the period of the demand.
    """
    matches = tuple(
        Match(identifier, len(record) > 1, dict(record), cards.get(identifier.text, "") if len(record) > 1 else "")
        for identifier in content.demand.identifiers
        for record in [found.get(identifier.text) or {}]
    )
    return msgspec.structs.replace(content, matches=matches)


def check_decision(content: CaseContent, decision: Decision) -> None:
    """Raises `DecisionInvalid` or `GateNotMet`."""
    if decision.outcome == "refuse":
        if decision.reason is None or decision.answers:
            raise DecisionInvalid("a refusal has one reason and no answers")
        if decision.reason == "third_country_conflict" and not decision.grounds:
            raise DecisionInvalid("a conflict with a third country's law names that law")
        return
    unmet = content.demand.gates_unmet
    if unmet or not content.demand.called_back:
        raise GateNotMet(f"not met: {', '.join(unmet) or 'the authority was not called back'}")
    if decision.reason is not None:
        raise DecisionInvalid("a production as a whole has no reason for refusal")
    if tuple(answer.data_class for answer in decision.answers) != content.demand.classes:
        raise DecisionInvalid("the answers are not those to the classes that were asked for, in their order")
    for answer in decision.answers:
        _check_answer(content, answer)


def _check_answer(content: CaseContent, answer: ClassAnswer) -> None:
    if (answer.answer == "refused") != (answer.reason is not None):
        raise DecisionInvalid("a refused class has a reason, and no other has")
    if answer.answer == "produced" and (answer.data_class not in HELD or not any(m.found for m in content.matches)):
        raise DecisionInvalid(f"nothing of the class {answer.data_class} is held")


def decided(content: CaseContent, decision: Decision, package: bytes) -> CaseContent:
    """Adds the decision and the digest of the resulting package."""
    return msgspec.structs.replace(content, decision=decision, package_sha256=package)


def gag_proposed(content: CaseContent, details: GagDetails, challenge: bytes) -> CaseContent:
    """Adds a gag that waits for its second signature."""
    return msgspec.structs.replace(content, proposed_gag=GagProposal(details.gag, details.basis, challenge))


def gag_confirmed(content: CaseContent, approves: bytes) -> CaseContent:
    """Adopts the gag that two officers signed. Raises `Stale` if it is not the one proposed last."""
    proposed = content.proposed_gag
    if proposed is None or proposed.challenge != approves:
        raise Stale("this is not the gag that was proposed last")
    return msgspec.structs.replace(content, gag=proposed.gag, proposed_gag=None)


def resumed(content: CaseContent, now_s: int) -> CaseContent:
    """The case as it was taken in, with its gag; what was found and decided before the stay is void."""
    stayed_s = content.stayed_s + (now_s - content.stay.since_s if content.stay is not None else 0)
    return CaseContent(content.demand, gag=content.gag, stayed_s=max(0, stayed_s))


def package_digest(package: Package) -> bytes:
    """The digest that both approvals sign: SHA-256 over the canonical list of (path, SHA-256), by path."""
    names = [file.path for file in package.files]
    if len(set(names)) != len(names):
        raise Stale("a package has two files of one name")
    return digest([[file.path, sha256(file.data).hexdigest()] for file in sorted(package.files, key=lambda f: f.path)])


def gagged(content: CaseContent, now_s: int) -> bool:
    """Whether a gag is in force."""
    gag = content.gag
    return gag is not None and (gag.until_s is None or now_s < gag.until_s)


def check_notice(content: CaseContent, instrument: Instrument, now_s: int) -> None:
    """Raises `NoticeBarred` while the person must not be notified."""
    if instrument.notice == "never":
        raise NoticeBarred("the law bars notice by us for this instrument")
    if gagged(content, now_s):
        raise NoticeBarred("a gag is in force")


def check_public(content: CaseContent, instrument: Instrument, now_s: int) -> None:
    """Raises `NotYetPublic` unless this demand may be shown individually now."""
    if instrument.item in {"never", "at_horizon"}:
        raise NotYetPublic(f"the rule for single demands of this instrument is {instrument.item}")
    if gagged(content, now_s):
        raise NotYetPublic("a gag is in force")


def outcome_of(decision: Decision) -> Outcome:
    """The outcome as the public record counts it."""
    if decision.outcome == "refuse":
        return "refused"
    produced = {answer.answer == "produced" for answer in decision.answers}
    if len(produced) == 2:
        return "produced_partial"
    return "produced_full" if True in produced else "answered_no_data"
