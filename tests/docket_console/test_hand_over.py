"""The package leaves sealed, or unsealed because a person signed just that; what is on the page is what is given."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from nullabona.docket.keeping.vault import new_identity, unseal
from nullabona.docket.production.identity import read_custodian
from nullabona.docket.production.verify import read_folder, verify_package
from tests.docket_console.place import Caller, Place

pytestmark = pytest.mark.timeout(240)
"""Each test calls a process; where many run at once, that takes its time."""


def fingerprint(place: Place) -> str:
    """Of the custodian's certificate."""
    return read_custodian((place.folder / "custodian.pem").read_bytes()).fingerprint


@pytest.fixture
def sealing(tmp_path: Path) -> Iterator[Place]:
    """A console with a log and a custodian's key."""
    with Place(tmp_path, "sealing") as running:
        yield running


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Place]:
    """A console with a log and no custodian's key."""
    with Place(tmp_path, "public") as running:
        running.tell("register")
        yield running


def receipted(place: Place) -> str:
    """The path of a case whose receipt was issued."""
    case = place.tell("take_in")
    place.tell("tick")
    place.tell("receipted", case=case)
    return f"/case/{case}"


def unzipped(data: bytes) -> dict[str, bytes]:
    """Everything in a zip below its one folder."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}


def written(files: dict[str, bytes], folder: Path) -> Path:
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


@pytest.mark.slow
def test_a_package_leaves_sealed(sealing: Place, tmp_path: Path) -> None:
    """The page says by whom, the officer signs that, and what is saved holds under the custodian's certificate."""
    sealing.tell("register")
    case, rolf = receipted(sealing), sealing.officer("rolf")
    custodian = fingerprint(sealing)
    assert custodian in rolf.get(case).text
    asked = rolf.post(f"{case}/hand-over")
    assert custodian in asked.text
    assert 200 == rolf.sign(asked).status
    got = rolf.get(f"{case}/handed-over")
    assert 'filename="package-2026-00001.zip"' in got.headers["content-disposition"]
    folder = written(unzipped(got.body), tmp_path / "got")
    checked = verify_package(read_folder(folder), custodian=custodian)
    assert (True, 2) == (checked.custodian_given, len(checked.signatures))
    assert b"hand-over-sealed" in (folder / "data/custody.jsonl").read_bytes()
    assert "hand-over-sealed" in sealing.tell("kinds")


@pytest.mark.slow
def test_a_package_is_locked_to_the_authority_that_has_a_key(sealing: Place) -> None:
    """Only the authority opens what is saved; the page and the signature name its key."""
    identity, recipient = new_identity()
    sealing.tell("register_with_key", name="seoul-police", recipient=recipient)
    case, rolf = receipted(sealing), sealing.officer("rolf")
    assert recipient in rolf.get(case).text
    asked = rolf.post(f"{case}/hand-over")
    assert recipient in asked.text
    assert 200 == rolf.sign(asked).status
    got = rolf.get(f"{case}/handed-over")
    assert 'filename="package-2026-00001.zip.age"' in got.headers["content-disposition"]
    assert b"mina" not in got.body
    assert "package.note" in unzipped(unseal(got.body, [identity]))


def test_nothing_leaves_unsealed_by_itself(plain: Place) -> None:
    """Without a key the form is refused until the officer chooses it; then the choice is in the journal."""
    case, rolf = receipted(plain), plain.officer("rolf")
    page = rolf.get(case).text
    assert ("NOT signed" in page, 'name="unsealed" value="yes" required' in page) == (True, True)
    refused = rolf.post(f"{case}/hand-over")
    assert (409, True) == (refused.status, "docket-unsealed" in refused.text)
    assert not {"hand-over", "hand-over-unsealed"} & {*plain.tell("kinds")}
    asked = rolf.post(f"{case}/hand-over", {"unsealed": "yes"})
    assert "NOT signed" in asked.text
    assert 200 == rolf.sign(asked).status
    assert plain.tell("kinds").count("hand-over-unsealed") == 1
    assert "handed over UNSIGNED" in rolf.get(case).text
    got = rolf.get(f"{case}/handed-over")
    assert 'filename="package-2026-00001-unsealed.zip"' in got.headers["content-disposition"]
    assert {"receipt.json", "approvals.json"} < unzipped(got.body).keys()


@pytest.mark.slow
def test_with_a_key_nothing_leaves_unsealed(sealing: Place) -> None:
    """Not even if somebody asks for it."""
    sealing.tell("register")
    case, rolf = receipted(sealing), sealing.officer("rolf")
    refused = rolf.post(f"{case}/hand-over", {"unsealed": "yes"})
    assert (409, True) == (refused.status, "docket-seal-there" in refused.text)


@pytest.mark.slow
def test_a_key_that_is_lost_gives_no_unsealed_package(sealing: Place) -> None:
    """What was signed as sealed is not given otherwise: an error says why."""
    sealing.tell("register")
    case, rolf = receipted(sealing), sealing.officer("rolf")
    rolf.does(f"{case}/hand-over")
    sealing.tell("lose_custodian")
    got = rolf.get(f"{case}/handed-over")
    assert (409, True) == (got.status, "docket-custodian-key" in got.text)
    assert 200 == rolf.get(case).status


@pytest.mark.slow
def test_a_key_that_came_since_asks_for_a_new_signature(plain: Place) -> None:
    """What was signed to leave for anybody's eyes is not given once the authority has a key."""
    case, rolf = receipted(plain), plain.officer("rolf")
    rolf.does(f"{case}/hand-over", {"unsealed": "yes"})
    plain.tell("register_with_key", name="seoul-police", recipient=new_identity()[1])
    got = rolf.get(f"{case}/handed-over")
    assert (409, True) == (got.status, "docket-form-changed" in got.text)
    rolf.does(f"{case}/hand-over", {"unsealed": "yes"})
    assert 200 == rolf.get(f"{case}/handed-over").status


@pytest.mark.slow
def test_a_key_that_is_none_is_not_registered(plain: Place) -> None:
    """A typing error would lock packages to nobody."""
    ina: Caller = plain.officer("ina")
    form = {"id": "busan-police", "name": "Busan", "jurisdiction": "KR", "branch": "police", "call": "+82-51"}
    good = new_identity()[1]
    wrong = good[:-1] + ("q" if good[-1] != "q" else "p")
    assert [409, 409] == [ina.post("/authorities", form | {"recipient": one}).status for one in ("age1x", wrong)]
    asked = ina.post("/authorities", form | {"recipient": good})
    assert good in asked.text
    assert json.loads(ina.sign(asked).text)["go"] == "/authorities"
