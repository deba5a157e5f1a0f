"""Originals are hashed and sealed, never opened, never shown, never named by whoever sent them."""

from __future__ import annotations

import asyncio
import socket
from hashlib import sha256

import pytest

from nullabona.docket.console import run
from nullabona.docket.console.store.rows import ConsoleStoreFailed
from nullabona.docket.core.records import MAX_DOCUMENT
from tests.docket_console.forms import hand_in, take_in, warrant
from tests.docket_console.place import Caller, Got, Place

pytestmark = pytest.mark.timeout(240)
"""Each test calls a process; where many run at once, that takes its time."""

HOSTILE = {
    "html": b"<!doctype html><script>document.title='owned'</script>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "pdf": b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj",
    "zip bomb": b"PK\x03\x04" + bytes(range(256)) * 40,
    "zeros": bytes(70_000),
    "one byte": b"\0",
}


def send(caller: Caller, data: bytes, **headers: str) -> Got:
    plain = {"Content-Type": "application/octet-stream", "X-Desk-Token": caller.csrf}
    return caller.ask("POST", "/intake/document", data, plain | headers)


@pytest.fixture(scope="module")
def ina(place: Place) -> Caller:
    return place.officer("ina")


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_an_original_comes_back_as_bytes_to_save(ina: Caller, data: bytes) -> None:
    """Whatever it is: the same bytes, as an attachment of no kind, under a name of ours."""
    case = ina.does("/intake/KR.WARRANT", warrant(hand_in(ina, data)))
    got = ina.get(f"{case}/document")
    assert (200, data, "application/octet-stream") == (got.status, got.body, got.headers["content-type"])
    assert f'attachment; filename="original-{case[6:14]}.bin"' == got.headers["content-disposition"]
    assert ("nosniff", "default-src 'none'") == (
        got.headers["x-content-type-options"], got.headers["content-security-policy"].split(";")[0]
    )  # fmt: skip
    assert sha256(data).hexdigest() in ina.get(case).text


def test_what_is_too_large_is_refused_before_it_is_read(ina: Caller) -> None:
    """By what the head says, and by what arrives if the head says nothing; the limit itself is accepted."""
    assert 413 == send(ina, b"", **{"Content-Length": str(MAX_DOCUMENT + 1)}).status
    assert 200 == send(ina, bytes(MAX_DOCUMENT)).status
    for length in ("-1", "1e3", "٥", "x"):
        assert send(ina, b"", **{"Content-Length": length.encode().decode("latin-1")}).status in {400, 413}


def test_a_body_without_a_length_is_counted(ina: Caller) -> None:
    """Chunks are read up to the limit and not a byte further."""
    with socket.create_connection(("127.0.0.1", ina.place.port), timeout=20) as raw:
        raw.sendall(
            f"POST /display HTTP/1.1\r\nHost: localhost:{ina.place.port}\r\nOrigin: {ina.place.origin}\r\n"
            f"Cookie: __Host-desk={ina.cookie}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        )
        for _ in range(6):
            raw.sendall(b"10000\r\n" + bytes(65_536) + b"\r\n")
        assert b" 413 " in raw.recv(100)


def test_an_empty_original_is_none(ina: Caller) -> None:
    """There is nothing to hash."""
    assert 409 == send(ina, b"").status


def test_only_who_takes_demands_in_hands_one_in(place: Place) -> None:
    """Everybody else's bytes are not even read."""
    rea = place.officer("rea")
    assert 404 == send(rea, b"x").status
    assert 413 == place.stranger().ask("POST", "/sign-in", b"x" * 300_000).status


def test_an_original_belongs_to_the_session_that_handed_it_in(place: Place, ina: Caller) -> None:
    """A colleague who guesses its name gets nothing, and it is used once."""
    ivo = place.officer("ivo")
    name = hand_in(ina)
    got = ivo.post("/intake/KR.WARRANT", warrant(name))
    assert (409, True) == (got.status, "choose the original document again" in got.text)
    other = hand_in(ina, b"another")
    assert 409 == ina.post("/intake/KR.WARRANT", warrant(name)).status
    assert 200 == ina.post("/intake/KR.WARRANT", warrant(other)).status


def test_an_original_waits_a_quarter_of_an_hour(own_place: Place) -> None:
    """Then it is forgotten."""
    ina = own_place.officer("ina")
    name = hand_in(ina)
    own_place.tell("clock_by", seconds=899)
    assert 200 == ina.post("/intake/KR.WARRANT", warrant(name)).status
    own_place.tell("clock_by", seconds=1)
    assert 409 == ina.post("/intake/KR.WARRANT", warrant(name)).status


def test_an_original_is_forgotten_once_it_is_signed_for(own_place: Place) -> None:
    """The desk has it then; another one that was handed in meanwhile is kept."""
    ina = own_place.officer("ina")
    take_in(ina)
    assert [0, 0] == own_place.tell("originals")
    page = ina.post("/intake/KR.WARRANT", warrant(hand_in(ina)))
    hand_in(ina, b"another")
    assert (200, [1, 0]) == (ina.sign(page).status, own_place.tell("originals"))


def test_what_nobody_signed_for_does_not_stay_with_the_question(own_place: Place) -> None:
    """The question holds the original too: both are gone when their time is over, though the session lives on."""
    ina = own_place.officer("ina")
    assert 200 == ina.post("/intake/KR.WARRANT", warrant(hand_in(ina))).status
    own_place.tell("clock_by", seconds=299)
    own_place.tell("sweep")
    assert [1, 1] == own_place.tell("originals")
    own_place.tell("clock_by", seconds=1)
    own_place.tell("sweep")
    assert [1, 0] == own_place.tell("originals")
    own_place.tell("clock_by", seconds=600)
    own_place.tell("sweep")
    assert ([0, 0], 200) == (own_place.tell("originals"), ina.get("/authenticators").status)


def test_nobody_has_to_ask_for_what_has_run_out_to_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """The console sweeps by itself, and goes on after a disk that failed."""
    monkeypatch.setattr(run, "SWEEP_S", 0.001)
    ending = asyncio.Event()
    swept: list[int] = []

    class ConsoleApp:
        def sweep(self) -> None:
            swept.append(len(swept))
            if len(swept) == 3:
                ending.set()
            raise ConsoleStoreFailed("the disk is full")

    asyncio.run(run.keep_sweeping(ConsoleApp(), ending))  # type: ignore[arg-type]
    assert [0, 1, 2] == swept


def test_nothing_of_an_original_lies_in_the_clear(own_place: Place) -> None:
    """Neither while it waits nor once it is sealed."""
    ina = own_place.officer("ina")
    take_in(ina, note="PlantedNote-안녕")
    own_place.tell("kinds")
    kept = b"".join(path.read_bytes() for path in own_place.folder.rglob("*") if path.is_file())
    for planted in (b"not opened by anybody here", "PlantedNote-안녕".encode(), b"mina@relay.example", b"2026-77"):
        assert planted not in kept


def test_a_files_name_is_nowhere(ina: Caller) -> None:
    """The console does not take one: a path, a script or a newline in it has nowhere to go."""
    name = "../../etc/passwd\r\nX: <script>.pdf".encode("unicode_escape").decode()
    got = send(ina, b"named", **{"Content-Disposition": f'attachment; filename="{name}"', "X-File-Name": name})
    case = ina.does("/intake/KR.WARRANT", warrant(got.json()["id"]))
    assert "passwd" not in ina.get(case).text + str(ina.get(f"{case}/document").headers)
