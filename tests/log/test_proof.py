"""Proofs that are handed over: one text, checked offline, in which no byte can be changed."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nullabona.errors import Malformed, PeerError
from nullabona.log.policy import NotWitnessed, Seen, WrongOrigin
from nullabona.log.proof import MAX_EXTRA, LogProof, parse_proof
from nullabona.log.tree import MAX_PROOF, ProofInvalid, leaf_hash
from tests.log.logs import ED, LINES, NOON, ORIGIN, WITNESSES, SmallLog, policy

LOG = SmallLog(11)
NOTE = LOG.note(*WITNESSES)
LIGHT = LOG.note(WITNESSES[0], log=(ED,))
LIGHT_POLICY = policy("quorum bar", lines=[LINES[0], LINES[2]])
PROOF = LOG.proof(6, LIGHT)
TEXT = PROOF.encode()


@pytest.mark.parametrize("index", range(11))
def test_an_entry_is_proven_under_a_witnessed_checkpoint(index: int) -> None:
    """The proof survives its text, and shows what the policy shows."""
    proof = parse_proof(LOG.proof(index, NOTE).encode())
    expected = Seen(LOG.checkpoint, ORIGIN, tuple((name, NOON) for name in ("bar", "university", "press")), NOON, NOON)
    assert expected == proof.verify(b"entry %d" % index, policy())
    assert expected == proof.verify_leaf(leaf_hash(b"entry %d" % index), policy())
    with pytest.raises(ProofInvalid):
        proof.verify(b"entry %d" % (index + 1), policy())


def test_the_policy_decides_first() -> None:
    """Without a quorum, or of another log, the entry's place does not matter."""
    with pytest.raises(NotWitnessed):
        LOG.proof(3, LOG.note(WITNESSES[0])).verify(b"entry 3", policy())
    with pytest.raises(WrongOrigin):
        LOG.proof(3, NOTE).verify(b"entry 3", policy("quorum none", lines=[]))


def test_no_byte_of_a_proof_can_be_changed() -> None:
    """Every byte, with its lowest, a middle and its highest bit flipped."""
    assert LOG.checkpoint == PROOF.verify(b"entry 6", LIGHT_POLICY).checkpoint
    for at in range(len(TEXT)):
        for bit in (1, 32, 128):
            changed = bytearray(TEXT)
            changed[at] ^= bit
            with pytest.raises(PeerError):
                parse_proof(bytes(changed)).verify(b"entry 6", LIGHT_POLICY)


def test_no_proof_is_cut_or_joined() -> None:
    """No beginning of a proof is one, and none with something behind it."""
    for end in range(len(TEXT)):
        with pytest.raises(PeerError):
            parse_proof(TEXT[:end]).verify(b"entry 6", LIGHT_POLICY)
    for more in (b"\n", b"x", b"x\n", TEXT):
        with pytest.raises(Malformed):
            parse_proof(TEXT + more)


@given(st.binary(max_size=99))
def test_extra_data_comes_back_and_proves_nothing(extra: bytes) -> None:
    """It is carried; the proof holds whatever it is."""
    proof = parse_proof(dataclasses.replace(PROOF, extra=extra).encode())
    assert (extra, 11) == (proof.extra, proof.verify(b"entry 6", LIGHT_POLICY).checkpoint.size)


INDEX = b"\nindex 6\n"


@pytest.mark.parametrize(
    "data",
    [
        b"", b"c2sp.org/tlog-proof@v1\n", TEXT.replace(b"@v1", b"@v2"), TEXT.replace(b"\n", b"\r\n"), b"\n" + TEXT,
        TEXT.replace(INDEX, b"\n"), TEXT.replace(INDEX, b"\nindex 06\n"), TEXT.replace(INDEX, b"\nindex +6\n"),
        TEXT.replace(INDEX, b"\nindex -6\n"), TEXT.replace(INDEX, "\nindex ٦\n".encode()),
        TEXT.replace(INDEX, b"\nindex 6 \n"), TEXT.replace(INDEX, b"\nIndex 6\n"),
        TEXT.replace(INDEX, b"\nindex  6\n"), TEXT.replace(INDEX, b"\nindex 6\nindex 6\n"),
        TEXT.replace(INDEX, b"\nindex\n"), TEXT.replace(INDEX, b"\nindex 99999999999999999999\n"),
        TEXT.replace(INDEX, b"\nextra AA==\n"), TEXT.replace(INDEX, b"\nextra \nindex 6\n"),
        TEXT.replace(INDEX, b"\nextra\nindex 6\n"), TEXT.replace(INDEX, b"\nextra AB==\nindex 6\n"),
        TEXT.replace(INDEX, b"\nextra AA==\nextra AA==\nindex 6\n"), TEXT.replace(INDEX, b"\nindex 6\nextra AA==\n"),
        TEXT.replace(INDEX, b"\nindex 6\n\n"), TEXT.replace(INDEX, b"\nindex 6\nAAAA\n"),
        TEXT.replace(b"=\n\n", b"=\n", 1),
        TEXT.replace(INDEX, b"\nindex 6\n" + (b"A" * 43 + b"=\n") * 60),
    ],
)  # fmt: skip
def test_what_is_no_proof_is_refused(data: bytes) -> None:
    """Another version, second spellings, lines in another order, too many hashes."""
    assert TEXT != data
    with pytest.raises(Malformed):
        parse_proof(data)


def test_a_proof_has_limits() -> None:
    """63 hashes and 64 KiB of extra data, and not one more."""
    most = LogProof(6, (bytes(32),) * MAX_PROOF, LIGHT, bytes(MAX_EXTRA))
    assert most == parse_proof(most.encode())
    for more in (
        dataclasses.replace(most, hashes=(bytes(32),) * (MAX_PROOF + 1)),
        dataclasses.replace(most, extra=bytes(MAX_EXTRA + 1)),
    ):
        with pytest.raises(Malformed):
            parse_proof(more.encode())


def test_an_index_outside_the_log_is_refused() -> None:
    """Also the largest that can be written."""
    for index in (11, 2**63 - 1):
        with pytest.raises(ProofInvalid):
            dataclasses.replace(PROOF, index=index).verify(b"entry 6", LIGHT_POLICY)
