"""``nulla docket erase``: pieces go from the relay that docket.toml names, and the journal has it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from nullabona.docket.administration import DeskDone
from nullabona.docket.cases.casework import describe_document
from nullabona.docket.cases.erasures import ERASE_PIECES
from nullabona.docket.core.acts import IntakeDetails
from nullabona.docket.core.records import ClassAnswer, Decision
from nullabona.docket.core.states import Action
from nullabona.log.keys import Kind
from nullabona.machine.keyfile import encode_private_key, write_key_file
from nullabona.operating.desk_places import DeskPlaces
from nullabona.operating.officer_file import OfficerFile
from nullabona.relay.store.files import FileBlobStore
from nullabona.wire.abuse_report import write_abuse_report
from tests.docket.databases import setting
from tests.docket.desks import Clock, demand
from tests.docket.publishing import ORIGIN, POLICY, PublicOffice
from tests.wire.abuse_reports import body, cut
from tests.wire.cards import TODAY
from tests.witness.running import seed

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
NULLA = str(Path(sys.executable).with_name("nulla"))


@pytest.fixture
def database(lasting_database: str) -> str:
    """The command asks whether the server could forget what it committed."""
    return lasting_database


@pytest.fixture
def office(desk_places: DeskPlaces, tmp_path: Path, clock: Clock) -> Iterator[PublicOffice]:
    """A desk beside a relay."""
    made = PublicOffice(tmp_path, clock, store=desk_places)
    (tmp_path / "docket.toml").write_text(
        f'operator = "x"\norigin = "{ORIGIN}"\ndirectory = "relay"\nlog_keys = "log.keys"\npolicy = "policy"\n'
        f'{setting(desk_places)}[[witness]]\nurl = "http://127.0.0.1:1"\nvkeys = []\n'
    )
    (tmp_path / "policy").write_text(POLICY)
    keys = [encode_private_key(kind, ORIGIN, seed(f"log{kind}")) for kind in (Kind.ED25519, Kind.COSIGN_MLDSA44)]
    write_key_file(tmp_path / "log.keys", keys)
    rolf = made.people["rolf"]
    file = tmp_path / "rolf.officer"
    file.write_bytes(msgspec.json.encode(OfficerFile("rolf", rolf.seed, rolf.identity)))
    file.chmod(0o600)
    yield made
    made.witness.stop()


def erase(folder: Path, report: str) -> subprocess.CompletedProcess[str]:
    command = (NULLA, "docket", "--data", ".", "--officer", "rolf.officer", "erase", "2026-00001", report)
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=120,
        env={"PATH": os.environ["PATH"], "LANG": "en", "HOME": str(folder)},
    )  # fmt: skip


def test_it_erases_what_the_original_opens(office: PublicOffice) -> None:
    """Another report with the same file is refused and nothing goes; the original takes its pieces."""
    blobs = FileBlobStore(office.root / "relay")
    ref, pieces = cut(b"bad picture")
    for digest, data in pieces.items():
        blobs.put(digest, data, TODAY)
    document, other = write_abuse_report(body(ref)), write_abuse_report(body(ref, sender="jun@relay.example"))
    (office.root / "report").write_bytes(document)
    (office.root / "other").write_bytes(other)
    given = office.called_back(demand(office.clock, classes=("removal",), document=describe_document(document)))
    done = office.sign(
        "ina", office.desk.propose(office.who("ina"), Action.INTAKE, None, IntakeDetails(given)), document
    )
    assert not isinstance(done, DeskDone)
    office.walk(done.case, Decision("produce", (ClassAnswer("removal", "not_held"),)))
    office.stop()
    refused = erase(office.root, "other")
    assert (1, True) == (refused.returncode, "[docket-erasure-refused]" in refused.stderr), refused.stderr
    assert blobs.get(ref.chunks[0]) is not None
    told = erase(office.root, "report")
    assert (0, True) == (told.returncode, "Erased 1 piece" in told.stdout), told.stderr
    assert None is blobs.get(ref.chunks[0])
    desk = office.open()
    kinds = [event.kind for event in desk.journal(office.who("aud"))]
    desk.close()
    assert 1 == kinds.count(ERASE_PIECES)
