"""Which wheels fit a machine, and what pip may install (spec/release.md §5)."""

from __future__ import annotations

import pytest

from nullabona.errors import Malformed
from nullabona.releases.drafting import describe
from nullabona.releases.wheels import fits, requirements


@pytest.mark.parametrize(
    ("platform", "fitting"),
    [
        ("linux-x86_64", {"any", "manylinux_2_28_x86_64"}),
        ("linux-aarch64", {"any", "manylinux2014_aarch64.manylinux_2_17_aarch64"}),
        ("macosx-11.0-arm64", {"any", "macosx_11_0_arm64", "macosx_10_9_universal2"}),
        ("win-amd64", {"any", "win_amd64"}),
        ("win32", {"any", "win32"}),
    ],
)
def test_a_machine_gets_its_own_wheels(platform: str, fitting: set[str]) -> None:
    """And those for any; nothing that is no wheel."""
    tags = (
        "any", "manylinux_2_28_x86_64", "manylinux2014_aarch64.manylinux_2_17_aarch64", "macosx_11_0_arm64",
        "macosx_10_9_universal2", "macosx_10_9_x86_64", "win_amd64", "win32",
    )  # fmt: skip
    wheels = {tag: describe(f"a-1-cp311-abi3-{tag}.whl", 1, "a" * 64) for tag in tags}
    assert fitting == {tag for tag, file in wheels.items() if fits(file, platform)}
    assert not fits(describe("a-1.tar.gz", 1, "a" * 64), platform)


def test_pip_is_told_each_package_once_with_every_hash() -> None:
    """At its version."""
    names = ("b-2-py3-none-any.whl", "a_c-1.0-cp311-cp311-win32.whl", "a_c-1.0-1-cp312-cp312-win32.whl")
    files = [describe(name, 1, f"{number}" * 64) for number, name in enumerate(names)]
    one, two, three = ("0" * 64, "1" * 64, "2" * 64)
    assert f"a_c==1.0 --hash=sha256:{two} --hash=sha256:{three}\nb==2 --hash=sha256:{one}\n" == requirements(files)
    with pytest.raises(Malformed):
        requirements([describe("a.whl", 1, "a" * 64)])
