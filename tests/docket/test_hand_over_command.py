"""``nulla docket hand-over``: what the console gives, from the command line, and never unsealed by itself."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from nullabona.docket.core.states import Action
from nullabona.docket.keeping.vault import new_identity, unseal
from nullabona.log.keys import Kind
from nullabona.machine.keyfile import encode_private_key, write_key_file
from nullabona.operating.desk_places import DeskPlaces
from nullabona.operating.officer_file import OfficerFile
from tests.docket.databases import setting
from tests.docket.desks import Clock
from tests.docket.publishing import ORIGIN, POLICY, PublicOffice
from tests.witness.running import seed

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
NULLA = str(Path(sys.executable).with_name("nulla"))


@pytest.fixture
def database(lasting_database: str) -> str:
    """The command asks whether the server could forget what it committed."""
    return lasting_database


@pytest.fixture
def office(desk_places: DeskPlaces, tmp_path: Path, clock: Clock) -> Iterator[PublicOffice]:
    """A public office whose folder the command line can open once the office let go of it."""
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


def receipted(office: PublicOffice) -> None:
    """A case that waits to be handed over; the desk's folder is free afterwards."""
    case = office.walk(office.take_in())
    office.tick()
    office.do("cora", Action.RECEIPT, case)
    office.stop()


def hand_over(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [
        NULLA,
        "docket",
        "--data",
        ".",
        "--officer",
        "rolf.officer",
        "hand-over",
        "2026-00001",
        "-o",
        "out",
        *more,
    ]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=120,
        env={"PATH": os.environ["PATH"], "LANG": "en", "HOME": str(folder)},
    )  # fmt: skip


def test_without_a_key_it_has_to_be_chosen(office: PublicOffice) -> None:
    """Refused and nothing written; then chosen, said, and in the journal."""
    receipted(office)
    refused = hand_over(office.root)
    assert (True, True) == (refused.returncode != 0, "[docket-unsealed]" in refused.stderr)
    assert not (office.root / "out").exists()
    done = hand_over(office.root, "--unsealed")
    assert (0, True) == (done.returncode, "not signed" in done.stderr), done.stderr
    assert {"receipt.json", "approvals.json", "package"} == {path.name for path in (office.root / "out").iterdir()}
    desk = office.open()
    kinds = [event.kind for event in desk.journal(office.who("aud"))]
    desk.close()
    assert (1, 1) == (kinds.count("hand-over"), kinds.count("hand-over-unsealed"))


def test_what_is_locked_only_the_authority_opens(office: PublicOffice) -> None:
    """One file, under the case's number."""
    identity, recipient = new_identity()
    office.register(recipient=recipient)
    receipted(office)
    done = hand_over(office.root, "--unsealed")
    assert (0, True) == (done.returncode, recipient in done.stderr), done.stderr
    (file,) = (office.root / "out").iterdir()
    assert ("package-2026-00001.zip.age", b"PK") == (file.name, unseal(file.read_bytes(), [identity])[:2])
