"""What others published: notes, checkpoints, proofs and a whole log, made by other software.

The Go checksum database's vectors are not in the repository: they lie beside it, in `../shared/vectors/log`.
"""

from __future__ import annotations

import base64
import dataclasses
import json
from pathlib import Path
from typing import TypedDict

import pytest

from nullabona.log.checkpoint import Checkpoint, parse_checkpoint
from nullabona.log.edge import Edge
from nullabona.log.keys import Kind, new_signer, parse_vkey, vkey
from nullabona.log.note import NoteInvalid, parse_note, sign_note, verify_note
from nullabona.log.proof import parse_proof
from nullabona.log.tiles import HashReader, decode_bundle, encode_bundle
from nullabona.log.tree import (
    ProofInvalid,
    consistency_proof,
    leaf_hash,
    leaf_hashes,
    verify_consistency,
    verify_inclusion,
)

FOLDER = Path(__file__).parents[2].parent / "shared" / "vectors" / "log"
SUMDB = parse_vkey("sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8")


class Tessera(TypedDict):
    """The fifteen leaves of Tessera's test data."""

    vkey: str
    private_key: str
    checkpoints: list[str]
    hashes: str
    entries: str


TESSERA: Tessera = json.loads((Path(__file__).parent / "vectors/tessera-15-leaves.json").read_text(encoding="utf-8"))
ENTRIES = decode_bundle(bytes.fromhex(TESSERA["entries"]), 15)


def read(name: str) -> bytes:
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"the vectors are not in {FOLDER.parent.parent.name}/{FOLDER.parent.name}/{FOLDER.name}")
    return path.read_bytes()


def test_a_checkpoint_of_the_go_checksum_database_holds() -> None:
    """35 million entries, signed by a key whose name is not the origin."""
    data = read("go-sumdb-35225469.checkpoint")
    note = parse_note(data)
    checkpoint = parse_checkpoint(note.text)
    assert ["sum.golang.org"] == [verified.name for verified in verify_note(note, [SUMDB])]
    assert ("go.sum database tree", 35_225_469, data) == (checkpoint.origin, checkpoint.size, note.encode())
    bigger = dataclasses.replace(note, text=note.text.replace(b"35225469", b"35225470"))
    with pytest.raises(NoteInvalid):
        verify_note(bigger, [SUMDB])


def test_a_proof_of_the_go_checksum_database_holds() -> None:
    """26 hashes lead from the entry to the root; from its neighbour's place they do not."""
    data, entry = read("go-sumdb-43930254.tlog-proof"), read("go-sumdb-43930254.leaf")
    proof = parse_proof(data)
    checkpoint = parse_checkpoint(proof.note.text)
    assert (43_930_254, 26, 58_253_265) == (proof.index, len(proof.hashes), checkpoint.size)
    assert ("0fa57c51", "2ab1", data) == (leaf_hash(entry).hex()[:8], leaf_hash(entry).hex()[-4:], proof.encode())
    verify_note(proof.note, [SUMDB])
    verify_inclusion(leaf_hash(entry), proof.index, checkpoint.size, proof.hashes, checkpoint.root)
    with pytest.raises(ProofInvalid):
        verify_inclusion(leaf_hash(entry), proof.index ^ 1, checkpoint.size, proof.hashes, checkpoint.root)


@pytest.mark.parametrize("size", range(16))
def test_every_checkpoint_of_tessera_is_the_one_we_would_have_signed(size: int) -> None:
    """From the same entries and the same key, byte by byte."""
    seed = base64.b64decode(TESSERA["private_key"])[1:]
    signer = new_signer(Kind.ED25519, "example.com/log/testdata", seed)
    root = Edge().extend(leaf_hashes(ENTRIES[:size]))[0].root
    ours = sign_note(Checkpoint("example.com/log/testdata", size, root).encode(), [signer], 0)
    assert (TESSERA["vkey"], TESSERA["checkpoints"][size].encode()) == (vkey(signer), ours.encode())


def test_the_tiles_of_tessera_are_ours() -> None:
    """Its hashes and its bundle, byte by byte."""
    [(_, hashes)] = Edge().extend(leaf_hashes(ENTRIES))[1]
    assert (TESSERA["hashes"], TESSERA["entries"]) == (hashes.hex(), encode_bundle(ENTRIES).hex())


def test_the_checkpoints_of_tessera_are_consistent() -> None:
    """Every pair, with proofs made from its own tile."""
    tile = bytes.fromhex(TESSERA["hashes"])
    points = [parse_checkpoint(parse_note(text.encode()).text) for text in TESSERA["checkpoints"]]
    for new in points[1:]:
        reader = HashReader(new.size, lambda wanted: tile[: 32 * wanted.width])
        for old in points[: new.size]:
            proof = consistency_proof(reader, old.size, new.size)
            verify_consistency(old.size, old.root, new.size, new.root, proof)
