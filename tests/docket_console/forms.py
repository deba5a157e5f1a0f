"""Forms as officers fill them in."""

from __future__ import annotations

from tests.docket_console.place import Caller, Fields

ORIGINAL = b"%PDF-1.7 not opened by anybody here <script>alert(1)</script>"


def hand_in(caller: Caller, data: bytes = ORIGINAL) -> str:
    """The name under which an original waits."""
    got = caller.ask(
        "POST", "/intake/document", data, {"Content-Type": "application/octet-stream", "X-Desk-Token": caller.csrf}
    )
    assert got.status == 200, got.text
    return str(got.json()["id"])


def warrant(document: str, **more: str) -> Fields:
    """A warrant for Mina's account."""
    plain = {
        "document": document,
        "authority": "seoul-police",
        "ref": "2026-77",
        "basis": "형사소송법 제215조",
        "issued": "2026-12-12",
        "received": "2026-12-13T11:00",
        "identifiers": "mina@relay.example",
        "language": "ko",
        "called-back": "on",
        "gate-cover_copy_received": "on",
    }
    despite = [("despite", "same-reference"), ("despite", "same-document")]
    return [*(plain | more).items(), ("classes", "subscriber"), ("classes", "content"), *despite]


def take_in(caller: Caller, **more: str) -> str:
    """The path of a new case."""
    return caller.does("/intake/KR.WARRANT", warrant(hand_in(caller), **more))


PRODUCE = {"outcome": "produce", "answer-subscriber": "produced", "answer-content": "not_held"}
