"""What an officer signs: one action on one version of one case, once (spec/docket.md §4).

The challenge of a passkey's assertion, and what an officer's key file signs, is SHA-256 of the act's canonical JSON.
The act holds only a digest of its details, so the desk can keep it in the clear. The sealed case holds the details.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from nullabona.docket.core.deputies import DeputyDetails, Deputyship, EndDeputyDetails
from nullabona.docket.core.doubts import Doubt
from nullabona.docket.core.instrument import Day, Seconds
from nullabona.docket.core.records import (
    Authority,
    Decision,
    Demand,
    Gag,
    Identifier,
    Note,
    OfficerId,
    Recipient,
    Short,
)
from nullabona.docket.core.roles import Role
from nullabona.docket.core.states import Action
from nullabona.errors import Bug, PeerError, UserError
from nullabona.wire.canonical import canonical, digest
from nullabona.wire.slots import Hash

NONCE_SIZE: Final = 32
ACT_LIFETIME_S: Final = 600
NO_VERSION: Final = bytes(32)

Hex = Annotated[str, Meta(pattern=r"^([0-9a-f]{2})*\Z", max_length=128)]
CredentialKind = Literal["ed25519", "webauthn"]


class AssertionInvalid(PeerError):
    """A signature over an action is invalid, made by a key that is not the officer's, or too late."""

    code = "docket-assertion-invalid"
    default_hint = "start the action again and sign it with a key that is registered for you"


class Replayed(PeerError):
    """The signature was already used, or was made for another case."""

    code = "docket-replayed"
    default_hint = "start the action again; every signature is good for one action on one case"


class Stale(UserError):
    """The case changed after the officer saw it."""

    code = "docket-stale"
    default_hint = "look at the case again before you sign: nulla docket show CASE"


class DetailsWrong(UserError):
    """A required field is empty, or a text is too long."""

    code = "docket-details-wrong"
    default_hint = "fill it in, or shorten it"


class IntakeDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="intake"):
    """Takes a demand in. `Desk.perform` gets its document as a separate argument."""

    demand: Demand
    despite: tuple[Doubt, ...] = ()
    """The doubts that the officer saw and confirmed."""


class AmendDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="amend"):
    """Corrects a demand: every approval becomes void and the case returns to ``received``."""

    demand: Demand
    why: Note


class MatchDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="match"):
    """Matches the demand's identifiers, which are looked up exactly as written."""

    identifiers: tuple[Identifier, ...]


class ReviewDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="review"):
    """A second officer has compared the case with the original."""

    note: Note = ""


class DecideDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="decide"):
    """The decision and the resulting package (the desk fills in the digest)."""

    decision: Decision
    package_sha256: Hash


class ReleaseDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="release"):
    """The second approval, of exactly this decision and package. For ``produce`` and ``refuse``."""

    decision: Hash
    package_sha256: Hash


class PlainDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="plain"):
    """An action without further details: receipt, notify, publish, seal, close."""

    note: Note = ""


class HandOverDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="hand-over"):
    """The form in which the package is handed over, filled in by the desk; an unsealed package says so."""

    custodian: Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?\Z")] = ""
    """SHA-256 of the custodian's certificate; empty if there is no seal."""
    recipient: Recipient = ""
    """The authority's age recipient that the package is encrypted to; empty if it is not encrypted."""
    unsealed: bool = True


class DeferDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="defer"):
    """Defers the notice until a time, for a reason that the law provides."""

    until_s: Seconds
    basis: Short


class BarDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="bar"):
    """Proposes that we give no notice, and states which law forbids it."""

    basis: Short


class GagDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="gag"):
    """The new gag: renewed with its new end, or None to lift it."""

    gag: Gag | None
    basis: Short


class RecuseDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="recuse"):
    """The officer has an interest in the case and withdraws from it."""

    why: Note


class StayDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="stay"):
    """A court has stayed the demand, by which decision."""

    basis: Short


class ResumeDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="resume"):
    """The stay is over, by which decision: the case is looked up, reviewed and decided again."""

    basis: Short


class ConfirmDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="confirm"):
    """The second signature, under exactly the act with this challenge."""

    approves: Hash


CaseDetails = (
    IntakeDetails | AmendDetails | MatchDetails | ReviewDetails | DecideDetails | ReleaseDetails | PlainDetails
    | HandOverDetails | DeferDetails | BarDetails | GagDetails | StayDetails | ResumeDetails
    | RecuseDetails | ConfirmDetails
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ask:
    """What an action on a case states. ``filled_in``: the fields an officer fills in; the case gives the others."""

    details: type[CaseDetails]
    filled_in: tuple[Literal["note", "why", "basis", "until"], ...] = ()
    grave: bool = False
    """Whether the action is irreversible."""


ASKS: Final[Mapping[Action, Ask]] = {
    Action.INTAKE: Ask(IntakeDetails),
    Action.AMEND: Ask(AmendDetails),
    Action.MATCH: Ask(MatchDetails),
    Action.REVIEW: Ask(ReviewDetails, ("note",)),
    Action.DECIDE: Ask(DecideDetails),
    Action.PRODUCE: Ask(ReleaseDetails, grave=True),
    Action.REFUSE: Ask(ReleaseDetails, grave=True),
    Action.RECEIPT: Ask(PlainDetails, ("note",)),
    Action.HAND_OVER: Ask(HandOverDetails, grave=True),
    Action.NOTIFY_FIRST: Ask(PlainDetails, ("note",), grave=True),
    Action.NOTIFY: Ask(PlainDetails, ("note",), grave=True),
    Action.DEFER_NOTICE: Ask(DeferDetails, ("until", "basis")),
    Action.BAR_NOTICE: Ask(BarDetails, ("basis",)),
    Action.CONFIRM_BAR: Ask(ConfirmDetails),
    Action.NOBODY_TO_TELL: Ask(PlainDetails, ("note",)),
    Action.PUBLISH: Ask(PlainDetails, ("note",), grave=True),
    Action.SEAL: Ask(PlainDetails, ("note",)),
    Action.CLOSE: Ask(PlainDetails, ("note",), grave=True),
    Action.RENEW_GAG: Ask(GagDetails, ("until", "basis")),
    Action.LIFT_GAG: Ask(GagDetails, ("basis",)),
    Action.CONFIRM_GAG: Ask(ConfirmDetails),
    Action.STAY: Ask(StayDetails, ("basis",)),
    Action.RESUME: Ask(ResumeDetails, ("basis",)),
    Action.RECUSE: Ask(RecuseDetails, ("why",)),
}
"""Every action on a case except reading it. Console, command line and desk use this table."""


def stated(action: Action, text: str = "", until_s: int | None = None) -> CaseDetails:
    """The details of an action that an officer fills in. ``text``: its note, reason or basis."""
    kind = ASKS[action].details
    if kind is GagDetails:
        return GagDetails(Gag(text, until_s) if action is Action.RENEW_GAG else None, text)
    if kind is DeferDetails and until_s is not None:
        return DeferDetails(until_s, text)
    if issubclass(kind, ReviewDetails | PlainDetails | RecuseDetails | BarDetails | StayDetails | ResumeDetails):
        return kind(text)
    raise Bug(f"no officer fills in {action}")


class Credential(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key that signs for an officer. ``public``: 32 bytes of Ed25519, or a COSE key."""

    key_id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{8,344}\Z")]
    kind: CredentialKind
    public: bytes
    label: Short
    sign_count: int = 0


class EnrolDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="enrol"):
    """A new officer: their signing keys, and the age recipient that cases are sealed to."""

    officer: OfficerId
    name: Short
    recipient: Short
    credentials: Annotated[tuple[Credential, ...], Meta(min_length=1, max_length=8)]


class RevokeDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="revoke"):
    """The officer loses every right."""

    officer: OfficerId
    why: Note


class RoleDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="role"):
    """Grants or removes a role (the action says which)."""

    officer: OfficerId
    role: Role


class KeyDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="key"):
    """Another key for an officer."""

    officer: OfficerId
    credential: Credential


class ObjectDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="object"):
    """An objection; it ends a held proposal."""

    challenge: Hash
    why: Note


class AuthorityDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="authority"):
    """An authority for the call-back registry."""

    authority: Authority


class ReportDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="report"):
    """The figures of a half-year up to the end of a period, as the digest of the table that the desk drew up."""

    term: Short
    table: Hash
    until: Annotated[int, Meta(ge=0)]


class SettleDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="settle"):
    """Settles a half-year at its horizon: every slot is opened except those of the band."""

    term: Short


class OpenDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="open"):
    """Open the slots of these published cases."""

    cases: tuple[Hex, ...]


class OutageDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="outage"):
    """Late periods, and the reason for the public."""

    first: Annotated[int, Meta(ge=0)]
    last: Annotated[int, Meta(ge=0)]
    ko: Annotated[str, Meta(min_length=1, max_length=1_000)]
    en: Annotated[str, Meta(min_length=1, max_length=1_000)]


class SignOffDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="sign-off"):
    """Signs off a row of the taxonomy: counsel compared exactly this row with ``source`` and answers for it."""

    instrument: Short
    valid_from: Day
    row: Hash
    """SHA-256 of the row, so that a row that changes is not signed off any more."""
    source: Annotated[str, Meta(min_length=1, max_length=400)]


DeskDetails = (
    EnrolDetails | RevokeDetails | RoleDetails | KeyDetails | AuthorityDetails | ReportDetails | SettleDetails
    | OpenDetails | OutageDetails | SignOffDetails | DeputyDetails | EndDeputyDetails | ObjectDetails | ConfirmDetails
)  # fmt: skip


class Act(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One action as signed. ``case`` is empty for the desk itself; ``version`` is the one the officer saw."""

    action: Short
    case: Hex
    version: Hex
    officer: OfficerId
    details: Hex
    nonce: Hex
    expires_s: Seconds
    confirms: bool = False
    """Whether this is the second signature of a desk action that needs two."""
    stands_for: OfficerId | UnsetType = UNSET
    """The absent officer whose deputy does it; not encoded if officers act for themselves."""
    v: Literal[1] = 1

    @property
    def made_s(self) -> int:
        """When the desk drew up the act."""
        return self.expires_s - ACT_LIFETIME_S

    @property
    def challenge(self) -> bytes:
        """The 32 bytes that the officer signs."""
        return digest(self)

    def encode(self) -> bytes:
        """The canonical JSON whose hash is the challenge; the console shows it beside its own words."""
        return canonical(self)


class Assertion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An officer's signature over an act's challenge. ``payload``: 64 bytes of Ed25519, or WebAuthn's JSON."""

    kind: CredentialKind
    key_id: str
    payload: Annotated[bytes, Meta(max_length=16_384)]


class Officer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An officer as the desk knows them."""

    id: OfficerId
    name: Short
    recipient: Short
    roles: tuple[Role, ...]
    active: bool
    enrolled_day: Day
    deputyships: tuple[Deputyship, ...] = ()
    """For whom they act now."""

    @property
    def rights(self) -> frozenset[Role]:
        """Their own roles, and those of the officers for whom they act now."""
        return frozenset(self.roles).union(*(one.roles for one in self.deputyships))


def check_form(details: CaseDetails | DeskDetails) -> None:
    """Raises `DetailsWrong` for details that could not be decoded again: the constructors check nothing."""
    try:
        msgspec.convert(msgspec.to_builtins(details), type(details))
    except msgspec.ValidationError as error:
        where = str(error).rpartition("`$.")[2].rstrip("`")
        raise DetailsWrong(f"an entry is missing, or longer than it can be kept: {where}") from None
