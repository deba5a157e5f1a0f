"""The bill of materials names what the lock files name, and is valid CycloneDX."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from typing import Any, Final

import pytest

from tools.dist import sbom

ROOT: Final = Path(__file__).parents[2]
EPOCH: Final = 1_800_000_000
CARGO: Final = """\
[[package]]
name = "seam"
version = "1.0.0"
dependencies = ["aead 0.5.2", "hex"]

[[package]]
name = "aead"
version = "0.5.2"
checksum = "aa"

[[package]]
name = "aead"
version = "0.6.0"
checksum = "bb"

[[package]]
name = "hex"
version = "0.4.3+build"
checksum = "cc"
"""
NPM: Final = {
    "packages": {
        "": {"name": "page", "version": "0.0.0", "dependencies": {"@a/b": "1"}, "devDependencies": {"tool": "1"}},
        "node_modules/@a/b": {"version": "1.0.0", "integrity": "sha512-/w==", "dependencies": {"c": "1", "gone": "1"}},
        "node_modules/@a/b/node_modules/c": {"version": "1.5.0"},
        "node_modules/c": {"version": "2.0.0", "dev": True},
        "node_modules/tool": {"version": "3.0.0", "dev": True, "dependencies": {"c": "2"}},
    }
}
UV: Final = """\
[[package]]
name = "nullabona"
version = "1.0"
dependencies = [{ name = "base" }]
[package.optional-dependencies]
relay = [{ name = "loop", extra = ["fast"] }]
[package.dev-dependencies]
build = [{ name = "builder" }]
dev = [{ name = "tester" }]

[[package]]
name = "base"
version = "2.0"
sdist = { url = "where/base.tar.gz", hash = "sha256:dd", size = 1 }

[[package]]
name = "loop"
version = "3.0"
dependencies = [{ name = "base" }]
[package.optional-dependencies]
fast = [{ name = "speedup" }]

[[package]]
name = "speedup"
version = "4.0"

[[package]]
name = "builder"
version = "5.0"
dependencies = [{ name = "base" }]

[[package]]
name = "tester"
version = "6.0"
"""


def brief(components: list[sbom.Component]) -> dict[str, tuple[str, list[str]]]:
    return {one.ref: (one.scope, one.needs) for one in components}


def test_python_has_base_extras_and_what_builds(tmp_path: Path) -> None:
    """What the base and an extra share is required, an extra of a dependency counts, tests are left out."""
    (tmp_path / "uv.lock").write_text(UV)
    found = sbom.python(tmp_path / "uv.lock")
    assert {
        "pkg:pypi/nullabona@1.0": ("required", ["pkg:pypi/base@2.0", "pkg:pypi/loop@3.0"]),
        "pkg:pypi/base@2.0": ("required", []),
        "pkg:pypi/loop@3.0": ("optional", ["pkg:pypi/base@2.0", "pkg:pypi/speedup@4.0"]),
        "pkg:pypi/speedup@4.0": ("optional", []),
        "pkg:pypi/builder@5.0": ("excluded", ["pkg:pypi/base@2.0"]),
    } == brief(found)
    assert [("where/base.tar.gz", "dd")] == [one.archive for one in found if one.archive]


def test_rust_tells_two_versions_of_a_crate_apart(tmp_path: Path) -> None:
    """A dependency with a version in the lock means that one; without, the only one. Checksums are kept."""
    (tmp_path / "Cargo.lock").write_text(CARGO)
    found = sbom.rust(tmp_path / "Cargo.lock")
    assert {
        "pkg:cargo/seam@1.0.0": ("required", ["pkg:cargo/aead@0.5.2", "pkg:cargo/hex@0.4.3%2Bbuild"]),
        "pkg:cargo/aead@0.5.2": ("required", []),
        "pkg:cargo/aead@0.6.0": ("required", []),
        "pkg:cargo/hex@0.4.3%2Bbuild": ("required", []),
    } == brief(found)
    assert [[], [("SHA-256", "aa")], [("SHA-256", "bb")], [("SHA-256", "cc")]] == [one.hashes for one in found]


def test_javascript_finds_the_nearest_package(tmp_path: Path) -> None:
    """A package sees its own node_modules before the common one; what only builds is excluded."""
    (tmp_path / "package-lock.json").write_text(json.dumps(NPM))
    found = sbom.javascript(tmp_path / "package-lock.json")
    assert {
        "pkg:npm/page@0.0.0": ("required", ["pkg:npm/%40a/b@1.0.0", "pkg:npm/tool@3.0.0"]),
        "pkg:npm/%40a/b@1.0.0": ("required", ["pkg:npm/c@1.5.0"]),
        "pkg:npm/c@1.5.0": ("required", []),
        "pkg:npm/c@2.0.0": ("excluded", []),
        "pkg:npm/tool@3.0.0": ("excluded", ["pkg:npm/c@2.0.0"]),
    } == brief(found)
    assert [[("SHA-512", "ff")]] == [one.hashes for one in found if one.hashes]


@pytest.mark.parametrize("make", [sbom.of_messenger, sbom.of_seam])
def test_every_reference_leads_to_a_component(make: Any) -> None:  # noqa: ANN401 - two functions
    """The bills of this tree name each package once, and depend on nothing that they do not name."""
    made = make(ROOT, EPOCH)
    refs = [made["metadata"]["component"]["bom-ref"], *(one["bom-ref"] for one in made["components"])]
    assert len(refs) == len(set(refs)) > 250
    assert sorted(refs) == [one["ref"] for one in made["dependencies"]]
    assert {needed for one in made["dependencies"] for needed in one["dependsOn"]} <= set(refs)


def test_the_messengers_bill_reaches_all_three_languages() -> None:
    """From the wheel on, dependencies lead to a library of Python, a crate and a package of the page."""
    made = sbom.of_messenger(ROOT, EPOCH)
    needs = {one["ref"]: one["dependsOn"] for one in made["dependencies"]}
    reached: set[str] = set()
    queue = [made["metadata"]["component"]["bom-ref"]]
    while queue:
        ref = queue.pop()
        if ref not in reached:
            reached.add(ref)
            queue += needs[ref]
    names = {re.sub(r"@[^@]+$", "", ref) for ref in reached}
    assert {"pkg:pypi/cryptography", "pkg:cargo/openmls", "pkg:npm/svelte", "pkg:pypi/uvloop"} <= names


def test_what_the_page_imports_is_no_tool() -> None:
    """Each package that the page's source imports counts as required: its code is in the wheel."""
    sources = [*(ROOT / "ui/src").rglob("*.ts"), *(ROOT / "ui/src").rglob("*.svelte")]
    imported = re.compile(r"""\b(?:from|import) ?\(?["']((?:@[\w-]+/)?[\w-]+)(?:/[^"']*)?["']""")
    names = {name for path in sources for name in imported.findall(path.read_text("utf-8"))} | {"emojibase-data"}
    required = {one.name for one in sbom.javascript(ROOT / "ui/package-lock.json") if one.scope == sbom.REQUIRED}
    assert {"svelte", "virtua", "jsqr"} <= names
    assert names <= required | {"virtual"}


def test_equal_locks_make_the_same_document() -> None:
    """Nothing but the lock files and the time of the commit is in it; another time is another serial number."""
    one, same, other = (sbom.of_seam(ROOT, epoch) for epoch in (EPOCH, EPOCH, EPOCH + 1))
    assert one == same
    assert one["serialNumber"] != other["serialNumber"]


@pytest.mark.slow
@pytest.mark.parametrize("make", [sbom.of_messenger, sbom.of_seam])
def test_the_bill_is_valid_cyclonedx(make: Any) -> None:  # noqa: ANN401 - two functions
    """CycloneDX's own schema of version 1.6 accepts it."""
    if not importlib.util.find_spec("cyclonedx"):
        pytest.skip("the schema is in the dependency group `dist`: make test-dist")
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    validator = JsonStrictValidator(SchemaVersion.V1_6)
    made = make(ROOT, EPOCH)
    assert validator.validate_str(json.dumps(made)) is None
    assert validator.validate_str(json.dumps({**made, "components": [{"type": "library"}]})) is not None
