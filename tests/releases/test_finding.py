"""Which release a file belongs to, and how a release lists it (spec/release.md §7)."""

from __future__ import annotations

import pytest

from nullabona.log.keys import Kind
from nullabona.releases.choice import NotLogged, ReleaseFileDiffers, ReleaseRevoked
from nullabona.releases.drafting import DraftInvalid, describe, in_order, pair_of
from nullabona.releases.finding import find_release
from tests.releases.signing import PEOPLE, entry, file, ledger, pair, release, revoke, signers


def test_the_newest_release_with_the_files_is_found() -> None:
    """Files that did not change belong to each release; all of them together to one."""
    both = (file("a.whl"), file("b.whl", b"new"))
    found = ledger(entry(release(0, files=(file("a.whl"), file("b.whl")))), entry(release(1, files=both)))
    assert "1.1" == find_release(found, [file("a.whl")]).release.version
    assert "1.0" == find_release(found, [file("b.whl")]).release.version
    with pytest.raises(ReleaseFileDiffers):
        find_release(found, [file("b.whl"), file("b.whl", b"new")])


def test_what_no_release_has_is_refused() -> None:
    """Another file, another content, and a version that was taken back."""
    found = ledger(entry(release(0)), entry(revoke()))
    with pytest.raises(NotLogged, match="no release has other"):
        find_release(found, [file("other.whl")])
    with pytest.raises(ReleaseFileDiffers):
        find_release(found, [file(content=b"6")])
    with pytest.raises(ReleaseRevoked, match="locked screen"):
        find_release(found, [file()])


@pytest.mark.parametrize(
    ("name", "platform"),
    [("a-1-py3-none-any.whl", ""), ("a-1-cp311-abi3-win_amd64.whl", "win_amd64"), ("a-1.tar.gz", ""), ("sbom", "")],
)
def test_a_wheels_name_says_its_platform(name: str, platform: str) -> None:
    """Anything else runs anywhere."""
    assert platform == describe(name, 1, "a" * 64).platform


def test_files_are_in_the_order_of_their_names() -> None:
    """One file in two folders is one; two files of one name are refused, and so is nothing at all."""
    assert (file("a"), file("b")) == in_order([file("b"), file("a"), file("b")])
    for files in ([file("a"), file("a", b"other")], []):
        with pytest.raises(DraftInvalid):
            in_order(files)


def test_a_release_key_has_two_parts() -> None:
    """In whatever order they come."""
    ed25519, mldsa44 = (one.verifier for one in signers(PEOPLE[0]))
    assert Kind.COSIGN_MLDSA44 == mldsa44.kind
    assert pair(PEOPLE[0]) == pair_of([mldsa44, ed25519])
    with pytest.raises(DraftInvalid):
        pair_of([ed25519])
