"""A desk with officers, a taxonomy of a few instruments, and whole cases walked through it."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, cast

import msgspec

from nullabona.docket.administration import DeskDone
from nullabona.docket.cases.casework import Done, describe_document
from nullabona.docket.core.acts import (
    AuthorityDetails,
    BarDetails,
    CaseDetails,
    CredentialKind,
    DeskDetails,
    EnrolDetails,
    IntakeDetails,
    KeyDetails,
    PlainDetails,
    ReviewDetails,
)
from nullabona.docket.core.cadence import Cadence
from nullabona.docket.core.instrument import DAY, HOUR, Instrument, Register, Taxonomy, Timer
from nullabona.docket.core.notice import somebody
from nullabona.docket.core.records import Authority, ClassAnswer, Decision, Demand, File, Gag, Gate, Identifier, Package
from nullabona.docket.core.roles import DeskAction, Role
from nullabona.docket.core.states import Action
from nullabona.docket.desk import Desk, Proposal
from nullabona.docket.keeping.founding import First, found
from nullabona.docket.keeping.signing import credential_of, signer, verify_ed25519
from nullabona.docket.keeping.vault import new_identity
from nullabona.docket.ports import Acting, Outside, PackageOrder, Publication, SealPackage, VerifyAssertion
from nullabona.docket.store.opening import DeskPlace
from nullabona.wire.canonical import digest
from nullabona.wire.demands import Label

NOON = 20_818 * DAY + 12 * HOUR
"""The last day of 2026H2: a test that wants the half-year's report waits twelve periods for it."""
ROLES: Mapping[str, tuple[Role, ...]] = {
    "ada": (Role.ADMIN,),
    "ben": (Role.ADMIN,),
    "ina": (Role.INTAKE,),
    "ivo": (Role.INTAKE, Role.REVIEWER),
    "rea": (Role.REVIEWER,),
    "cora": (Role.COUNSEL,),
    "carl": (Role.COUNSEL,),
    "rolf": (Role.RELEASER,),
    "nora": (Role.NOTIFIER,),
    "pia": (Role.PUBLISHER,),
    "aud": (Role.AUDITOR,),
    "kim": (Role.KEY_CUSTODIAN,),
}
AUTHORITIES: Final[Mapping[str, str]] = {"KR": "seoul-police", "US": "us-marshals", "EU": "eu-court"}
"""Who demands by a country's law, unless a test names somebody else."""
DOCUMENT = "압수수색영장 사본".encode()


class Clock:
    """A clock that stands until it is moved, in either direction."""

    def __init__(self, now_s: int = NOON) -> None:
        self.now_s = now_s

    def __call__(self) -> int:
        return self.now_s

    def pass_(self, seconds: int) -> None:
        self.now_s += seconds


@dataclass(frozen=True, slots=True)
class Person:
    """An officer with the two secrets that lie outside the server room."""

    name: str
    seed: bytes = field(repr=False)
    identity: str = field(repr=False)
    recipient: str

    @property
    def acting(self) -> Acting:
        return Acting(self.name, (self.identity,))

    def enrolment(self) -> EnrolDetails:
        return EnrolDetails(self.name, self.name.title(), self.recipient, (credential_of(self.seed, "file"),))


def person(name: str) -> Person:
    """A new officer."""
    identity, recipient = new_identity()
    return Person(name, random.Random(name).randbytes(32), identity, recipient)


def row(name: str, **more: object) -> Instrument:
    """An instrument that says ordinary things where nothing else is wanted."""
    plain: dict[str, object] = {
        "id": name, "label": Label("영장", "warrant"), "legal_class": "stored_content", "law": ("형사소송법 제215조",),
        "issuers": ("court",), "compulsory": True, "valid_from": 0, "gates": ("cover_copy_received",),
        "timers": (Timer("answer", 10 * DAY), Timer("review", DAY, until="reviewed")),
        "register": Register(3 * 365), "notice": "after_answer", "item": "at_close", "count": "exact",
    }  # fmt: skip
    made = msgspec.convert(msgspec.to_builtins(plain | more), Instrument)
    return msgspec.structs.replace(made, row=digest(made))


TAXONOMY = Taxonomy(
    (
        row("KR.WARRANT"),
        row("KR.INTERCEPT", legal_class="realtime_content", notice="never", item="never", default_gag=True),
        row("US.NSL", notice="after_gag", item="at_horizon", count="band", gates=()),
        row("EU.EPOC", gates=(), timers=(Timer("answer", 10 * DAY), Timer("emergency", 8 * HOUR))),
        row("KR.OLD", valid_to=20_000),
        row("US.CIVIL", notice="before_answer", notice_wait_s=14 * DAY, gates=(), timers=()),
    ),
    bytes(range(32)),
)
CARDS: dict[str, Mapping[str, object]] = {
    "mina@relay.example": {"handle": "mina@relay.example", "name": "mina", "encoded": "00ff", "registered_day": 20_700}
}


def producible(handle: str) -> Mapping[str, object]:
    """What is held about a handle here."""
    return CARDS.get(handle, {"handle": handle})


def make_package(order: PackageOrder) -> Package:
    """A small package that depends on all of its order."""
    text = msgspec.json.encode({name: getattr(order, name) for name in PackageOrder.__slots__}, enc_hook=str)
    return Package((File("manifest.json", text), File("NO-DATA.txt", b"nothing else is held\n")))


def demand(clock: Clock, **more: object) -> Demand:
    """A warrant for Mina's account, as it came a minute ago."""
    authority = AUTHORITIES.get(str(more.get("instrument", "KR"))[:2], "agency")
    plain = Demand(
        instrument="KR.WARRANT", authority=authority, authority_ref="2026-1234", legal_basis="형사소송법 제215조",
        issued_day=clock() // DAY, received_s=clock() - 60, identifiers=(Identifier("handle", "mina@relay.example"),),
        classes=("subscriber", "content"), gates=(Gate("cover_copy_received", met=True),),
        document=describe_document(DOCUMENT), called_back=True,
    )  # fmt: skip
    return msgspec.structs.replace(plain, **more)


PRODUCE = Decision("produce", (ClassAnswer("subscriber", "produced"), ClassAnswer("content", "not_held")))
REFUSE = Decision("refuse", reason="incomplete")
GAG = Gag("18 U.S.C. § 2705(b)", NOON + 90 * DAY)


class Office:
    """A founded desk and the people who work at it."""

    publication: Publication | None = None
    seal: SealPackage | None = None

    def __init__(self, place: DeskPlace, clock: Clock, cadence: Cadence | None = None) -> None:
        self.place, self.clock = place, clock
        self.people = {name: person(name) for name in ROLES}
        self.auditor, self.outside_recipient = new_identity()
        self.random_bytes = random.Random(7).randbytes
        self.cadence = cadence or Cadence(start_s=NOON - HOUR)
        self.pointer_key = self.begin()
        self.desk = self.open()

    def begin(self) -> bytes:
        """Found the desk; the auditor's pointer key."""
        first = tuple(First(self.people[name].enrolment(), roles) for name, roles in ROLES.items())
        return found(self.place, first, (self.outside_recipient,), self.cadence, self.clock, self.random_bytes)

    def open(self) -> Desk:
        """The desk in this place, once more if it was closed."""
        verifiers: dict[CredentialKind, VerifyAssertion] = {"ed25519": verify_ed25519}
        outside = Outside(self.clock, self.random_bytes, producible, make_package, verifiers, self.seal)
        return Desk(self.place, TAXONOMY, outside, self.publication)

    @property
    def folder(self) -> Path:
        """The desk's folder, if it is on SQLite."""
        assert isinstance(self.place, Path)
        return self.place

    @folder.setter
    def folder(self, folder: Path) -> None:
        self.place = folder

    def who(self, name: str) -> Acting:
        return self.people[name].acting

    def sign(self, name: str, proposal: Proposal, document: bytes | None = None) -> Done | DeskDone:
        """Carry out what was proposed, signed by ``name``."""
        return self.desk.perform(self.who(name), proposal, signer(self.people[name].seed)(proposal.act), document)

    def do(self, name: str, action: Action, case: bytes, details: CaseDetails | None = None) -> Done:
        """One action on a case."""
        if action is Action.HAND_OVER and details is None:
            proposal = self.desk.propose_hand_over(self.who(name), case, unsealed=self.seal is None)
        else:
            proposal = self.desk.propose(self.who(name), action, case, details or PlainDetails())
        done = self.sign(name, proposal)
        assert isinstance(done, Done)
        return done

    def take_in(self, name: str = "ina", given: Demand | None = None) -> bytes:
        """A new case."""
        given = self.called_back(given or demand(self.clock))
        details = IntakeDetails(given, ("same-reference", "same-document"))
        done = self.sign(name, self.desk.propose(self.who(name), Action.INTAKE, None, details), DOCUMENT)
        assert isinstance(done, Done)
        return done.case

    def called_back(self, given: Demand) -> Demand:
        """A demand, with its authority in the registry if it is said to have been called back."""
        if given.called_back and given.authority not in {one.id for one in self.desk.staff.authorities()}:
            self.register(given.authority, jurisdiction=cast("Literal['KR', 'US', 'EU']", given.instrument[:2]))
        return given

    def both(self, first: str, second: str, action: DeskAction, details: DeskDetails) -> DeskDone:
        """An action on the desk with its two signatures."""
        done = self.sign(first, self.desk.propose(self.who(first), action, None, details))
        done = self.sign(second, self.desk.propose_confirm(self.who(second), done.challenge))
        assert isinstance(done, DeskDone)
        return done

    def add_key(self, first: str, second: str, details: KeyDetails) -> DeskDone:
        """Another key for an officer, which was proposed a day ago."""
        self.clock.pass_(-DAY)
        done = self.sign(first, self.desk.propose(self.who(first), DeskAction.ADD_KEY, None, details))
        self.clock.pass_(DAY)
        done = self.sign(second, self.desk.propose_confirm(self.who(second), done.challenge))
        assert isinstance(done, DeskDone)
        return done

    def register(self, name: str = "seoul-police", recipient: str = "", *, title: str = "서울경찰청",
                 jurisdiction: Literal["KR", "US", "EU"] = "KR") -> None:  # fmt: skip
        """An authority in the registry."""
        authority = Authority(name, title, jurisdiction, "+82-2-000-0000", self.clock() // DAY, "ina", recipient)
        self.both("ina", "rea", DeskAction.REGISTER_AUTHORITY, AuthorityDetails(authority))

    def walk(self, case: bytes, decision: Decision = PRODUCE) -> bytes:
        """A case that was taken in, until its answer is approved."""
        self.sign("ina", self.desk.propose_match(self.who("ina"), case))
        self.do("rea", Action.REVIEW, case, ReviewDetails())
        self.sign("cora", self.desk.propose_decision(self.who("cora"), case, decision))
        self.sign("rolf", self.desk.propose_release(self.who("rolf"), case))
        return case

    def bar(self, case: bytes) -> None:
        """Two officers record that a law bars the notice; one records that there is nobody, if the case says so."""
        content = self.desk.glance(self.who("cora"), case).content
        if not somebody(content):
            self.do("cora", Action.NOBODY_TO_TELL, case)
            return
        self.do("cora", Action.BAR_NOTICE, case, BarDetails("통신비밀보호법 제11조제2항"))
        self.sign("carl", self.desk.propose_confirm_bar(self.who("carl"), case))
