"""One request, with everything a page needs to answer it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import partial
from typing import Any, Final, Protocol

from nullabona.docket.console.request.answers import Answer, Asked
from nullabona.docket.console.request.console import Console
from nullabona.docket.console.request.views import render, when, zone_name
from nullabona.docket.console.rules.origin import csrf_token
from nullabona.docket.console.rules.session import Session
from nullabona.docket.console.store.records import DisplayPreferences
from nullabona.docket.console.words import say, term
from nullabona.docket.core.acts import Officer
from nullabona.docket.core.roles import Role
from nullabona.docket.desk import Desk
from nullabona.docket.ports import Acting
from nullabona.errors import NullabonaError
from nullabona.words.errors import in_words

COOKIE: Final = "__Host-desk"


class Place(Protocol):
    """A page in the navigation."""

    @property
    def path(self) -> str: ...


@dataclass(frozen=True, slots=True)
class RequestContext:
    """A request and its officer. ``officer`` None: nobody is signed in."""

    console: Console = field(repr=False)
    asked: Asked = field(repr=False)
    params: Mapping[str, str]
    now_s: int
    display: DisplayPreferences
    token: str = field(default="", repr=False)
    session: Session | None = None
    officer: Officer | None = None
    nav: Sequence[Place] = ()
    """The pages that this officer can open."""

    @property
    def desk(self) -> Desk:
        return self.console.desk

    @property
    def signed_in(self) -> tuple[Session, Officer]:
        """The session and its officer. Routes for officers are reached only with both."""
        assert self.session is not None
        assert self.officer is not None
        return self.session, self.officer

    @property
    def me(self) -> str:
        return self.signed_in[1].id

    @property
    def roles(self) -> frozenset[Role]:
        """What the officer may do: by their own roles, and now as a deputy."""
        return self.officer.rights if self.officer is not None else frozenset()

    @property
    def acting(self) -> Acting:
        """The officer with their identity, unsealed only while the request is answered."""
        identity = self.console.sessions.identity(self.token)
        return Acting(self.me, (identity,) if identity else ())

    def say(self, key: str, **values: object) -> str:
        return say(key, self.display.language, **values)

    @property
    def zone(self) -> tzinfo:
        """The zone in which times are entered and shown."""
        return self.console.settings.zone

    def when(self, at_s: int) -> str:
        """A time in the desk's zone, which it names."""
        return when(at_s, self.zone)

    def in_words(self, error: NullabonaError | None) -> str:
        """The error in the officer's language; empty if there is none."""
        return in_words(error, self.display.language)[0] if error is not None else ""

    def page(self, template: str, status: int = 200, more: tuple[tuple[str, str], ...] = (), **values: Any) -> Answer:  # noqa: ANN401 - whatever the template shows
        """A page of the console."""
        return Answer(status, render(template, self._frame() | values).encode(), more=more)

    def _frame(self) -> dict[str, Any]:
        """The values that every page shows."""
        return {
            "t": partial(say, language=self.display.language),
            "lang": self.display.language,
            "theme": self.display.theme,
            "now_s": self.now_s,
            "zone": self.zone,
            "zone_name": zone_name(self.zone, datetime.fromtimestamp(self.now_s, UTC)),
            "officer": self.officer,
            "session": self.session,
            "csrf": csrf_token(self.token) if self.session is not None else "",
            "nav": self.nav,
            "here": self.asked.path,
            "term": partial(term, language=self.display.language),
        }
