"""Fuzz what a browser sends the legal desk's console: heads, cookies, forms, JSON, what authenticators say.

Any bytes get an answer, with its headers, that is no fault of the console's; what is no passkey is refused.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from fuzz._harness import MOST_GROWTH, fuzz, mutate, pieces
from fuzz.docket import warp
from nullabona.docket.console.pages import fields
from nullabona.docket.console.passkeys.refusals import FormWrong, PasskeyRefused, PasskeyUnsuitable, SignCountWentBack
from nullabona.docket.console.passkeys.sealing import seal_identity
from nullabona.docket.console.passkeys.signing import credential_of
from nullabona.docket.console.passkeys.webauthn import (
    read_assertion,
    read_challenge,
    verify_assertion,
    verify_registration,
)
from nullabona.docket.console.request.console import Console as DocketConsole
from nullabona.docket.console.request.console import Settings
from nullabona.docket.console.routing.app import ConsoleApp
from nullabona.docket.console.routing.routes import ROUTES
from nullabona.docket.console.rules.headers import SAFE
from nullabona.docket.console.rules.origin import Site, csrf_token
from nullabona.docket.console.rules.text import typed, visible
from nullabona.docket.console.serving.connection import ConsoleServer
from nullabona.docket.console.store.records import Passkey
from nullabona.docket.console.store.sqlite import ConsoleStore
from nullabona.docket.core.acts import KeyDetails
from tests.docket.desks import Clock, Office
from tests.docket_console.authenticator import SoftKey
from tests.docket_console.wire import SameLoop, Wire

SITE: Final = Site("http://localhost:1")
CHALLENGE: Final = "Y2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2M"
REFUSED: Final = (PasskeyRefused, PasskeyUnsuitable, SignCountWentBack)
FORM: Final = urlencode(
    {"token": "ab" * 32, "ref": "2026-77", "issued": "2026-12-12", "received": "2026-12-13T11:00", "lang": "ko",
     "identifiers": "mina@relay.example\r\n민아", "classes": "subscriber", "gate-id_shown": "on", "go": "/cases"}
).encode()  # fmt: skip
FORMS: Final = (
    FORM,
    b"outcome=produce&answer-subscriber=produced&answer-content=not_held&reason-content=&grounds=x",
    b"outcome=refuse&reason=incomplete&until=2027-01-01T00:00&basis=law&why=x&note=y&officer=rea&role=notifier",
    b"id=busan&name=x&jurisdiction=KR&call=1&recipient=age1x&term=2026H2&case=00&unsealed=yes&theme=dark&language=ko",
)
JSON: Final = json.dumps({"credential": {"rawId": "AA", "response": {}}, "secret": "AA", "go": "/", "token": "x"})
HEADS: Final = (
    (b"host", b"localhost:1"), (b"origin", b"http://localhost:1"), (b"cookie", b"__Host-desk=abc; b=c"),
    (b"content-type", b"application/json"), (b"x-desk-token", b"00" * 32), (b"sec-fetch-site", b"same-origin"),
    (b"accept-language", b"ko-KR,ko;q=0.9"), (b"x-desk-quiet", b"1"),
)  # fmt: skip


def passkey(rng: random.Random) -> None:
    """What an authenticator says, bent: nothing but a refusal comes of it."""
    key, making = SoftKey(SITE.origin, 7), bool(rng.randrange(2))
    options = {"challenge": CHALLENGE, "rp": {"id": "localhost"}, "rpId": "localhost"}
    asked = {"options": options, "input": "AA"}
    bent = warp(rng, (key.create(asked) if making else key.get(asked))["credential"])
    if not isinstance(bent, dict):
        return
    with contextlib.suppress(*REFUSED):
        if making:
            verify_registration(SITE, bent, read_challenge(bent), synced=False)
        else:
            assertion = read_assertion(bent)
            verify_assertion(SITE, assertion, assertion.challenge, bytes(32), 0)


def form(rng: random.Random) -> None:
    """Fields of any text are read or refused by their name; what is shown has nothing invisible in it."""
    text = mutate(rng, "민아\u202e<b>\r\n\x00 2026-12-13T11:00 0x7f".encode()).decode("utf-8", "replace")
    given = {"a": text, "b": "2026-12-13T11:00", "c": text[:16], "d": "2026-12-13"}
    reads: tuple[Callable[[dict[str, str], str], object], ...] = (
        fields.line,
        fields.note,
        lambda given, name: fields.moment(given, name, ZoneInfo("Asia/Seoul")),
        fields.day,
        fields.number,
    )
    for read in reads:
        for name in given:
            with contextlib.suppress(FormWrong):
                read(given, name)
    assert len(fields.case_id(text)) == 16
    assert not set(visible(text)) & set("\u202e\x00\x7f")
    assert len(typed(text, 20)) <= 20


class Console:
    """A console whose officers are signed in, called without a socket."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.office = Office(folder / "desk", self.clock)
        self.store = ConsoleStore(folder / "console")
        self.app = ConsoleApp(DocketConsole(self.office.desk, self.store, Settings(SITE)), self.clock)
        self.office.register()
        self.case = self.office.take_in().hex()
        self.tokens = {name: self._signed_in(name) for name in ("ina", "cora", "rolf", "nora", "ada", "aud")}

    def _signed_in(self, name: str) -> str:
        first, second = ("ben", "cora") if name == "ada" else ("ada", "carl" if name == "ben" else "ben")
        for number in range(2):
            public, secret = f"{name} {number}".encode().ljust(40, b"."), bytes([number]) * 32
            key = Passkey(public, name, f"key {number}", public, 0, seal_identity("x", secret, public), self.clock())
            self.store.add_passkey(key)
            self.office.add_key(first, second, KeyDetails(name, credential_of(key)))
        return self.app.console.sessions.begin(name, self.office.people[name].identity, self.clock())

    def request(self, rng: random.Random) -> None:
        """One request of an officer, or of nobody: there is an answer, whole, and it is no fault of ours."""
        name = rng.choice([*self.tokens, ""])
        if self.app.console.sessions.find(self.tokens.get(name, ""), self.clock()) is None and name:
            self.tokens[name] = self.app.console.sessions.begin(name, self.office.people[name].identity, self.clock())
        route, token = rng.choice(ROUTES), self.tokens.get(name, "")
        names = {"case": self.case, "instrument": "KR.WARRANT", "officer": "rea", "name": "console.css", "number": "0"}
        path = re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: names.get(found[1], "00"), route.path)
        if rng.randrange(5) == 0:
            path = mutate(rng, path.encode()).decode("utf-8", "replace")
        body = self._body(rng, route.scripted, csrf_token(token))
        head = dict(HEADS) | {b"cookie": f"__Host-desk={token}".encode(), b"x-desk-token": csrf_token(token).encode()}
        heads = [(key, mutate(rng, value) if rng.randrange(25) == 0 else value) for key, value in head.items()]
        query = b"?" + mutate(rng, b"lang=ko&go=/cases&before=3") if rng.randrange(3) == 0 else b""
        heads.append((b"content-length", b"%d" % len(body)))
        line = f"{route.method} {quote(path)}".encode() + query + b" HTTP/1.1"
        said = b"\r\n".join([line, *(b": ".join(pair) for pair in heads), b"", b""])
        wire = asyncio.run(call(SITE, self.app, said + body, rng))
        assert wire.status < 500, (route, wire.status)
        assert all(f"\r\n{name}: {value}\r\n".encode() in wire.said for name, value in SAFE)

    @staticmethod
    def _body(rng: random.Random, scripted: bool, token: str) -> bytes:  # noqa: FBT001
        if rng.randrange(6) == 0:
            return rng.randbytes(rng.randrange(100))
        if scripted:
            return json.dumps(warp(rng, json.loads(JSON))).encode()
        return b"token=" + token.encode() + b"&" + mutate(rng, rng.choice(FORMS))

    def close(self) -> None:
        self.app.console.close()
        self.office.desk.close()
        self.store.close()


async def call(site: Site, app: ConsoleApp, said: bytes, rng: random.Random) -> Wire:
    """What is answered to a request that comes in pieces."""
    wire = Wire(ConsoleServer(site, app, SameLoop()))
    for part in pieces(rng, said):
        wire.send(part)
        await asyncio.sleep(0)
    while not wire.said and not wire.ended:
        wire.heard.clear()
        await wire.heard.wait()
    wire.close()
    await asyncio.sleep(0)
    return wire


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        console = Console(Path(folder))
        request = console.request
        fuzz("console", __doc__, (request, request, request, passkey, form), most_growth=MOST_GROWTH)
        console.close()
