"""Asks for a signature: shows the action in plain words, its consequences, and the exact bytes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from typing import Final

import msgspec

from nullabona.docket.console.passkeys.refusals import PasskeyRefused
from nullabona.docket.console.passkeys.sessions import Pending, until
from nullabona.docket.console.passkeys.signing import for_the_desk, own_act
from nullabona.docket.console.passkeys.webauthn import Assertion, assertion_options
from nullabona.docket.console.request.answers import Answer
from nullabona.docket.console.request.context import RequestContext
from nullabona.docket.console.rules.text import visible
from nullabona.docket.console.store.records import Passkey
from nullabona.docket.core.roles import NotAllowed, Role
from nullabona.docket.desk import Proposal
from nullabona.wire.canonical import canonical

ANYBODY: Final = frozenset(Role)


@dataclass(frozen=True, slots=True)
class Saying:
    """The text of the page: the action in one sentence, its consequences, and its details."""

    what: str
    then: tuple[str, ...]
    details: tuple[tuple[str, str], ...] = ()
    grave: bool = False
    """Whether the action is irreversible."""


def ask_desk(
    context: RequestContext, proposal: Proposal, saying: Saying, back: str, go: str, document: bytes | None = None
) -> Answer:
    """Ask for the signature under an act on a case or on the desk."""

    def carry_out(signing: RequestContext, assertion: Assertion) -> str:
        done = signing.desk.perform(signing.acting, proposal, for_the_desk(assertion), document)
        if document is not None:
            signing.console.staging.signed_for(signing.signed_in[0], document)
        case = getattr(done, "case", b"")
        return go.replace("{case}", case.hex())

    absent = proposal.act.stands_for
    if absent:
        saying = replace(saying, details=((context.say("form.stands-for"), absent), *saying.details))
    shown = (proposal.act.encode(), canonical(msgspec.to_builtins(proposal.details)))
    until_s = min(until(context.now_s), proposal.act.expires_s)
    return _page(context, Pending(proposal.act.challenge, shown[0], until_s, carry_out), saying, back, shown)


def ask_own(
    context: RequestContext,
    action: str,
    about: str,
    saying: Saying,
    back: str,
    do: Callable[[RequestContext], str],
    who: frozenset[Role] = ANYBODY,
) -> Answer:
    """Ask for the signature under an action on the console itself; signing needs one of the roles ``who`` again."""
    shown = own_act(action, context.me, about, context.now_s)
    pending = Pending(sha256(shown).digest(), shown, until(context.now_s), partial(_carry_out_own, do, who))
    return _page(context, pending, saying, back, (shown,))


def signer_key(context: RequestContext, assertion: Assertion) -> Passkey:
    """The officer's passkey that signed. Raises `PasskeyRefused` for another's passkey."""
    found = next((o for o in context.console.working(context.me) if o.credential_id == assertion.credential_id), None)
    if found is None:
        raise PasskeyRefused("this is not an authenticator of yours that works")
    return found


def _carry_out_own(
    do: Callable[[RequestContext], str], who: frozenset[Role], context: RequestContext, assertion: Assertion
) -> str:
    if who.isdisjoint(context.roles):
        raise NotAllowed("no role of yours allows it any more")
    passkey = signer_key(context, assertion)
    context.console.verify.check(assertion, assertion.challenge, passkey.public_key)
    return do(context)


def _page(context: RequestContext, pending: Pending, saying: Saying, back: str, shown: tuple[bytes, ...]) -> Answer:
    session, _ = context.signed_in
    context.console.sessions.ask(session, pending)
    working = [one.credential_id for one in context.console.working(context.me)]
    return context.page(
        "sign.html",
        what=saying.what,
        then=saying.then,
        details=saying.details,
        grave=saying.grave,
        back=back,
        until_s=pending.until_s,
        options=assertion_options(context.console.settings.site, pending.challenge, working),
        shown="\n\n".join(map(_readable, shown)),
        challenge=pending.challenge.hex(),
    )


def _readable(data: bytes) -> str:
    """Canonical JSON with line breaks for reading; names and values are the same."""
    return visible(json.dumps(json.loads(data), ensure_ascii=False, indent=1))
