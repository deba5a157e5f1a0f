"""What a witness decides, in the order and with the answers of tlog-witness."""

from __future__ import annotations

import dataclasses

import pytest

from nullabona.errors import Malformed
from nullabona.log.checkpoint import Checkpoint
from nullabona.log.keys import Kind, SignerKey, VerifierKey, new_signer
from nullabona.log.note import NoteSignature, sign_note
from nullabona.log.tree import EMPTY_ROOT
from nullabona.log.witnessing import (
    MAX_REQUEST,
    SIZE_TYPE,
    TEXT,
    Accept,
    AddCheckpoint,
    Cosigned,
    Refuse,
    add_checkpoint,
    decide,
    parse_request,
    parse_size,
)
from tests.log.logs import ED, ML, NOON, ORIGIN, WITNESSES, SmallLog

OLD, NEW = SmallLog(7), SmallLog(12)
KNOWN = Cosigned(OLD.size, OLD.root)
KEYS = (ED.verifier, ML.verifier)
REQUEST = add_checkpoint(7, NEW.grew_from(7), NEW.note())


def reason(request: AddCheckpoint, known: Cosigned | None = KNOWN, keys: tuple[VerifierKey, ...] = KEYS) -> str:
    decision = decide(request, known, keys)
    return decision.reason if isinstance(decision, Refuse) else "accepted"


def root_of(size: int, root: bytes, signers: tuple[SignerKey, ...] = (ED, ML)) -> AddCheckpoint:
    """A signed checkpoint with any root."""
    return add_checkpoint(7, (), sign_note(Checkpoint(ORIGIN, size, root).encode(), signers, NOON))


def test_a_log_that_grew_is_cosigned() -> None:
    """The decision carries what is to be kept and signed."""
    assert Accept(NEW.checkpoint, REQUEST.note) == decide(parse_request(REQUEST.encode()), KNOWN, KEYS)


def test_the_first_checkpoint_of_a_log_is_cosigned() -> None:
    """From nothing there is nothing to prove."""
    assert "accepted" == reason(add_checkpoint(0, (), NEW.note()), None)
    assert "accepted" == reason(add_checkpoint(0, (), SmallLog(0).note()), None)


def test_the_same_checkpoint_again_is_cosigned() -> None:
    """A repeat, and the same tree signed anew."""
    assert "accepted" == reason(add_checkpoint(7, (), OLD.note()))
    assert "accepted" == reason(add_checkpoint(7, (), OLD.note(time_s=NOON + 60)))


def test_other_lines_below_the_checkpoint_do_not_matter() -> None:
    """Lines of witnesses and strangers are ignored."""
    assert "accepted" == reason(dataclasses.replace(REQUEST, note=NEW.note(*WITNESSES)))


def test_an_unknown_log_is_not_cosigned() -> None:
    """404."""
    assert 404 == _refused(REQUEST, keys=()).status


def _refused(request: AddCheckpoint, known: Cosigned | None = KNOWN, keys: tuple[VerifierKey, ...] = KEYS) -> Refuse:
    decision = decide(request, known, keys)
    assert isinstance(decision, Refuse)
    return decision


@pytest.mark.parametrize("signers", [(ED,), (ML,), (), (new_signer(Kind.ED25519, ORIGIN, b"\x09" * 32),)])
def test_a_checkpoint_that_its_log_did_not_sign_is_not_cosigned(signers: tuple[SignerKey, ...]) -> None:
    """403: one of two kinds is missing, both are, or somebody else signed."""
    assert 403 == _refused(dataclasses.replace(REQUEST, note=NEW.note(log=signers))).status


def test_a_bad_signature_of_the_log_is_not_cosigned() -> None:
    """403, even beside a good one of the other kind."""
    note = NEW.note().plus([NoteSignature(ORIGIN, ED.key_id, ED.sign(b"another text\n", 0))])
    assert 403 == _refused(dataclasses.replace(REQUEST, note=note)).status


def test_a_log_that_shrinks_is_not_cosigned() -> None:
    """400 if it says so itself, 409 if it does not."""
    assert 400 == _refused(add_checkpoint(7, (), SmallLog(5).note())).status
    assert 409 == _refused(add_checkpoint(5, (), SmallLog(5).note())).status


@pytest.mark.parametrize(("old", "known"), [(0, KNOWN), (6, KNOWN), (8, KNOWN), (7, None)])
def test_a_log_out_of_step_is_told_the_last_size(old: int, known: Cosigned | None) -> None:
    """409, with the size that this witness cosigned last, 0 if none."""
    refusal = _refused(dataclasses.replace(REQUEST, old_size=old), known)
    size = known.size if known else 0
    assert (409, SIZE_TYPE, size) == (refusal.status, refusal.content_type, parse_size(refusal.body))


def test_a_forked_log_is_caught() -> None:
    """Two roots of one size, both signed by the log: 422, and a reason of its own."""
    refusal = _refused(root_of(7, b"\x01" * 32))
    assert ("forked", 422, TEXT) == (refusal.reason, refusal.status, refusal.content_type)


def test_growth_without_proof_is_not_cosigned() -> None:
    """422: a proof that is missing, changed, or of other sizes; and one where none is needed."""
    changed = (bytes(32), *REQUEST.proof[1:])
    for proof in ((), changed, REQUEST.proof[:-1], (*REQUEST.proof, bytes(32)), NEW.grew_from(6)):
        assert "unproven" == reason(dataclasses.replace(REQUEST, proof=proof))
    assert 422 == _refused(root_of(12, b"\x01" * 32)).status
    assert "unproven" == reason(dataclasses.replace(add_checkpoint(7, (), OLD.note()), proof=(bytes(32),)))
    assert "unproven" == reason(dataclasses.replace(REQUEST, old_size=0), None)


def test_an_empty_log_has_the_root_of_nothing() -> None:
    """Any other root of size 0 is a fork of the only empty tree there is."""
    request = dataclasses.replace(root_of(0, b"\x01" * 32), old_size=0)
    assert "forked" == reason(request, None)
    assert "accepted" == reason(dataclasses.replace(root_of(0, EMPTY_ROOT), old_size=0), None)


BODY = REQUEST.encode()


@pytest.mark.parametrize(
    "body",
    [
        b"", b"\n\n", BODY.replace(b"old 7", b"old 07"), BODY.replace(b"old 7", b"old +7"),
        BODY.replace(b"old 7", b"new 7"),
        BODY.replace(b"old 7", b"old  7"), BODY.replace(b"old 7", b"old 7 "), BODY.replace(b"old 7", b"old 7\r"),
        BODY.replace(b"old 7", "old ٧".encode()), BODY.replace(b"old 7\n", b""), b"\n" + BODY, BODY + b"x", BODY[:-1],
        BODY.replace(b"old 7\n", b"old 7\nAAAA\n"), BODY.replace(b"old 7\n", b"old 7\n" + (b"A" * 43 + b"=\n") * 64),
        BODY.replace(b"\n\n", b"\n", 1), b"old 7\n\ntext\n\n" + BODY.rsplit(b"\n\n", 1)[1], b"old 7\n" + BODY,
    ],
)  # fmt: skip
def test_what_is_no_request_is_refused(body: bytes) -> None:
    """400: second spellings, too many hashes, no checkpoint behind them."""
    with pytest.raises(Malformed):
        parse_request(body)


def test_a_request_comes_back_and_has_limits() -> None:
    """63 hashes, and as many bytes as its largest note needs."""
    most = dataclasses.replace(REQUEST, proof=(bytes(32),) * 63)
    assert [REQUEST, most] == [parse_request(each.encode()) for each in (REQUEST, most)]
    with pytest.raises(Malformed):
        parse_request(BODY + b"x" * MAX_REQUEST)


@pytest.mark.parametrize("body", [b"", b"7", b"07\n", b"7\n\n", b"7\r\n", b"-7\n", b"7" * 40 + b"\n"])
def test_a_size_in_an_answer_has_one_spelling(body: bytes) -> None:
    """A number and a newline."""
    assert 7 == parse_size(b"7\n")
    with pytest.raises(Malformed):
        parse_size(body)
