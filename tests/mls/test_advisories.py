"""No locked crate is at a version with a published hole that we would feel.

The list is kept by hand, from docs/decisions/0002-openmls.md.
"""

import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

LOCK = Path(__file__).parents[2] / "crates" / "mls" / "Cargo.lock"

# The lowest version we accept, and the hole below it. For libcrux: what the hpke-rs 0.7 line, which is fixed, uses.
FIXED: dict[str, tuple[tuple[int, int, int], str]] = {
    "openmls": ((0, 9, 2), "GHSA-94v4-rg25-x625, -gc79-23g3-8g52, -rrmv-c79f-cf5r, -8x3w-qj7j-gqhf, -qr9h-x63w-vqfm"),
    "openmls_rust_crypto": ((0, 6, 0), "moved to the hpke-rs 0.7 line"),
    "hpke-rs": ((0, 7, 0), "RUSTSEC-2026-0124, -0207 to -0212"),
    "hpke-rs-rust-crypto": ((0, 7, 0), "as hpke-rs"),
    "libcrux-sha3": ((0, 0, 10), "RUSTSEC-2026-0207 to -0212"),
    "libcrux-secrets": ((0, 0, 6), "RUSTSEC-2026-0207 to -0212"),
    "curve25519-dalek": ((4, 1, 3), "RUSTSEC-2024-0344"),
    "ed25519-dalek": ((2, 0, 0), "RUSTSEC-2022-0093"),
}
# Locked as an optional part of OpenMLS, never compiled: it panics on a short X-Wing key (RUSTSEC-2026-0330, -0331).
NOT_BUILT = {"libcrux-kem", "openmls_libcrux_crypto"}
MANIFEST = LOCK.with_name("Cargo.toml")


def locked() -> dict[str, list[tuple[int, ...]]]:
    versions: dict[str, list[tuple[int, ...]]] = {}
    for package in tomllib.loads(LOCK.read_text())["package"]:
        numbers = package["version"].split("+")[0].split("-")[0].split(".")
        versions.setdefault(package["name"], []).append(tuple(int(number) for number in numbers))
    return versions


def test_no_locked_crate_has_a_known_hole() -> None:
    """Every locked version of a listed crate is at or above the first good one."""
    versions = locked()
    assert {} == {
        name: (found, why) for name, (good, why) in FIXED.items() for found in versions.get(name, []) if found < good
    }


def test_openmls_and_its_parts_are_pinned_exactly() -> None:
    """The wire and the rows depend on them: they change by decision, not by resolution."""
    dependencies = tomllib.loads(MANIFEST.read_text())["dependencies"]
    ours = {name: entry["version"] for name, entry in dependencies.items() if name.startswith("openmls")}
    assert {"openmls": "=0.9.2", "openmls_rust_crypto": "=0.6.0", "openmls_traits": "=0.6.0"} == ours


def test_every_crate_comes_from_the_registry() -> None:
    """No git, no path: except our own, each locked package has a checksum."""
    packages = tomllib.loads(LOCK.read_text())["package"]
    assert ["nullabona-mls"] == [package["name"] for package in packages if "checksum" not in package]


def test_crates_with_a_hole_that_are_locked_are_not_built() -> None:
    """They are in no build of ours, whatever the lock file lists for parts that nobody turned on."""
    if not shutil.which("cargo"):
        pytest.skip("cargo is not installed")
    command = ["cargo", "tree", "--offline", "--locked", "--manifest-path", str(MANIFEST), "--prefix", "none"]
    done = subprocess.run(
        [*command, "--edges", "normal,build", "--target", "all", "--format", "{p}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip("cargo has not fetched the crates yet")
    built = {line.split()[0] for line in done.stdout.splitlines()}
    assert "openmls" in built
    assert set() == built & NOT_BUILT
