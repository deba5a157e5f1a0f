"""Coming in and going out: the sign-in page, applying with a token, language and colours."""

from __future__ import annotations

import re
from typing import Final, cast

from nullabona.docket.console.passkeys.sealing import PRF_INPUT
from nullabona.docket.console.passkeys.signing import key_id_of
from nullabona.docket.console.request.answers import Answer, as_json, see_other
from nullabona.docket.console.request.context import COOKIE, Visit
from nullabona.docket.console.rules.headers import CLEAR
from nullabona.docket.console.rules.session import LEAST_PASSKEYS, WHOLE_S
from nullabona.docket.console.store.records import Language, Taste, Theme

_PATH: Final = re.compile(r"/[a-zA-Z0-9/._-]*\Z")
_FLAGS: Final = "Path=/; Secure; HttpOnly; SameSite=Strict"


def page(visit: Visit) -> Answer:
    """The sign-in page; the same for everybody."""
    if visit.session is not None:
        return see_other("/")
    return visit.page("sign-in.html", go=local_path(visit.asked.query.get("go", "")), out="out" in visit.asked.query)


def options(visit: Visit) -> Answer:
    """What a browser needs to sign in with."""
    return as_json({"options": visit.house.entrance.options(visit.now_s), "input": key_id_of(PRF_INPUT)})


def enter(visit: Visit) -> Answer:
    """Begin a session for whoever the passkey belongs to. An earlier session of the same browser ends."""
    said = visit.asked.json()
    entered = visit.house.entrance.enter(said, visit.now_s)
    if visit.session is not None:
        visit.house.sessions.end(visit.session)
    token = visit.house.sessions.begin(entered.officer, entered.identity, visit.now_s)
    go = local_path(str(said.get("go", "")))
    return as_json({"go": go or "/"}, 200, ("Set-Cookie", f"{COOKIE}={token}; {_FLAGS}; Max-Age={WHOLE_S}"))


def leave(visit: Visit) -> Answer:
    """End the session, and have the browser forget everything of the console."""
    session, _ = visit.signed_in
    visit.house.staging.drop(session)
    visit.house.sessions.end(session)
    return see_other("/sign-in?out=1", ("Set-Cookie", f"{COOKIE}=; {_FLAGS}; Max-Age=0"), CLEAR)


def taste(visit: Visit) -> Answer:
    """Language and colours, kept for the officer."""
    form = visit.asked.form()
    language, theme = form.get("language", visit.taste.language), form.get("theme", visit.taste.theme)
    if language in {"ko", "en"} and theme in {"auto", "light", "dark"}:
        visit.house.store.keep_taste(visit.me, Taste(cast(Language, language), cast(Theme, theme)))
    return see_other(local_path(form.get("go", "")) or "/")


def enrol_page(visit: Visit) -> Answer:
    """The page that a token leads to; the token itself is behind the #, and comes with the script's requests only."""
    return visit.page("enrol.html")


def enrol_look(visit: Visit) -> Answer:
    """Whom the token is for."""
    found, labels = visit.house.enrolling.look(_token(visit), visit.now_s)
    enough = len(labels) >= LEAST_PASSKEYS
    return as_json({"name": found.name, "labels": labels, "known": found.known, "enough": enough})


def enrol_options(visit: Visit) -> Answer:
    """What the browser needs for one more passkey."""
    made = visit.house.enrolling.options(_token(visit), visit.now_s)
    return as_json({"options": made, "input": key_id_of(PRF_INPUT)})


def enrol_passkey(visit: Visit) -> Answer:
    """One more passkey."""
    return as_json({"count": visit.house.enrolling.add(_token(visit), visit.asked.json(), visit.now_s)})


def enrol_finish(visit: Visit) -> Answer:
    """Leave the application; the identity is shown once."""
    kept = str(visit.asked.json().get("identity", ""))
    known = visit.house.enrolling.look(_token(visit), visit.now_s)[0].known
    identity = visit.house.enrolling.finish(_token(visit), kept, visit.now_s)
    return as_json({"identity": "" if known else identity, "known": known})


def local_path(text: str) -> str:
    """``text`` if it is a path of this console, else nothing: never a way to another site."""
    return text if _PATH.match(text) and not text.startswith("//") else ""


def _token(visit: Visit) -> str:
    return str(visit.asked.json().get("token", ""))[:200]
