"""A change of keys is followed only if old keys, new keys and enough witnesses of both say so, by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from nullabona.errors import Malformed
from nullabona.log.checkpoint import Checkpoint, parse_checkpoint
from nullabona.log.key_change import (
    KeyChange,
    KeysUnproven,
    check_change,
    check_drafted,
    make_change,
    parse_change,
    read_change,
    successor,
)
from nullabona.log.note import sign_note, signatures_of
from nullabona.log.policy import Policy, PolicyInvalid
from tests.log.key_changes import ORIGIN, WITNESSES, change, policy, signed, tree
from tests.sequencer.logs import policy_text
from tests.witness.running import START, log_signers, witness_signers

CHANGE = change()
KNOWN, THEN = Policy.parse(policy("first")), Policy.parse(policy("second"))


def test_a_change_reads_back_as_it_was_written() -> None:
    """Entry and file; the second one stands after the first one in the key log."""
    second = change("second", "third", 1)
    proof = signed(second, ("second", "third"), before=tree(CHANGE))
    assert [CHANGE, second] == [parse_change(each.encode()) for each in (CHANGE, second)]
    assert (second, proof) == read_change(proof.encode())
    assert tree(CHANGE, second).root == parse_checkpoint(proof.note.text).root


def test_what_old_keys_new_keys_and_a_quorum_signed_is_followed() -> None:
    """Two of three witnesses are enough, whichever."""
    check_drafted(CHANGE, signed(CHANGE, witnesses=()).note)
    check_change(CHANGE, signed(CHANGE, witnesses=WITNESSES[1:]).note, KNOWN, THEN)


@pytest.mark.parametrize(
    ("logs", "witnesses"),
    [
        (("second",), WITNESSES),
        (("first",), WITNESSES),
        (("third", "second"), WITNESSES),
        (("first", "second"), ()),
        (("first", "second"), WITNESSES[:1]),
        (("first", "second"), (WITNESSES[0], "w.example/9")),
    ],
    ids=["old-missing", "new-missing", "other-old", "no-witness", "one-witness", "foreign-witness"],
)
def test_what_lacks_a_signature_is_not_followed(logs: Sequence[str], witnesses: Sequence[str]) -> None:
    """The thief of the log's keys alone, a quorum of witnesses alone, and a change that names keys nobody has."""
    note = signed(CHANGE, logs, witnesses).note
    with pytest.raises(KeysUnproven):
        check_change(CHANGE, note, KNOWN, THEN)


def test_one_kind_of_the_old_keys_is_not_enough() -> None:
    """Whoever broke Ed25519 has not broken ML-DSA-44."""
    whole = signed(CHANGE).note
    lattice = log_signers(f"{ORIGIN}/keys", "first")[1]
    without = replace(whole, signatures=tuple(each for each in whole.signatures if each.key_id != lattice.key_id))
    assert len(without.signatures) + 1 == len(whole.signatures)
    with pytest.raises(KeysUnproven):
        check_change(CHANGE, without, KNOWN, THEN)


def test_what_a_witness_cosigned_of_the_log_itself_confirms_nothing() -> None:
    """A server's cosignature is under the log's name; pasted below a change, it does not hold."""
    note = signed(CHANGE, witnesses=()).note
    served = Checkpoint(ORIGIN, 1, tree(CHANGE).root).encode()
    pasted = [each for name in WITNESSES for each in signatures_of(served, witness_signers(name), START)]
    with pytest.raises(KeysUnproven):
        check_change(CHANGE, note.plus(pasted), KNOWN, THEN)


def test_new_witnesses_have_to_confirm_too() -> None:
    """A change to witnesses that never agreed would leave everybody without a quorum."""
    others = ("x.example/1", "x.example/2", "x.example/3")
    moved = change(witnesses=(WITNESSES, others))
    then = Policy.parse(policy("second", others))
    with pytest.raises(KeysUnproven):
        check_change(moved, signed(moved).note, KNOWN, then)
    check_change(moved, signed(moved, witnesses=(*WITNESSES[:2], *others[1:])).note, KNOWN, then)


def test_fewer_witnesses_than_before_are_never_followed() -> None:
    """Not even if every witness of today confirmed it: that is for the person to decide."""
    fewer = change(quorum=(2, 1))
    with pytest.raises(KeysUnproven, match="fewer"):
        check_change(fewer, signed(fewer, witnesses=WITNESSES).note, KNOWN, Policy.parse(policy("second", quorum=1)))
    none = make_change(ORIGIN, 0, policy("first"), policy("second", (), 0))
    with pytest.raises(KeysUnproven, match="fewer"):
        check_change(none, signed(none, witnesses=WITNESSES).note, KNOWN, Policy.parse(policy("second", (), 0)))


def test_where_no_witness_is_known_nothing_is_followed() -> None:
    """The old keys alone could be a thief's."""
    alone = make_change(ORIGIN, 0, policy("first", (), 0), policy("second"))
    with pytest.raises(KeysUnproven, match="nobody witnesses"):
        check_change(alone, signed(alone).note, Policy.parse(policy("first", (), 0)), THEN)


def test_the_way_back_is_not_followed() -> None:
    """The change to today's keys, shown again to somebody who followed it, begins with other keys."""
    with pytest.raises(KeysUnproven, match="other keys"):
        check_change(CHANGE, signed(CHANGE, witnesses=WITNESSES).note, THEN, KNOWN)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (policy("first"), policy("first"), "new keys"),
        (policy("first"), policy_text(log_signers("other.example/x")), "names one log"),
        (policy("first"), policy("second").replace(policy("second").splitlines()[1] + "\n", ""), "kind of key"),
        (policy("first").replace("\nwitness w0", "\n\nwitness w0"), policy("second"), "empty line"),
        (policy("first"), "quorum none\n", "names one log"),
    ],
    ids=["same-keys", "other-log", "kind-left-out", "empty-line", "no-log"],
)
def test_a_change_that_is_none_is_refused(before: str, after: str, said: str) -> None:
    """The same keys would let an older policy come back."""
    with pytest.raises((Malformed, PolicyInvalid), match=said):
        make_change(ORIGIN, 0, before, after)


def spoiled(what: KeyChange, **parts: object) -> bytes:
    return replace(signed(what), **parts).encode()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"c2sp.org/tlog-proof@v1\n",
        signed(CHANGE).encode()[:-1],
        spoiled(CHANGE, index=1),
        spoiled(CHANGE, hashes=(bytes(32),)),
        spoiled(CHANGE, extra=change(after="third").encode()),
        spoiled(CHANGE, extra=CHANGE.encode() + b"x"),
        spoiled(CHANGE, extra=b""),
        spoiled(
            CHANGE,
            note=sign_note(
                Checkpoint(f"{ORIGIN}/keys", 1, tree(CHANGE).root, ("more",)).encode(), log_signers(ORIGIN)[:1], START
            ),
        ),
    ],
)
def test_a_file_that_shows_something_else_is_refused(data: bytes) -> None:
    """Cut, at another place, another entry than was signed, a line more."""
    with pytest.raises(KeysUnproven):
        read_change(data)


def test_a_policy_keeps_what_the_change_is_not_about() -> None:
    """Another log of the operator stays; witnesses stay where the person chose them."""
    docket = "log " + log_signers("relay.example/docket")[0].verifier.encode()
    mine = f"# mine\n{docket}\n{policy('first', WITNESSES[:1], 1)}"
    shown, own = (successor(mine, change(), by_hand=by_hand) for by_hand in (False, True))
    assert f"{policy('second')}{docket}\n" == shown
    assert {log_signers(ORIGIN, "second")[0].verifier} < set(Policy.parse(own).keys_of(ORIGIN))
    assert Policy.parse(mine).witnesses == Policy.parse(own).witnesses


@pytest.mark.parametrize(
    ("lines", "least"),
    [
        ("quorum none\n", 0),
        ("quorum w0\n", 1),
        ("group both all w0 w1\nquorum both\n", 2),
        ("group a any w0 w1\ngroup b all a w2\nquorum b\n", 2),
        ("group a all w0 w1\ngroup b any a w2\nquorum b\n", 1),
    ],
)
def test_a_policy_knows_how_few_witnesses_are_enough(lines: str, least: int) -> None:
    """Two keys of one witness, in a group of any, count once."""
    head = policy("first").partition("group")[0]
    assert least == Policy.parse(head + lines).least
