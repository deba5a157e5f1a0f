"""The client's errors: each has one code, one person who can do something about it, and says what."""

from __future__ import annotations

import pytest

from nullabona.client.core.model import errors
from nullabona.client.core.model.errors import MlsRefused, ProfileInUse
from nullabona.errors import Bug, NullabonaError, PeerError, UserError

OURS = [
    each
    for each in vars(errors).values()
    if isinstance(each, type) and issubclass(each, NullabonaError) and each.__module__ == errors.__name__
]


def test_each_error_has_a_code_of_its_own() -> None:
    """Faces and listeners know them apart by it."""
    codes = [each.code for each in OURS]
    assert (len(OURS), True) == (len(set(codes)), len(OURS) > 20)


@pytest.mark.parametrize("kind", OURS)
def test_each_error_says_whose_fault_it_is(kind: type[NullabonaError]) -> None:
    """The person's, a peer's, or our own."""
    assert 1 == sum(issubclass(kind, each) for each in (UserError, PeerError, Bug))


def test_only_a_profile_in_use_may_open_when_it_is_tried_again() -> None:
    """Nothing else changes by itself."""
    assert [ProfileInUse] == [each for each in OURS if each.retryable]


def test_what_mls_refused_says_why() -> None:
    """In a sentence for the person, and by the seam's code."""
    refused = MlsRefused("a commit is of no use", "wrong-group")
    assert ("wrong-group", "error: a commit is of no use [mls-refused]") == (refused.reason, refused.render())
