"""An officer's own authenticators: add one, set one aside; both are signed with one that works."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

from nullabona.docket.console.pages.asking import Saying, ask_own, signer_key
from nullabona.docket.console.passkeys.enrolling import LABEL_LONGEST
from nullabona.docket.console.passkeys.refusals import (
    FormWrong,
    PasskeyRefused,
    PasskeyUnsuitable,
    SignatureSpent,
    TooFewPasskeys,
)
from nullabona.docket.console.passkeys.sealing import PRF_INPUT
from nullabona.docket.console.passkeys.sessions import Pending, until
from nullabona.docket.console.passkeys.signing import credential_id_of, key_id_of, own_act
from nullabona.docket.console.passkeys.webauthn import Assertion, assertion_options, read_assertion
from nullabona.docket.console.request.answers import Answer, as_json
from nullabona.docket.console.request.context import Visit
from nullabona.docket.console.rules.session import LEAST_PASSKEYS, MOST_PASSKEYS
from nullabona.docket.console.rules.text import typed
from nullabona.docket.console.store.records import Passkey
from nullabona.docket.core.roles import DESK, DeskAction


@dataclass(frozen=True, slots=True)
class Shown:
    """A passkey as the page shows it."""

    id: str
    passkey: Passkey
    works: bool


def page(visit: Visit) -> Answer:
    """The officer's authenticators."""
    working = visit.house.working(visit.me)
    shown = [
        Shown(key_id_of(one.credential_id), one, one in working) for one in visit.house.store.passkeys_of(visit.me)
    ]
    coming = [one for one in visit.house.desk.pending() if one.held and one.subject == visit.me]
    may = bool(visit.roles & DESK[DeskAction.OBJECT])
    return visit.page("own.html", passkeys=shown, few=len(working) < LEAST_PASSKEYS, coming=coming, may_object=may)


def options(visit: Visit) -> Answer:
    """What the browser needs: first to sign that one is added, then to make it."""
    session, officer = visit.signed_in
    label = _label(visit, str(visit.asked.json().get("label", "")))
    shown = own_act("add-passkey", visit.me, label, visit.now_s)
    challenge = sha256(shown).digest()
    visit.house.sessions.ask(session, Pending(challenge, shown, until(visit.now_s), _signed))
    working = [one.credential_id for one in visit.house.working(visit.me)]
    known = tuple(one.credential_id for one in visit.house.store.passkeys_of(visit.me))
    sign = {"options": assertion_options(visit.house.settings.site, challenge, working)}
    create = visit.house.registrar.options(visit.me, officer.name, known, visit.now_s)
    return as_json({"sign": sign, "create": {"options": create, "input": key_id_of(PRF_INPUT)}})


def add(visit: Visit) -> Answer:
    """Keep a new passkey; it works when two officers have admitted it."""
    session, _ = visit.signed_in
    said = visit.asked.json()
    signed = said.get("signed")
    assertion = read_assertion(signed if isinstance(signed, dict) else {})
    pending = visit.house.sessions.take(session, assertion.challenge, visit.now_s)
    if pending.carry_out is not _signed:
        raise SignatureSpent("you were asked to sign something else since")
    pending.carry_out(visit, assertion)
    label = json.loads(pending.shown)["about"]
    made = visit.house.registrar.made(visit.me, {**said, "label": label}, visit.now_s)
    identity = visit.house.sessions.identity(visit.token)
    if identity is None:
        raise PasskeyRefused("this session holds no identity to seal")
    visit.house.store.add_passkey(made.sealing(visit.me, identity, visit.now_s))
    return as_json({"go": "/authenticators"})


def set_aside(visit: Visit) -> Answer:
    """Ask for the signature that takes an authenticator out of use, for good."""
    wanted = credential_id_of(visit.params["key"])
    found = next((one for one in visit.house.store.passkeys_of(visit.me) if one.credential_id == wanted), None)
    if found is None or found.aside:
        raise FormWrong("this is not an authenticator of yours that is in use")
    _check_enough_left(visit, found)
    saying = Saying(visit.say("say.set-aside", label=found.label), (visit.say("then.set-aside.1"),), grave=True)
    return ask_own(visit, "set-aside", visit.params["key"], saying, "/authenticators", partial(_put_aside, found))


def _put_aside(found: Passkey, visit: Visit) -> str:
    _check_enough_left(visit, found)
    visit.house.store.set_aside(visit.me, found.credential_id)
    return "/authenticators"


def _check_enough_left(visit: Visit, found: Passkey) -> None:
    left = [one for one in visit.house.working(visit.me) if one.credential_id != found.credential_id]
    if len(left) < LEAST_PASSKEYS:
        raise TooFewPasskeys("two authenticators that work must be left")


def _signed(visit: Visit, assertion: Assertion) -> str:
    passkey = signer_key(visit, assertion)
    visit.house.verify.check(assertion, assertion.challenge, passkey.public_key)
    return "/authenticators"


def _label(visit: Visit, text: str) -> str:
    label = typed(text, LABEL_LONGEST).replace("\n", " ")
    known = visit.house.store.passkeys_of(visit.me)
    if not label or any(one.label == label for one in known):
        raise FormWrong("give the authenticator a name of its own")
    if sum(not one.aside for one in known) >= MOST_PASSKEYS:
        raise PasskeyUnsuitable("there are too many authenticators; set one aside first")
    return label
