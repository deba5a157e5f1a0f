"""Policies: who must have signed, and that nothing less is believed."""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nullabona.errors import Malformed
from nullabona.log.checkpoint import Checkpoint
from nullabona.log.keys import Kind, SignerKey, new_signer, vkey
from nullabona.log.note import Note, NoteInvalid, NoteSignature, sign_note, signatures_of
from nullabona.log.policy import MAX_LINES, MAX_POLICY, NotWitnessed, Policy, PolicyInvalid, Seen, WrongOrigin
from tests.log.logs import ED, LINES, ML, NAMES, NOON, ORIGIN, WITNESSES, SmallLog, policy

LOG = SmallLog(5)
BAR, UNIVERSITY, PRESS = WITNESSES


def signer(number: int, kind: Kind = Kind.COSIGN_ED25519, name: str = "") -> SignerKey:
    return new_signer(kind, name or f"w{number}.example", number.to_bytes(32, "big"))


def test_a_witnessed_checkpoint_is_seen_with_its_witnesses_and_time() -> None:
    """Log, checkpoint, who cosigned under their names in the policy, and since when they are a quorum."""
    note = LOG.note().plus(signatures_of(LOG.note().text, [PRESS], NOON + 9))
    note = note.plus(signatures_of(note.text, [BAR], NOON + 4))
    expected = Seen(LOG.checkpoint, ORIGIN, (("bar", NOON + 4), ("press", NOON + 9)), NOON + 4, NOON + 9)
    assert expected == policy().check(note)


def test_one_witness_cannot_make_a_checkpoint_look_fresh() -> None:
    """The time is the latest for which there is a quorum, so a lonely late cosignature counts for nothing."""
    note = LOG.note(BAR, UNIVERSITY, time_s=NOON)
    note = note.plus(signatures_of(note.text, [PRESS], NOON + 1_000_000))
    assert NOON == policy().check(note).time_s
    assert NOON + 1_000_000 == policy("quorum press").check(note).time_s


def test_one_witness_cannot_make_a_checkpoint_look_punctual() -> None:
    """Nor does a lonely early cosignature say when it was seen by as many as have to."""
    note = LOG.note(BAR, time_s=NOON)
    note = note.plus(signatures_of(note.text, [PRESS], NOON + 1_000_000))
    seen = policy().check(note)
    assert (NOON, NOON + 1_000_000) == (seen.time_s, seen.by_s)
    note = note.plus(signatures_of(note.text, [UNIVERSITY], NOON + 7))
    assert NOON + 7 == policy().check(note).by_s
    assert NOON == policy("quorum bar").check(note).by_s


@pytest.mark.parametrize("count", range(4))
@pytest.mark.parametrize(("word", "needed"), [("any", 1), ("2", 2), ("all", 3), ("1", 1), ("3", 3)])
def test_a_quorum_is_as_many_as_it_says(count: int, word: str, needed: int) -> None:
    """Every choice of witnesses, for every threshold."""
    demanded = policy(f"group g {word} bar university press", "quorum g")
    for chosen in combinations(WITNESSES, count):
        note = LOG.note(*chosen)
        if count >= needed:
            assert count == len(demanded.check(note).witnesses)
        else:
            with pytest.raises(NotWitnessed):
                demanded.check(note)


def test_groups_of_groups() -> None:
    """Two of three of one kind and any of another."""
    more = [signer(number) for number in range(3)]
    lines = [*LINES, *(f"witness y{number} {vkey(each)}" for number, each in enumerate(more))]
    demanded = policy(
        "group x 2 bar university press", "group y any y0 y1 y2", "group both all x y", "quorum both", lines=lines
    )
    assert 3 == len(demanded.check(LOG.note(BAR, PRESS, more[1])).witnesses)
    for chosen in ([BAR, UNIVERSITY, PRESS], [BAR, *more], []):
        with pytest.raises(NotWitnessed):
            demanded.check(LOG.note(*chosen))


def test_a_policy_may_demand_no_witness() -> None:
    """Then there is no time either; those who cosigned are named."""
    assert Seen(LOG.checkpoint, ORIGIN, (), None) == policy("quorum none").check(LOG.note())
    assert (("bar", NOON),) == policy("quorum none").check(LOG.note(BAR)).witnesses


@pytest.mark.parametrize("signers", [(ED,), (ML,), ()], ids=["no-ml-dsa", "no-ed25519", "neither"])
def test_a_log_signs_with_every_kind_of_its_keys(signers: tuple[SignerKey, ...]) -> None:
    """Whoever breaks one of two algorithms cannot leave the other signature out."""
    with pytest.raises(NoteInvalid):
        policy().check(LOG.note(*WITNESSES, log=signers))


def test_a_log_may_change_its_key() -> None:
    """Two keys of one kind: either is enough, and both is fine."""
    newer = new_signer(Kind.ED25519, ORIGIN, b"\x07" * 32)
    demanded = policy("quorum none", lines=[*LINES, f"log {vkey(newer)}"])
    for signers in ((ED, ML), (newer, ML), (ED, newer, ML)):
        assert ORIGIN == demanded.check(LOG.note(log=signers)).log
    with pytest.raises(NoteInvalid):
        demanded.check(LOG.note(log=(ED, newer)))


def test_a_checkpoint_of_another_log_is_refused() -> None:
    """Under a right key (its name is another one), and of a log that is listed with other keys."""
    note = sign_note(Checkpoint("other.example", 5, LOG.root).encode(), [ED, ML, *WITNESSES], NOON)
    with pytest.raises(WrongOrigin):
        policy().check(note)
    other = new_signer(Kind.ED25519, "other.example", b"\x08" * 32)
    with pytest.raises(NoteInvalid):
        policy("quorum none", lines=[*LINES, f"log {vkey(other)}"]).check(note)


def test_a_listed_signature_that_does_not_hold_spoils_the_checkpoint() -> None:
    """Even one witness too many."""
    note = LOG.note(BAR, UNIVERSITY)
    bad = NoteSignature(PRESS.name, PRESS.key_id, PRESS.sign(SmallLog(6).checkpoint.encode(), NOON))
    with pytest.raises(NoteInvalid):
        policy().check(note.plus([bad]))


def test_a_cosignature_without_a_time_does_not_count() -> None:
    """It does not say that this is the largest tree."""
    note = LOG.note(BAR)
    with pytest.raises(NotWitnessed):
        policy().check(note.plus(signatures_of(note.text, [PRESS], 0)))


def test_a_log_is_not_its_own_witness() -> None:
    """Its ML-DSA cosignature is no witness's, and its key cannot be listed as one."""
    with pytest.raises(NotWitnessed):
        policy().check(LOG.note(BAR))
    with pytest.raises(PolicyInvalid):
        policy("quorum none", lines=[*LINES, f"witness self {vkey(ML)}"])


def test_lines_that_no_signature_covers_are_refused() -> None:
    """ML-DSA does not sign extension lines; an Ed25519 signature of the log does."""
    checkpoint = dataclasses.replace(LOG.checkpoint, extensions=("more",))
    note = sign_note(checkpoint.encode(), [ED, ML], NOON)
    assert ("more",) == policy("quorum none").check(note).checkpoint.extensions
    with pytest.raises(NoteInvalid):
        policy("quorum none", lines=[LINES[1]]).check(note)


def test_a_note_that_is_no_checkpoint_is_malformed() -> None:
    """Whoever signed it."""
    with pytest.raises(Malformed):
        policy().check(Note(b"a text\n", LOG.note().signatures))


def test_a_policy_is_read_with_its_comments_spaces_and_urls() -> None:
    """Spaces and tabs around and between words, empty lines, comments."""
    text = f"# a comment\n\n \t log\t{vkey(ED)}  https://log.example/ \n witness\tb {vkey(BAR)} http://[::1]/\n\t#\n"
    read = Policy.parse(text + "quorum b\n")
    assert ["https://log.example/", "http://[::1]/"] == [read.logs[0].url, read.witnesses[0].url]
    assert ((ED.verifier,), "b", ()) == (read.keys_of(ORIGIN), read.quorum, read.groups)
    assert () == read.keys_of("log.example")


WITNESS = LINES[2]


@pytest.mark.parametrize(
    "lines",
    [
        [], ["quorum"], ["quorum bar press"], ["quorum bar"], ["quorum none", "quorum none"], ["log", "quorum none"],
        ["log a b c", "quorum none"], [LINES[0], LINES[0], "quorum none"], [WITNESS, WITNESS, "quorum none"],
        [WITNESS.replace(" bar ", " other "), WITNESS, "quorum none"],
        [WITNESS.replace(" bar ", " none "), "quorum none"],
        [LINES[0].replace("log ", "witness w "), "quorum none"], [WITNESS.replace("witness bar", "log"), "quorum none"],
        [WITNESS, "group bar any bar", "quorum bar"], [WITNESS, "group g any", "quorum g"],
        [WITNESS, "group g any g", "quorum g"], [WITNESS, "group g any h", "quorum g"],
        [WITNESS, "group g any bar bar", "quorum g"], [WITNESS, "group g 2 bar", "quorum g"],
        [WITNESS, "group g 0 bar", "quorum g"], [WITNESS, "group g 01 bar", "quorum g"],
        [WITNESS, "group g +1 bar", "quorum g"], [WITNESS, "group g ١ bar", "quorum g"],
        [WITNESS, "group g some bar", "quorum g"], [WITNESS, "group g any bar", "group h any bar", "quorum g"],
        [WITNESS, "group none any bar", "quorum none"], ["quorum bar", WITNESS], [WITNESS + " url more", "quorum bar"],
        [WITNESS.replace("witness", "WITNESS"), "quorum bar"], ["witness\u00a0bar", "quorum none"], ["quorum none\r"],
        ["quorum none\x00"], ["quorum none\x7f"], ["mirror m", "quorum none"], [WITNESS[:-4], "quorum bar"],
        ["quorum none # comment"], ["#\u2028quorum none"],
    ],
)  # fmt: skip
def test_what_is_no_policy_is_refused(lines: list[str]) -> None:
    """Names twice, keys twice, wrong kinds, undefined members, thresholds out of range, stray words and characters."""
    with pytest.raises(PolicyInvalid):
        Policy.parse("".join(f"{line}\n" for line in lines))


def test_the_last_line_ends_too() -> None:
    """A policy that was cut short is noticed."""
    with pytest.raises(PolicyInvalid):
        Policy.parse("quorum none")


def test_keys_that_could_be_taken_for_one_another_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four bytes of a key id can be made to collide: two keys with one name and key id cannot both be listed."""
    monkeypatch.setattr("nullabona.log.keys.key_id", lambda *_: b"same")
    one, other = (signer(number, name="w.example") for number in (1, 2))
    with pytest.raises(PolicyInvalid):
        Policy.parse(f"witness a {vkey(one)}\nwitness b {vkey(other)}\nquorum none\n")


def test_a_policy_has_limits() -> None:
    """64 witnesses and 512 Ki characters, and not one more."""
    lines = [f"witness w{number} {vkey(signer(number))}" for number in range(MAX_LINES + 1)]
    assert MAX_LINES == len(policy("quorum none", lines=lines[:-1]).witnesses)
    with pytest.raises(PolicyInvalid):
        policy("quorum none", lines=lines)
    text = "quorum none\n#"
    assert "none" == Policy.parse(text + " " * (MAX_POLICY - len(text) - 1) + "\n").quorum
    with pytest.raises(PolicyInvalid):
        Policy.parse(text + " " * (MAX_POLICY - len(text)) + "\n")


@given(st.lists(st.sampled_from([*LINES, *NAMES, "group", "quorum", "any", "all", "1", "2", "g", "none", "\n", "\t#"])))
def test_any_words_are_a_policy_or_refused(words: list[str]) -> None:
    """Nothing else is raised, and what is read can be asked."""
    try:
        read = Policy.parse(" ".join(words).replace(" \n ", "\n") + "\n")
    except PolicyInvalid:
        return
    with suppress(WrongOrigin, NotWitnessed, NoteInvalid):
        read.check(LOG.note(*WITNESSES))
