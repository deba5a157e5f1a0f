"""Signing in and out, applying with a token, language and colours."""

from __future__ import annotations

import re
from typing import Final, cast

from nullabona.docket.console.passkeys.sealing import PRF_INPUT
from nullabona.docket.console.passkeys.signing import key_id_of
from nullabona.docket.console.request.answers import Answer, as_json, see_other
from nullabona.docket.console.request.context import COOKIE, RequestContext
from nullabona.docket.console.rules.headers import CLEAR
from nullabona.docket.console.rules.session import LEAST_PASSKEYS, WHOLE_S
from nullabona.docket.console.store.records import DisplayPreferences, Language, Theme

_PATH: Final = re.compile(r"/[a-zA-Z0-9/._-]*\Z")
_FLAGS: Final = "Path=/; Secure; HttpOnly; SameSite=Strict"


def page(context: RequestContext) -> Answer:
    """The sign-in page, the same for everyone."""
    if context.session is not None:
        return see_other("/")
    return context.page(
        "sign-in.html",
        go=local_path(context.asked.query.get("go", "")),
        out="out" in context.asked.query,
        applied="applied" in context.asked.query,
    )


def options(context: RequestContext) -> Answer:
    """The WebAuthn options for signing in."""
    return as_json({"options": context.console.entrance.options(context.now_s), "input": key_id_of(PRF_INPUT)})


def enter(context: RequestContext) -> Answer:
    """Begin a session for the passkey's officer. An earlier session of the same browser ends."""
    said = context.asked.json()
    entered = context.console.entrance.enter(said, context.now_s)
    if context.session is not None:
        context.console.sessions.end(context.session)
    token = context.console.sessions.begin(entered.officer, entered.identity, context.now_s)
    go = local_path(str(said.get("go", "")))
    return as_json({"go": go or "/"}, 200, ("Set-Cookie", f"{COOKIE}={token}; {_FLAGS}; Max-Age={WHOLE_S}"))


def leave(context: RequestContext) -> Answer:
    """End the session, and have the browser clear the console's data."""
    session, _ = context.signed_in
    context.console.staging.drop(session)
    context.console.sessions.end(session)
    return see_other("/sign-in?out=1", ("Set-Cookie", f"{COOKIE}=; {_FLAGS}; Max-Age=0"), CLEAR)


def display(context: RequestContext) -> Answer:
    """Set language and colours, stored for the officer."""
    form = context.asked.form()
    language, theme = form.get("language", context.display.language), form.get("theme", context.display.theme)
    if language in {"ko", "en"} and theme in {"auto", "light", "dark"}:
        context.console.store.keep_display(context.me, DisplayPreferences(cast(Language, language), cast(Theme, theme)))
    return see_other(local_path(form.get("go", "")) or "/")


def enrol_page(context: RequestContext) -> Answer:
    """The page for a token. The token follows the #, so only the script's requests carry it."""
    return context.page("enrol.html")


def enrol_look(context: RequestContext) -> Answer:
    """The officer a token is for."""
    found, labels = context.console.enrolling.look(_token(context), context.now_s)
    enough = len(labels) >= LEAST_PASSKEYS
    return as_json({"name": found.name, "labels": labels, "known": found.known, "enough": enough})


def enrol_options(context: RequestContext) -> Answer:
    """The WebAuthn options for another passkey."""
    made = context.console.enrolling.options(_token(context), context.now_s)
    return as_json({"options": made, "input": key_id_of(PRF_INPUT)})


def enrol_passkey(context: RequestContext) -> Answer:
    """Add a passkey."""
    return as_json({"count": context.console.enrolling.add(_token(context), context.asked.json(), context.now_s)})


def enrol_finish(context: RequestContext) -> Answer:
    """Submit the application; the identity is shown once."""
    kept = str(context.asked.json().get("identity", ""))
    known = context.console.enrolling.look(_token(context), context.now_s)[0].known
    identity = context.console.enrolling.finish(_token(context), kept, context.now_s)
    return as_json({"identity": "" if known else identity, "known": known})


def local_path(text: str) -> str:
    """``text`` if it is a path of this console, else empty, so that it never leads to another site."""
    return text if _PATH.match(text) and not text.startswith("//") else ""


def _token(context: RequestContext) -> str:
    return str(context.asked.json().get("token", ""))[:200]
