"""Raw SQL on the desk's own database cannot get around the second pair of eyes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import msgspec
import pytest

from nullabona.docket.core.acts import (
    AmendDetails,
    GagDetails,
    RecuseDetails,
    ReviewDetails,
    RevokeDetails,
    RoleDetails,
)
from nullabona.docket.core.entered import CaseAltered
from nullabona.docket.core.records import CaseContent, Gag, GagProposal
from nullabona.docket.core.roles import DeskAction, NotAllowed, Role, SamePerson
from nullabona.docket.core.states import Action
from nullabona.docket.keeping.vault import seal, unseal
from nullabona.docket.store.rows import Recused, RoleAlone
from nullabona.docket.store.sqlite import FILE
from nullabona.wire.canonical import canonical, read_canonical
from tests.docket.databases import typed
from tests.docket.desks import NOON, PRODUCE, Office, demand


@pytest.fixture
def raw(office: Office) -> Iterator[sqlite3.Connection]:
    """A connection of somebody who knows SQL, to a desk with one case that is decided."""
    case = office.take_in()
    office.sign("ina", office.desk.propose_match(office.who("ina"), case))
    office.do("rea", Action.REVIEW, case, ReviewDetails())
    office.sign("cora", office.desk.propose_decision(office.who("cora"), case, PRODUCE))
    office.desk.close()
    connection = sqlite3.connect(office.folder / FILE, isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    yield connection
    connection.close()
    office.desk = office.open()


def act(officer: str, action: str, **more: str) -> str:
    """An act put in by hand, for the case as it stands, approving the decision as it was made."""
    columns = {
        "challenge": "randomblob(32)", "case_id": "(SELECT id FROM cases)", "action": f"'{action}'",
        "officer": f"'{officer}'", "key_id": f"(SELECT key_id FROM credential WHERE officer = '{officer}')",
        "state": "(SELECT state FROM cases)", "version": "(SELECT version FROM cases)",
        "approves": "(SELECT challenge FROM act WHERE action = 'decide')",
        "package": "(SELECT package FROM act WHERE action = 'decide')", "encoded": "x''", "payload": "x''", "at_s": "0",
    } | more  # fmt: skip
    return f"INSERT INTO act ({', '.join(columns)}) VALUES ({', '.join(columns.values())})"


ATTEMPTS = {
    "the decider releases": act("cora", "produce"),
    "the intake officer releases": act("ina", "produce"),
    "somebody without the role releases": act("nora", "produce"),
    "a release of another version": act("rolf", "produce", version="randomblob(32)"),
    "a release of another package": act("rolf", "produce", package="randomblob(32)"),
    "a release that names no decision": act("rolf", "produce", approves="NULL"),
    "a release that names a review": act("rolf", "produce",
                                         approves="(SELECT challenge FROM act WHERE action = 'review')"),
    "a release with somebody else's key": act("rolf", "produce",
                                              key_id="(SELECT key_id FROM credential WHERE officer = 'cora')"),
    "a release as if it stood elsewhere": act("rolf", "produce", state="'reviewed'"),
    "the case moves by itself": "UPDATE cases SET state = 'produced'",
    "the case moves by an old act": "UPDATE cases SET state = 'produced', last_act = "
                                    "(SELECT challenge FROM act WHERE action = 'decide')",
    "the version is changed under the approvals": "UPDATE cases SET version = randomblob(32)",
    "the decision is exchanged": "UPDATE cases SET decided_by = randomblob(32)",
    "a case begins half way": "INSERT INTO cases SELECT randomblob(16), 'x', 'decided', version, serial, received_s, "
                              "recipient, content, package, trail, receipt, NULL, NULL, NULL FROM cases",
    "an act is rewritten": "UPDATE act SET officer = 'rolf' WHERE action = 'decide'",
    "an act is removed": "DELETE FROM act WHERE action = 'review'",
    "a case is removed": "DELETE FROM cases",
    "an event is removed": "DELETE FROM event WHERE seq = 1",
    "an event is rewritten": "UPDATE event SET officer = 'rolf'",
    "an event is put in between": "INSERT INTO event SELECT 1, at_s, kind, case_id, officer, detail, nonce, previous, "
                                  "stands_for, randomblob(32) FROM event WHERE seq = 0",
    "a role out of nothing": "INSERT INTO officer_role VALUES ('rolf', 'counsel')",
    "a role is moved": "UPDATE officer_role SET role = 'releaser' WHERE officer = 'cora'",
    "an admin gets a case's key": "INSERT INTO case_key SELECT id, 'ada', x'' FROM cases",
    "a custodian gets a case's key": "INSERT INTO case_key SELECT id, 'kim', x'' FROM cases",
    "a case's key is exchanged": "UPDATE case_key SET wrapped = x''",
    "a new officer out of nothing": "INSERT INTO officer VALUES ('eve', 'Eve', 'age1', 0, NULL)",
    "a new key out of nothing": "INSERT INTO credential VALUES ('eveeveeve', 'rolf', 'ed25519', x'00', 'x', 0)",
    "a key is exchanged": "UPDATE credential SET public = x'00' WHERE officer = 'rolf'",
    "a counter goes back": "UPDATE credential SET sign_count = -1 WHERE officer = 'rolf'",
    "a proposal confirmed as it is made": "INSERT INTO pending VALUES (randomblob(32), 'grant-role', 'rolf', "
                                          "'counsel', x'', 'ada', 'ben', NULL, 0)",
    "a rule is added": "INSERT INTO permit VALUES ('admin', 'read', 'closed')",
    "a rule is removed": "DELETE FROM apart",
    "a rule is changed": "UPDATE permit SET role = 'admin' WHERE action = 'read'",
    "a step is added": "INSERT INTO step VALUES ('received', 'produce', 'produced')",
    "the desk is founded again": "DELETE FROM meta WHERE key = 'founded'",
    "a deputy out of nothing": "INSERT INTO deputy VALUES (1, 'rolf', 'cora', 0, 1000, NULL)",
    "a release as a deputy of nobody's appointment": act("nora", "produce", stands_for="'rolf'"),
    "a release by the decider as a deputy": act("cora", "produce", stands_for="'rolf'"),
    "an authority out of nothing": "INSERT INTO authority VALUES ('evil-police', x'')",
}  # fmt: skip


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS.keys())
def test_sql_does_not_get_around_it(raw: sqlite3.Connection, attempt: str) -> None:
    """The statement fails, and nothing of it is kept."""
    before = list(raw.iterdump())
    with pytest.raises(sqlite3.IntegrityError):
        raw.execute(attempt)
    assert before == list(raw.iterdump())


def test_the_right_person_is_not_refused(raw: sqlite3.Connection) -> None:
    """The same statement by the releaser is accepted: what is refused above is refused for its reason."""
    raw.execute(act("rolf", "produce"))
    raw.execute("UPDATE cases SET state = 'produced', last_act = (SELECT challenge FROM act WHERE action = 'produce')")
    with pytest.raises(sqlite3.IntegrityError):
        raw.execute(
            "UPDATE cases SET state = 'produced', last_act = (SELECT challenge FROM act WHERE action = 'produce')"
        )


def test_nobody_decides_about_themselves(office: Office) -> None:
    """An admin neither proposes nor confirms a role of their own, and does not confirm their own proposal."""
    for first, second in (("ada", "ben"), ("ada", "ada")):
        subject = second if first != second else "rolf"
        proposal = office.desk.propose(
            office.who(first), DeskAction.GRANT_ROLE, None, RoleDetails(subject, Role.COUNSEL)
        )
        done = office.sign(first, proposal)
        with pytest.raises(SamePerson):
            office.desk.propose_confirm(office.who(second), done.challenge)
    with pytest.raises(SamePerson):
        office.desk.propose(office.who("ada"), DeskAction.GRANT_ROLE, None, RoleDetails("ada", Role.COUNSEL))


def test_two_admins_grant_a_role(office: Office) -> None:
    """With two signatures it is granted; and admin or auditor never beside another role."""
    office.both("ada", "ben", DeskAction.GRANT_ROLE, RoleDetails("rolf", Role.NOTIFIER))
    assert (Role.NOTIFIER, Role.RELEASER) == office.desk.staff.officer("rolf").roles
    for role in (Role.ADMIN, Role.AUDITOR):
        with pytest.raises(RoleAlone):
            office.both("ada", "ben", DeskAction.GRANT_ROLE, RoleDetails("rolf", role))


def test_a_revoked_officer_can_do_nothing(office: Office) -> None:
    """Not even what was drawn up before."""
    case = office.take_in()
    proposal = office.desk.propose_match(office.who("ina"), case)
    office.both("ada", "cora", DeskAction.REVOKE, RevokeDetails("ina", "left"))
    with pytest.raises(NotAllowed):
        office.sign("ina", proposal)
    with pytest.raises(NotAllowed):
        office.desk.show(office.who("ina"), case)


def test_whoever_steps_back_is_out(office: Office) -> None:
    """No action and no reading after recusal, on this case."""
    case, other = office.take_in(), office.take_in()
    office.do("rea", Action.RECUSE, case, RecuseDetails("a cousin of mine"))
    with pytest.raises(Recused):
        office.desk.propose_match(office.who("rea"), case)
    with pytest.raises(Recused):
        office.desk.show(office.who("rea"), case)
    assert "received" == office.desk.show(office.who("rea"), other).state


def rewrite(office: Office, case: bytes, **more: object) -> None:
    """Somebody with SQL and one officer's identity, but nobody's signature, lets a case say something else."""
    keys = office.who("nora").keys
    keys_of_nora = "SELECT wrapped FROM case_key WHERE case_id = ? AND officer = 'nora'"
    (wrapped,) = typed(office, keys_of_nora, (case,)).fetchone()
    key = unseal(wrapped, keys).decode("ascii")
    sealed, recipient = typed(office, "SELECT content, recipient FROM cases WHERE id = ?", (case,)).fetchone()
    content = read_canonical(unseal(sealed, [key]), CaseContent, "a case")
    altered = canonical(msgspec.structs.replace(content, **more))
    typed(office, "UPDATE cases SET content = ? WHERE id = ?", (seal(altered, [recipient]), case))


GAG = Gag("as the court ordered")


@pytest.mark.parametrize("altered", ["gag", "demand", "decision"])
def test_a_case_that_was_rewritten_is_not_acted_on(office: Office, altered: str) -> None:
    """The database cannot see into what is sealed; the desk compares it with what was signed."""
    case = office.take_in(given=demand(office.clock, gag=GAG))
    office.sign("ina", office.desk.propose_match(office.who("ina"), case))
    office.do("rea", Action.REVIEW, case, ReviewDetails())
    office.sign("cora", office.desk.propose_decision(office.who("cora"), case, PRODUCE))
    other = {"gag": None, "demand": demand(office.clock, gag=GAG, authority_ref="2026-9"), "decision": None}
    rewrite(office, case, **{altered: other[altered]})
    for name in ("cora", "nora", "rolf"):
        with pytest.raises(CaseAltered):
            office.desk.show(office.who(name), case)


def test_what_is_proposed_of_a_gag_is_what_is_confirmed(office: Office) -> None:
    """Neither is a proposal turned into a lifting before the second signature."""
    case = office.take_in(given=demand(office.clock, gag=GAG))
    done = office.do("cora", Action.RENEW_GAG, case, GagDetails(Gag("still", NOON + 10**6), "renewed"))
    rewrite(office, case, proposed_gag=GagProposal(None, "renewed", done.challenge))
    with pytest.raises(CaseAltered):
        office.desk.propose_confirm_gag(office.who("rea"), case)


def test_gags_that_two_have_signed_are_no_alteration(office: Office) -> None:
    """Ordered, amended, lifted, amended again, renewed: each way is one that was signed."""
    case = office.take_in(given=demand(office.clock, gag=GAG))
    amended = AmendDetails(demand(office.clock, authority_ref="2026-9"), "misread")
    seen = []
    for action, details in (
        (Action.AMEND, amended), (Action.LIFT_GAG, GagDetails(None, "lifted")), (Action.AMEND, amended),
        (Action.RENEW_GAG, GagDetails(GAG, "renewed")), (Action.AMEND, amended),
    ):  # fmt: skip
        office.do("ivo" if action is Action.AMEND else "cora", action, case, details)
        if action is not Action.AMEND:
            office.sign("rea", office.desk.propose_confirm_gag(office.who("rea"), case))
        seen.append(office.desk.show(office.who("ina"), case).content.gag)
    assert [GAG, None, None, GAG, GAG] == seen
