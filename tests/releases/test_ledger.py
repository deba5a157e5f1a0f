"""The release log: what counts of what anybody may have appended (spec/release.md §4)."""

from __future__ import annotations

from copy import deepcopy

import pytest

from nullabona.errors import Malformed
from nullabona.log.note import NoteSignature
from nullabona.releases.ledger import MOST_IGNORED, Ledger, OutOfTurn, WrongReleaseKeys, fingerprint
from nullabona.releases.statement import Entry, SignedByTooFew, Statement, parse_entry, sign
from tests.releases.signing import (
    LOG,
    NOW,
    PEOPLE,
    REBUILDER,
    entry,
    file,
    keys,
    ledger,
    pair,
    rebuilt,
    release,
    revoke,
    signers,
)


def test_a_release_that_two_of_three_signed_is_there() -> None:
    """With who signed, and the number of its entry."""
    found = ledger(entry(release(0)), entry(release(1), PEOPLE[1:]))
    assert {"1.0": (1, set(PEOPLE[:2])), "1.1": (2, set(PEOPLE[1:]))} == {
        version: (each.entry, set(each.signers)) for version, each in found.releases.items()
    }
    assert (3, [], release(1)) == (found.size, found.ignored, found.newest and found.newest.release)


@pytest.mark.parametrize(
    ("what", "signed", "names", "why"),
    [
        ("one stolen key", release(0), PEOPLE[:1], "1 of 3"),
        ("a stranger's keys", release(0), ("eve.example/release", "eve2.example/release"), "no known key"),
        ("the rebuilder's keys", release(0), (PEOPLE[0], REBUILDER), "1 of 3"),
        ("another log", release(0, log="other.example/releases"), PEOPLE, "another log"),
        ("a number too high, to block what comes", release(7), PEOPLE, "next number"),
        ("other keys by one key", keys(1), PEOPLE[:1], "1 of 3"),
        ("a rebuild by nobody who may", rebuilt(), PEOPLE, "is of no release"),
        ("a revocation of what there is not", revoke(), PEOPLE, "is of no release"),
    ],
)
def test_what_does_not_hold_changes_nothing(what: str, signed: Statement, names: tuple[str, ...], why: str) -> None:
    """Whoever runs the log can append it; the next good release counts all the same."""
    found = ledger(entry(signed, names), entry(release(0)))
    assert ["1.0"] == list(found.releases), what
    assert why in found.ignored[0].why
    assert keys() == found.keys


@pytest.mark.parametrize("left", [0, 1])
def test_both_keys_of_a_person_have_to_sign(left: int) -> None:
    """An Ed25519 key alone is not enough after quantum computers, an ML-DSA-44 key alone not before."""
    statement = release(0)
    half = sign(statement, signers(PEOPLE[0])[left : left + 1], NOW)
    found = ledger(Entry(statement, (*half, *sign(statement, signers(PEOPLE[1]), NOW))).encode())
    assert {} == found.releases
    assert "1 of 3" in found.ignored[0].why


def test_a_line_of_a_known_key_that_does_not_hold_spoils_the_entry() -> None:
    """Also beside two that do: somebody altered it."""
    good = parse_entry(entry(release(0)))
    first, second = signers(PEOPLE[2])
    bad = NoteSignature(first.name, first.key_id, bytes(72))
    found = ledger(Entry(good.statement, (*good.signatures, bad)).encode())
    assert {} == found.releases
    assert "not signed" in found.ignored[0].why
    assert second.name == first.name


def test_signatures_of_one_statement_are_none_of_another() -> None:
    """Files of one release under the signatures of another: no mix-and-match."""
    good = parse_entry(entry(release(0)))
    other = release(0, files=(file(content=b"something else"),))
    assert {} == ledger(Entry(other, good.signatures).encode()).releases


def test_an_entry_that_comes_twice_counts_once() -> None:
    """Copied by whoever runs the log, also after the version was taken back."""
    found = ledger(entry(release(0)), entry(revoke()), entry(release(0)), entry(revoke()))
    assert ({"1.0"}, ["1.0"], None) == (set(found.releases), list(found.revoked), found.newest)
    assert [3, 4] == [each.entry for each in found.ignored]


def test_a_version_that_is_taken_back_gives_way_to_the_one_before() -> None:
    """The newest is the highest that stands."""
    found = ledger(entry(release(0)), entry(release(1)), entry(revoke("1.1")))
    assert found.newest is not None
    assert "1.0" == found.newest.release.version


# -- keys ---------------------------------------------------------------------------------------------------------


def test_new_keys_are_signed_by_old_and_new_ones() -> None:
    """From then on the old ones count no more."""
    found = ledger(entry(keys(1), PEOPLE[:2], ages=(0, 1)), entry(release(0)), entry(release(0), ages=(1,)))
    assert keys(1) == found.keys
    assert [(2, "1.0")] == [(each.entry, each.version) for each in found.ignored]
    assert 3 == found.releases["1.0"].entry


@pytest.mark.parametrize("ages", [(0,), (1,)])
def test_new_keys_that_only_one_side_signed_are_none(ages: tuple[int, ...]) -> None:
    """The old ones alone could name keys that nobody has; the new ones alone are anybody's."""
    assert keys() == ledger(entry(keys(1), ages=ages)).keys


@pytest.mark.parametrize("number", [0, 1, 3])
def test_keys_do_not_come_back_or_skip(number: int) -> None:
    """Of two that have stolen old keys nobody can go back to them."""
    found = ledger(entry(keys(1), ages=(0, 1)), entry(keys(number, keys=keys(2).keys), ages=(1, 2)))
    assert keys(1) == found.keys


@pytest.mark.parametrize("first", [entry(release(0)), entry(keys(0, rebuilders=())), b"", b"{}\n\n", bytes(70_000)])
def test_a_log_that_begins_otherwise_is_not_ours(first: bytes) -> None:
    """Whatever else is in it."""
    with pytest.raises(WrongReleaseKeys):
        Ledger(LOG, fingerprint(keys())).take(first)


def test_what_would_not_hold_is_known_before_it_is_in_the_log() -> None:
    """Whether it would or not, the ledger is the same afterwards."""
    found = ledger(entry(release(0)))
    before = deepcopy(found)
    found.check(entry(release(1)))
    for bad, why in (
        (entry(release(1), PEOPLE[:1]), SignedByTooFew),
        (entry(release(0)), OutOfTurn),
        (b"{}", Malformed),
    ):
        with pytest.raises(why):
            found.check(bad)
    assert before == found
    with pytest.raises(WrongReleaseKeys):
        Ledger(LOG, fingerprint(keys())).check(entry(release(0)))


# -- rebuilds -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("content", "outcome"), [(b"the program", "same"), (b"another", "different")])
def test_a_rebuilder_says_what_they_got(content: bytes, outcome: str) -> None:
    """Once; a second word is none."""
    found = ledger(
        entry(release(0)), entry(rebuilt(content=content), [REBUILDER]), entry(rebuilt(content=b"3"), [REBUILDER])
    )
    assert {"1.0": {REBUILDER: outcome}} == found.rebuilt
    assert [3] == [each.entry for each in found.ignored]


def test_some_of_the_files_are_a_part() -> None:
    """A rebuilder of one harmless file vouches for no other."""
    two = (file("a.whl"), file())
    found = ledger(entry(release(0, files=two)), entry(rebuilt(), [REBUILDER]))
    assert {"1.0": {REBUILDER: "part"}} == found.rebuilt


def test_who_releases_rebuilds_nothing() -> None:
    """A rebuild is signed by the rebuilder's own two keys, whoever else signs."""
    assert {} == ledger(entry(release(0)), entry(rebuilt(), PEOPLE)).rebuilt


# -- any bytes ----------------------------------------------------------------------------------------------------


def test_of_what_does_not_hold_the_newest_is_remembered() -> None:
    """Nobody fills a reader's memory."""
    found = ledger(*[b"%d" % number for number in range(MOST_IGNORED + 3)])
    assert MOST_IGNORED == len(found.ignored)
    assert MOST_IGNORED + 3 == found.ignored[-1].entry


def test_a_log_of_our_keys_names_them() -> None:
    """Each key once, under one name."""
    assert pair(PEOPLE[0]) in keys().keys
