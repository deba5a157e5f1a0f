"""An officer's own authenticators: adding one and disabling one. Both are signed with a working one."""

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
from nullabona.docket.console.request.context import RequestContext
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


def page(context: RequestContext) -> Answer:
    """The officer's authenticators."""
    working = context.console.working(context.me)
    shown = [
        Shown(key_id_of(one.credential_id), one, one in working)
        for one in context.console.store.passkeys_of(context.me)
    ]
    coming = [one for one in context.desk.pending() if one.held and one.subject == context.me]
    may = bool(context.roles & DESK[DeskAction.OBJECT])
    return context.page("own.html", passkeys=shown, few=len(working) < LEAST_PASSKEYS, coming=coming, may_object=may)


def options(context: RequestContext) -> Answer:
    """The WebAuthn options: first to sign the addition, then to create the passkey."""
    session, officer = context.signed_in
    label = _label(context, str(context.asked.json().get("label", "")))
    shown = own_act("add-passkey", context.me, label, context.now_s)
    challenge = sha256(shown).digest()
    context.console.sessions.ask(session, Pending(challenge, shown, until(context.now_s), _signed))
    working = [one.credential_id for one in context.console.working(context.me)]
    known = tuple(one.credential_id for one in context.console.store.passkeys_of(context.me))
    sign = {"options": assertion_options(context.console.settings.site, challenge, working)}
    create = context.console.registrar.options(context.me, officer.name, known, context.now_s)
    return as_json({"sign": sign, "create": {"options": create, "input": key_id_of(PRF_INPUT)}})


def add(context: RequestContext) -> Answer:
    """Store a new passkey; it works once two officers have admitted it."""
    session, _ = context.signed_in
    said = context.asked.json()
    signed = said.get("signed")
    assertion = read_assertion(signed if isinstance(signed, dict) else {})
    pending = context.console.sessions.take(session, assertion.challenge, context.now_s)
    if pending.carry_out is not _signed:
        raise SignatureSpent("you were asked to sign something else since")
    pending.carry_out(context, assertion)
    label = json.loads(pending.shown)["about"]
    made = context.console.registrar.made(context.me, {**said, "label": label}, context.now_s)
    identity = context.console.sessions.identity(context.token)
    if identity is None:
        raise PasskeyRefused("this session holds no identity to seal")
    context.console.store.add_passkey(made.sealing(context.me, identity, context.now_s))
    return as_json({"go": "/authenticators"})


def set_aside(context: RequestContext) -> Answer:
    """Ask for the signature that disables an authenticator permanently."""
    wanted = credential_id_of(context.params["key"])
    found = next((one for one in context.console.store.passkeys_of(context.me) if one.credential_id == wanted), None)
    if found is None or found.aside:
        raise FormWrong("this is not an authenticator of yours that is in use")
    _check_enough_left(context, found)
    saying = Saying(context.say("say.set-aside", label=found.label), (context.say("then.set-aside.1"),), grave=True)
    return ask_own(context, "set-aside", context.params["key"], saying, "/authenticators", partial(_put_aside, found))


def _put_aside(found: Passkey, context: RequestContext) -> str:
    _check_enough_left(context, found)
    context.console.store.set_aside(context.me, found.credential_id)
    return "/authenticators"


def _check_enough_left(context: RequestContext, found: Passkey) -> None:
    left = [one for one in context.console.working(context.me) if one.credential_id != found.credential_id]
    if len(left) < LEAST_PASSKEYS:
        raise TooFewPasskeys("two authenticators that work must be left")


def _signed(context: RequestContext, assertion: Assertion) -> str:
    passkey = signer_key(context, assertion)
    context.console.verify.check(assertion, assertion.challenge, passkey.public_key)
    return "/authenticators"


def _label(context: RequestContext, text: str) -> str:
    label = typed(text, LABEL_LONGEST).replace("\n", " ")
    known = context.console.store.passkeys_of(context.me)
    if not label or any(one.label == label for one in known):
        raise FormWrong("give the authenticator a name of its own")
    if sum(not one.aside for one in known) >= MOST_PASSKEYS:
        raise PasskeyUnsuitable("there are too many authenticators; set one aside first")
    return label
