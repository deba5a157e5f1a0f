"""The MLS working group's passive-client vectors, through the binding and through our rows.

The files are not in the repository (no licence): they lie beside it, in `../shared/vectors/mls`. No vectors exist for
the post-quantum suites; `test_pyca_oracle.py` stands in for them.
"""

import json
from pathlib import Path
from typing import NotRequired, TypedDict

import pytest
from nullabona_mls import KEY_PACKAGE_SCOPE, SUITE_CLASSIC, Config, Group

from tests.mls.device import Device, config
from tests.mls.rows import key_package_row, psk_row

FOLDER = Path(__file__).parents[2].parent / "shared" / "vectors" / "mls"
OURS = (1, 2, 3)


class Psk(TypedDict):
    psk_id: str
    psk: str


class Epoch(TypedDict):
    proposals: list[str]
    commit: str
    epoch_authenticator: str


class Vector(TypedDict):
    cipher_suite: int
    external_psks: list[Psk]
    key_package: str
    encryption_priv: str
    init_priv: str
    welcome: str
    ratchet_tree: NotRequired[str | None]
    initial_epoch_authenticator: str
    epochs: list[Epoch]


def read(name: str) -> list[Vector]:
    path = FOLDER / f"passive-client-{name}.json"
    if not path.exists():
        pytest.skip(f"the vectors are not in {FOLDER.parent.parent.name}/{FOLDER.parent.name}/{FOLDER.name}")
    vectors: list[Vector] = json.loads(path.read_text())
    return [vector for vector in vectors if vector["cipher_suite"] in OURS]


def join(vector: Vector, device: Device) -> Group:
    """Through the ordinary door, with rows made of the published keys; without a tree it is inside the Welcome."""
    keys = (bytes.fromhex(vector["key_package"]), bytes.fromhex(vector["init_priv"]))
    rows = [psk_row(bytes.fromhex(psk["psk_id"]), bytes.fromhex(psk["psk"])) for psk in vector["external_psks"]]
    rows.append(key_package_row(*keys, bytes.fromhex(vector["encryption_priv"])))
    device.kept = {row[:2]: row[2] for row in rows}
    tree = bytes.fromhex(vector.get("ratchet_tree") or "")
    return Group.join(bytes.fromhex(vector["welcome"]), tree, rows, device.cfg)[0]


def authenticators(vector: Vector) -> list[str]:
    """What the passive client has after joining and after each epoch, reloaded from rows after every message."""
    device = Device(b"passive", Config(suite=vector["cipher_suite"], allow_proposals=True))
    group = device.keep(join(vector, device))
    seen = [group.epoch_authenticator.hex()]
    for epoch in vector["epochs"]:
        for message in [*epoch["proposals"], epoch["commit"]]:
            group, _ = device.follow(group, bytes.fromhex(message))
        seen.append(group.epoch_authenticator.hex())
    return seen


def expected(vector: Vector) -> list[str]:
    return [vector["initial_epoch_authenticator"], *(epoch["epoch_authenticator"] for epoch in vector["epochs"])]


def test_a_row_made_by_hand_is_what_the_seam_makes() -> None:
    """From a key package and its private keys, which the seam's own row ends with."""
    device = Device(b"alice", config(SUITE_CLASSIC))
    package = device.key_package(last_resort=False)
    [(scope, reference, row)] = device.rows(KEY_PACKAGE_SCOPE)
    assert (scope, reference, row) == key_package_row(package, row[-65:-33], row[-32:])


@pytest.mark.parametrize(("name", "count"), [("welcome", 24), ("handling-commit", 39)])
def test_a_passive_client_reaches_the_published_state(name: str, count: int) -> None:
    """Joining and following proposals and commits gives the working group's epoch authenticators."""
    vectors = read(name)
    assert count == len(vectors)
    for vector in vectors:
        assert expected(vector) == authenticators(vector)


@pytest.mark.slow
def test_a_passive_client_survives_a_long_random_history() -> None:
    """Likewise for the long random schedule."""
    for vector in read("random"):
        assert expected(vector) == authenticators(vector)
