"""A running console, and officers who call it with an HTTP client and a software authenticator."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlencode

from nullabona.processes.ports import free_port
from nullabona.processes.program import Program, python
from tests.docket_console.authenticator import SoftKey

ROOT: Final = Path(__file__).parents[2]
SEEDS: Final = count(1_000)
Fields = list[tuple[str, str]]


@dataclass(frozen=True)
class Got:
    """An answer."""

    status: int
    headers: dict[str, str]
    body: bytes
    cookies: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:  # noqa: ANN401 - any JSON value
        return json.loads(self.body)

    @property
    def csrf(self) -> str:
        found = re.search(r'data-token="([0-9a-f]*)"', self.text)
        return found[1] if found else ""

    @property
    def asked(self) -> dict[str, Any]:
        """What a page asks to be signed."""
        found = re.search(r'data-options="([^"]*)"', self.text)
        assert found, self.text[:2000]
        return {"options": json.loads(html.unescape(found[1]))}


class Place:
    """A console that runs until the block ends."""

    def __init__(self, folder: Path, kind: str = "") -> None:
        self.kind = kind
        self.port = free_port()
        self.folder = folder
        self.origin = f"http://localhost:{self.port}"

    def __enter__(self) -> Self:
        script = str(Path(__file__).with_name("serve.py"))
        command = python(script, str(self.folder), str(self.port), self.kind)
        return self.begin(command, "ready", {"PYTHONPATH": str(ROOT), "PATH": ""}, ROOT)

    def begin(self, command: Sequence[str], ready: str, env: dict[str, str], cwd: Path | None = None) -> Self:
        """Run this command, which says ``ready`` when it listens."""
        self._process = Program(command, cwd=cwd, env=env)
        assert f"{ready}\n" == self._process.first_line, self._process.kill().err
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> str:
        """End it; what it said on standard error."""
        return self._process.wait().err

    def tell(self, do: str, **more: Any) -> Any:  # noqa: ANN401 - any JSON value
        """A command to the back door."""
        line = self._process.tell(json.dumps({"do": do} | more))
        assert line, self._process.kill().err
        return json.loads(line)

    def stranger(self) -> Caller:
        return Caller(self)

    def officer(self, name: str) -> Caller:
        """An officer with two admitted authenticators, signed in."""
        caller = Caller(self, name)
        invited = self.tell("invite", officer=name)
        caller.enrol(invited["token"], invited["identity"])
        assert self.tell("admit", officer=name) == len(caller.keys)
        caller.sign_in()
        return caller


@dataclass
class Caller:
    """Somebody with a browser of the simplest kind."""

    place: Place
    name: str = ""
    keys: list[SoftKey] = field(default_factory=list)
    cookie: str = ""
    csrf: str = ""

    def ask(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Got:
        """A request as a page of the console makes it, but for what ``headers`` say; "" leaves one out."""
        plain = {"Host": f"localhost:{self.place.port}", "Sec-Fetch-Site": "same-origin"}
        if method not in {"GET", "HEAD"}:
            plain["Origin"] = self.place.origin
        if self.cookie:
            plain["Cookie"] = f"__Host-desk={self.cookie}"
        wanted = {name: value for name, value in (plain | (headers or {})).items() if value}
        connection = HTTPConnection("127.0.0.1", self.place.port, timeout=20)
        try:
            connection.request(method, path, body, wanted)
            answer = connection.getresponse()
            data = answer.read()
        finally:
            connection.close()
        cookies = tuple(answer.headers.get_all("Set-Cookie") or ())
        return Got(answer.status, {k.lower(): v for k, v in answer.getheaders()}, data, cookies)

    def get(self, path: str, **headers: str) -> Got:
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, fields: dict[str, str] | Fields | None = None, **headers: str) -> Got:
        """A form, with the session's token unless the fields have one."""
        pairs = list((fields or {}).items()) if isinstance(fields, dict) or fields is None else fields
        if not any(name == "token" for name, _ in pairs):
            pairs = [("token", self.csrf), *pairs]
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", path, urlencode(pairs).encode(), kind | headers)

    def send(self, path: str, value: object, **headers: str) -> Got:
        """What a script sends."""
        plain = {"Content-Type": "application/json", "X-Desk-Token": self.csrf}
        return self.ask("POST", path, json.dumps(value).encode(), plain | headers)

    # -- what officers do again and again -----------------------------------------------------------------------------

    def enrol(self, token: str, identity: str = "", keys: int = 2) -> Got:
        """Add so many authenticators and finish."""
        for number in range(keys):
            key = SoftKey(self.place.origin, next(SEEDS))
            asked = self.send("/enrol/options", {"token": token}).json()
            made = self.send("/enrol/passkey", {"token": token, "label": f"key {number}", **key.create(asked)})
            assert made.status == 200, made.text
            self.keys.append(key)
        return self.send("/enrol/finish", {"token": token, "identity": identity})

    def sign_in(self, key: int = 0, **client: Any) -> Got:  # noqa: ANN401
        """With one of the keys; the session is kept if there is one."""
        asked = self.send("/sign-in/options", {}).json()
        got = self.send("/sign-in", self.keys[key].get(asked, **client))
        if got.status == 200:
            self.cookie = got.cookies[0].partition(";")[0].partition("=")[2]
            self.csrf = self.get("/authenticators").csrf
        return got

    def sign(self, page: Got, key: int = 0, **client: Any) -> Got:  # noqa: ANN401
        """Sign what a page asks for."""
        assert page.status == 200, page.text
        return self.send("/sign", {"credential": self.keys[key].get(page.asked, **client)["credential"]})

    def does(self, path: str, fields: dict[str, str] | Fields | None = None) -> str:
        """A form and its signature; where it leads."""
        signed = self.sign(self.post(path, fields))
        assert signed.status == 200, signed.text
        return str(signed.json()["go"])
