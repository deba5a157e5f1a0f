"""Other people's Python: what we write they verify and read, what they write and sign we do.

tlog-scales knows ML-DSA; aics-tlog and aics-witness are the strictest readers there are, and need Python 3.12.
"""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import MLDSA44CosignatureSigner, PlainEd25519Signer, Vkey
from tlog_scales.tlog import Checkpoint as TheirCheckpoint
from tlog_scales.tlog import ConsistencyProof, InclusionProof
from tlog_scales.writer import TilesWriter

from nullabona.log.keys import vkey
from nullabona.log.note import parse_note, parse_signatures, signatures_of
from nullabona.log.policy import Policy
from nullabona.log.tiles import WIDTH, decode_bundle, encode_bundle, tiles_of
from nullabona.log.tree import consistency_proof, inclusion_proof, leaf_hash, verify_consistency, verify_inclusion
from nullabona.log.witnessing import add_checkpoint
from tests.log.logs import ED, ML, NOON, ORIGIN, WITNESSES, SmallLog, policy

LOG = SmallLog(700)
SIZES = [1, 2, 255, 256, 257, 699, 700]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log as files, tiles of every size of `SIZES` among them."""
    folder = tmp_path_factory.mktemp("log")
    (folder / "checkpoint").write_bytes(LOG.note(*WITNESSES).encode())
    for size in SIZES:
        small = SmallLog(size)
        for tile in tiles_of(size):
            path = folder / tile.path
            path.parent.mkdir(parents=True, exist_ok=True)
            start = tile.index * WIDTH
            bundle = encode_bundle(small.entries[start : start + tile.width]) if tile.level < 0 else b""
            path.write_bytes(bundle or small.grown[1][tile])
    return folder


def aics(name: str) -> ModuleType:
    if importlib.util.find_spec(name.partition(".")[0]) is None:
        pytest.skip("aics-tlog and aics-witness need Python 3.12")
    return importlib.import_module(name)


def test_scales_verifies_every_signature_of_ours() -> None:
    """Ed25519 and ML-DSA-44 of the log, cosignatures of all witnesses."""
    theirs = TheirCheckpoint.from_text(LOG.note(*WITNESSES).encode().decode())
    for signer in (ED, ML, *WITNESSES):
        theirs.verify(Vkey.from_string(vkey(signer)))
    assert (ORIGIN, 700, LOG.root) == (theirs.origin, theirs.size, theirs.root_hash)


def test_we_verify_every_signature_of_scales() -> None:
    """A log of theirs with both kinds of keys, under a policy of ours."""
    one = PlainEd25519Signer("their.example", b"\x21" * 32)
    other = MLDSA44CosignatureSigner("their.example", b"\x22" * 32)
    theirs = TheirCheckpoint.make_signed("their.example", 700, LOG.root, [one, other])
    lines = "".join(f"log {signer.vkey.serialize()}\n" for signer in (one, other))  # type: ignore[no-untyped-call]
    seen = Policy.parse(f"{lines}quorum none\n").check(parse_note(theirs.serialize().encode()))
    assert ("their.example", 700, LOG.root) == (seen.log, seen.checkpoint.size, seen.checkpoint.root)


@pytest.mark.parametrize("size", SIZES)
def test_scales_reads_our_tiles(folder: Path, size: int) -> None:
    """Same root; its proofs hold for us and ours for it."""
    small, reader = SmallLog(size), TilesReader(LocalBackend(folder))
    reader.set_size(size)
    assert small.root == reader.calculate_root_hash()
    for index in {0, size // 2, size - 1}:
        leaf = leaf_hash(small.entries[index])
        ours = inclusion_proof(small.nodes, index, size)
        InclusionProof(index, size, list(ours)).check(leaf, small.root)
        verify_inclusion(leaf, index, size, tuple(reader.get_inclusion_proof(index, size).node_hashes), small.root)
        old = SmallLog(index + 1)
        proof = consistency_proof(small.nodes, old.size, size)
        ConsistencyProof(old.size, size, list(proof)).check(old.root, small.root)
        verify_consistency(old.size, old.root, size, small.root, proof)


def test_we_read_the_tiles_of_scales(tmp_path: Path) -> None:
    """A log that its writer wrote in three steps has our bytes in every file that is left."""
    signer = PlainEd25519Signer(ORIGIN, b"\x01" * 32)
    writer = TilesWriter.create(tmp_path / "log", ORIGIN)
    for step in (LOG.entries[:100], LOG.entries[100:600], LOG.entries[600:]):
        for entry in step:
            writer.add_leaf(entry)
        writer.commit([signer])
    assert LOG.note(log=(ED,)).encode() == (tmp_path / "log/checkpoint").read_bytes()
    for tile in tiles_of(700):
        data = (tmp_path / "log" / tile.path).read_bytes()
        if tile.level < 0:
            assert LOG.entries[tile.index * WIDTH :][: tile.width] == decode_bundle(data, tile.width)
        else:
            assert LOG.grown[1][tile] == data


def test_aics_verifies_checkpoint_and_quorum() -> None:
    """Its strict reader takes our note, the ML-DSA line being unknown to it, and counts our Ed25519 witnesses."""
    tlog = aics("aics_tlog")
    note = tlog.parse_note(LOG.note(*WITNESSES).encode())
    result = tlog.verify_checkpoint(
        note,
        tlog.parse_vkey(vkey(ED)),
        [tlog.parse_vkey(vkey(each)) for each in WITNESSES[:2]],
        2,
        expected_origin=ORIGIN,
    )
    assert (True, 2) == (result.ok, len(result.witnesses))


@pytest.mark.parametrize("size", SIZES)
def test_aics_audits_our_files(folder: Path, size: int) -> None:
    """Every tile and bundle of every size, against the root."""
    tlog = aics("aics_tlog")
    reader = tlog.FileSystemTileReader(folder)
    report = tlog.audit_tiles(reader, size, SmallLog(size).root)
    assert len(list(tiles_of(size))) == report.tiles + report.bundles


@pytest.mark.parametrize("size", SIZES)
def test_aics_and_we_make_the_same_proofs(size: int) -> None:
    """Hash by hash."""
    tlog = aics("aics_tlog")
    small = SmallLog(size)
    theirs = tlog.MerkleTree(small.entries)
    assert small.root == theirs.root()
    for index in range(0, size, 37):
        assert theirs.inclusion_proof(index) == list(inclusion_proof(small.nodes, index, size))
        assert theirs.consistency_proof(index) == list(consistency_proof(small.nodes, index, size))


def test_aics_witness_cosigns_our_log(tmp_path: Path) -> None:
    """It grows from nothing to 5 to 700 at their witness; their cosignatures count for us."""
    service, store, config = (aics(f"aics_witness.{name}") for name in ("service", "store", "config"))
    key = Ed25519PrivateKey.from_private_bytes(b"\x31" * 32)
    log = config.LogConfig(ORIGIN, (aics("aics_tlog").parse_vkey(vkey(ED)),))
    with store.WitnessStore(tmp_path / "witness.db", create=True) as kept:
        witness = service.Witness("their-witness.example", key, kept, [log], clock=lambda: float(NOON))
        small = SmallLog(5)
        witness.add_checkpoint(add_checkpoint(0, (), small.note()).encode())
        lines = witness.add_checkpoint(add_checkpoint(5, LOG.grew_from(5), LOG.note()).encode())
        with pytest.raises(service.WitnessError):
            witness.add_checkpoint(add_checkpoint(5, LOG.grew_from(5), LOG.note()).encode())
        demanded = policy(f"witness theirs {witness.vkey_text}", "quorum theirs")
    seen = demanded.check(LOG.note().plus(parse_signatures(lines)))
    assert (LOG.checkpoint, (("theirs", NOON),), NOON) == (seen.checkpoint, seen.witnesses, seen.time_s)


def test_what_ours_cosigns_theirs_would_have_cosigned() -> None:
    """The message of an Ed25519 cosignature is the same, byte by byte: signatures are deterministic."""
    tlog = aics("aics_tlog")
    key = Ed25519PrivateKey.from_private_bytes(b"\x03" * 32)
    [ours] = signatures_of(LOG.checkpoint.encode(), WITNESSES[:1], NOON)
    blob, line = tlog.sign_cosignature(key, WITNESSES[0].name, NOON, ORIGIN, 700, LOG.root)
    assert (ours.key_id, ours.blob) == (line.key_id, blob)
