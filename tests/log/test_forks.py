"""Evidence that a log forked: what proves it, what does not, and files that lie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nullabona.log.forks import LARGEST, Fork, ForkInvalid, fork_of, parse_fork, weigh
from nullabona.log.note import Note
from nullabona.log.policy import Policy
from nullabona.log.witnessing import AddCheckpoint, add_checkpoint
from tests.sequencer.logs import policy_text
from tests.witness.growing import ORIGIN, Growing
from tests.witness.running import log_signers, witness_signers

WITNESS = "witness.example/w1"
LOG = Growing()
LIE = replace(LOG, branch=b"!", branch_at=2)
POLICY = Policy.parse(policy_text(LOG.signers, [WITNESS], quorum=1))


def shown(log: Growing, old: int, new: int) -> AddCheckpoint:
    """What is claimed to have grown."""
    return add_checkpoint(old, log.proof(old, new), log.note(new))


def two_roots(size: int = 5) -> Fork:
    """One size and two roots, as a witness keeps it."""
    return Fork("two-roots", ORIGIN, LOG.note(size), shown(LIE, size, size))


def larger(other: bytes = b"") -> Fork:
    """A larger checkpoint of another history, with the proof that this other history has."""
    return Fork("no-consistency", ORIGIN, LOG.note(5), shown(LIE, 5, 9), (), other)


def test_two_roots_of_one_size_prove_it() -> None:
    """Whoever handed the file over; it comes back from its bytes as it was."""
    fork = two_roots()
    weighed = weigh(parse_fork(fork.encode()), POLICY)
    assert (True, 5, 5) == (weighed.proven, weighed.old.checkpoint.size, weighed.new.checkpoint.size)
    assert fork == parse_fork(fork.encode())


def test_a_larger_checkpoint_alone_does_not() -> None:
    """It may be that whoever brought it was given a wrong proof."""
    assert not weigh(larger(), POLICY).proven


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.integers(0, 40), st.data())
def test_with_the_other_root_it_does(old: int, more: int, data: st.DataObject) -> None:
    """Whatever the sizes: the larger tree's own root at the smaller size is not the one that was signed."""
    new, lie = old + more + 1, replace(LOG, branch=b"!", branch_at=data.draw(st.integers(0, old - 1)))
    other = lie.checkpoint(old).root
    fork = Fork("no-consistency", ORIGIN, LOG.note(old), shown(lie, old, new), (), other)
    assert weigh(parse_fork(fork.encode()), POLICY).proven
    honest = Fork("no-consistency", ORIGIN, LOG.note(old), shown(LOG, old, new), (), other)
    with pytest.raises(ForkInvalid, match="they agree"):
        weigh(honest, POLICY)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.integers(0, 40), st.binary(min_size=32, max_size=32), st.data())
def test_nobody_makes_an_honest_log_look_bad(old: int, more: int, other: bytes, data: st.DataObject) -> None:
    """With whatever root and whatever proof: of two checkpoints that agree nothing is proven."""
    new = old + more + 1
    proof = list(LOG.proof(old, new))
    changed = data.draw(st.integers(-1, len(proof) - 1))
    if changed >= 0:
        proof[changed] = other
    made = Fork("no-consistency", ORIGIN, LOG.note(old), add_checkpoint(old, tuple(proof), LOG.note(new)), (), other)
    try:
        assert not weigh(made, POLICY).proven
    except ForkInvalid:
        return


def test_who_witnessed_it_is_said() -> None:
    """By the policy's names; a witness that the policy does not know is nobody."""
    signers = [*LOG.signers, *witness_signers(WITNESS), *witness_signers("witness.example/unknown")]
    weighed = weigh(replace(two_roots(), held=LOG.note(5, signers)), POLICY)
    assert (["w0"], []) == ([name for name, _ in weighed.old.witnesses], [name for name, _ in weighed.new.witnesses])


STRANGER = Growing(log_signers(ORIGIN, "stranger"), b"!")
HALF = Growing(LOG.signers[:1], b"!")
WRONG: dict[str, Fork] = {
    "the same twice": replace(two_roots(), shown=shown(LOG, 5, 5)),
    "a stranger's signature": replace(two_roots(), shown=shown(STRANGER, 5, 5)),
    "half of the log's keys": replace(two_roots(), shown=shown(HALF, 5, 5)),
    "held by nobody": replace(two_roots(), held=STRANGER.note(5)),
    "no signature": replace(two_roots(), held=Note(LOG.note(5).text, ())),
    "another origin": replace(two_roots(), origin="log.example/other"),
    "another kind": replace(two_roots(), kind="no-consistency"),
    "the other kind": replace(larger(), kind="two-roots"),
    "an older one": Fork("no-consistency", ORIGIN, LOG.note(9), shown(LIE, 0, 5)),
    "grown": Fork("no-consistency", ORIGIN, LOG.note(5), shown(LOG, 5, 9)),
    "grown, with another root": Fork("no-consistency", ORIGIN, LOG.note(5), shown(LOG, 5, 9), (), bytes(32)),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_no_evidence(what: str) -> None:
    """It is refused with a sentence, whatever the file says of itself."""
    with pytest.raises(ForkInvalid):
        weigh(parse_fork(WRONG[what].encode()), POLICY)


def test_another_root_that_the_proof_does_not_lead_from_is_nothing() -> None:
    """Neither proven nor refused: the log's own files decide."""
    assert not weigh(larger(bytes(32)), POLICY).proven


def test_keys_in_the_file_are_not_believed() -> None:
    """Those of the reader's policy count."""
    forged = replace(
        two_roots(), held=STRANGER.note(5), shown=shown(replace(STRANGER, branch=b"?"), 5, 5),
        keys=tuple(signer.verifier.encode() for signer in STRANGER.signers),
    )  # fmt: skip
    with pytest.raises(ForkInvalid, match="not signed both"):
        weigh(forged, POLICY)


BENT: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda _: b"",
    "no JSON": lambda data: data[:-9],
    "a list": lambda data: b"[" + data + b"]",
    "one more field": lambda data: data.replace(b"{", b'{"more": 1,', 1),
    "a field that is missing": lambda data: data.replace(b'"held"', b'"hold"'),
    "another kind": lambda data: data.replace(b"two-roots", b"three-roots"),
    "no UTF-8": lambda data: data.replace(b"log.example", b"\xff"),
    "no note": lambda data: data.replace(b"\\n\\n", b"\\n"),
    "no base64": lambda data: data.replace(b'"keys"', b'"other_root": "AAA", "keys"'),
    "a short root": lambda data: data.replace(b'"keys"', b'"other_root": "AAAA", "keys"'),
    "a lone surrogate": lambda data: data.replace(b'"log.example/watched"', b'"\\ud800"'),
    "too large": lambda data: data + b" " * LARGEST,
    "deep": lambda _: b"[" * 100_000,
}


@pytest.mark.parametrize("how", BENT)
def test_a_file_that_is_none(how: str) -> None:
    """One error, whatever is wrong."""
    with pytest.raises(ForkInvalid):
        parse_fork(BENT[how](two_roots().encode()))


def test_every_bit_counts() -> None:
    """A changed file proves nothing that the honest one did not: it is refused, or says the same."""
    data = two_roots().encode()
    for at in range(0, len(data), 7):
        bent = bytearray(data)
        bent[at] ^= 1 << at % 7
        try:
            weighed = weigh(parse_fork(bytes(bent)), POLICY)
        except ForkInvalid:
            continue
        assert {LOG.checkpoint(5), LIE.checkpoint(5)} == {weighed.old.checkpoint, weighed.new.checkpoint}


def test_two_plain_checkpoints_are_evidence_too() -> None:
    """In either order; what is no checkpoint is not."""
    for pair in ((LOG.note(5), LIE.note(5)), (LIE.note(5), LOG.note(5))):
        assert weigh(fork_of(*(note.encode() for note in pair)), POLICY).proven
    small, large = LOG.note(5).encode(), LIE.note(9).encode()
    assert fork_of(small, large) == fork_of(large, small)
    assert not weigh(fork_of(small, large), POLICY).proven
    for bad in (b"", b"rubbish\n", b"{}"):
        with pytest.raises(ForkInvalid):
            fork_of(bad, small)
        with pytest.raises(ForkInvalid):
            fork_of(small, bad)
