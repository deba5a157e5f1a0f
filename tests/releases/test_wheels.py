"""Which wheels fit a machine, and what pip may install (spec/release.md §5)."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nullabona.drills.stage.standin import wheel
from nullabona.errors import Malformed
from nullabona.releases.drafting import describe
from nullabona.releases.wheels import fits, needs, package_of, requirements


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
    assert fitting == {tag for tag, file in wheels.items() if fits(file, platform, (3, 11))}
    assert not fits(describe("a-1.tar.gz", 1, "a" * 64), platform, (3, 11))


@pytest.mark.parametrize(
    ("tags", "pythons"),
    [
        ("py3-none", {11, 12, 14}),
        ("py2.py3-none", {11, 12, 14}),
        ("py312-none", {12, 14}),
        ("cp311-abi3", {11, 12, 14}),
        ("cp312-abi3", {12, 14}),
        ("cp312-cp312", {12}),
        ("cp314-cp314t", set()),
        ("cp311.cp312-none", {11, 12}),
        ("py2-none", set()),
        ("cp27-abi3", set()),
        ("pp311-pypy311_pp73", set()),
    ],
)
def test_a_python_gets_its_own_wheels(tags: str, pythons: set[int]) -> None:
    """As PEP 425 names them: exactly its own, or a stable interface from it on."""
    file = describe(f"a-1-{tags}-any.whl", 1, "a" * 64)
    assert pythons == {minor for minor in (11, 12, 14) if fits(file, "linux-x86_64", (3, minor))}


def test_what_a_wheel_needs_is_read_from_it() -> None:
    """In canonical names, with what one extra needs if it is named; nothing from what is no wheel, or a bomb."""
    lines = "Requires-Dist: Jaraco.Classes>=3\nRequires-Dist: tar_file ; python_version < '3.12'\n"
    lines += "Requires-Dist: jinja2 (>=3) ; extra == 'docket'\n"
    assert {"jaraco-classes", "tar-file"} == needs(wheel("1.0", metadata=lines)[1])
    assert {"jaraco-classes", "tar-file", "jinja2"} == needs(wheel("1.0", metadata=lines)[1], "docket")
    assert {"jaraco-classes", "tar-file"} == needs(wheel("1.0", metadata=lines)[1], "dock")
    assert {frozenset()} == {needs(data) for data in (b"", b"PK\x03\x04", wheel("1.0")[1], wheel("1.0")[1][:-30])}
    assert frozenset() == needs(wheel("1.0", metadata="Requires-Dist: a\n" + "x" * (1 << 20))[1])
    assert "jaraco-classes" == package_of(describe("Jaraco_Classes-1-py3-none-any.whl", 1, "a" * 64))


def test_no_damage_inside_of_a_wheel_breaks_the_reader() -> None:
    """Whichever byte is another: compressed data that is none, a lock, a size."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as files:
        files.writestr("a-1.dist-info/METADATA", "Requires-Dist: b\n" * 9)
    data = made.getvalue()
    assert {"b"} == needs(data)
    for place in range(len(data)):
        for flipped in (1, 8, 255):
            damaged = data[:place] + bytes([data[place] ^ flipped]) + data[place + 1 :]
            assert isinstance(needs(damaged), frozenset)


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    """Whatever a place gives."""
    assert needs(data) == needs(b"PK" + data) == frozenset()


def test_pip_is_told_each_package_once_with_every_hash() -> None:
    """At its version."""
    names = ("b-2-py3-none-any.whl", "a_c-1.0-cp311-cp311-win32.whl", "a_c-1.0-1-cp312-cp312-win32.whl")
    files = [describe(name, 1, f"{number}" * 64) for number, name in enumerate(names)]
    one, two, three = ("0" * 64, "1" * 64, "2" * 64)
    assert f"a_c==1.0 --hash=sha256:{two} --hash=sha256:{three}\nb==2 --hash=sha256:{one}\n" == requirements(files)
    with pytest.raises(Malformed):
        requirements([describe("a.whl", 1, "a" * 64)])
