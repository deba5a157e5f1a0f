"""The bill of materials of a wheel: CycloneDX 1.6, made from uv.lock, Cargo.lock and package-lock.json.

It names what the lock files name, for every platform: more than any one installation has, and nothing that is missing
from them. Only the standard library is used, as hatch_build.py runs this file by its path.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import os
import re
import tomllib
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

REQUIRED, OPTIONAL, EXCLUDED = "required", "optional", "excluded"
"""Installed with the wheel; installed with an extra; used to build it and not in it."""
LICENCE: Final = "AGPL-3.0-or-later"


@dataclass(slots=True)
class Component:
    """One locked package. ``needs`` are the references of what it depends on."""

    kind: str
    name: str
    version: str
    scope: str = REQUIRED
    needs: list[str] = field(default_factory=list)
    hashes: list[tuple[str, str]] = field(default_factory=list)
    archive: tuple[str, str] | None = None
    """Where its source archive is, and that one's SHA-256."""

    @property
    def ref(self) -> str:
        """The package URL, which is its reference within the document as well."""
        return f"pkg:{self.kind}/{quote(self.name, safe='/')}@{quote(self.version, safe='')}"

    def entry(self) -> dict[str, Any]:
        """The component as the document has it."""
        made: dict[str, Any] = {
            "type": "library",
            "bom-ref": self.ref,
            "name": self.name,
            "version": self.version,
            "scope": self.scope,
            "purl": self.ref,
        }
        if self.hashes:
            made["hashes"] = [{"alg": algorithm, "content": value} for algorithm, value in self.hashes]
        if self.archive:
            url, value = self.archive
            hashes = [{"alg": "SHA-256", "content": value}]
            made["externalReferences"] = [{"type": "source-distribution", "url": url, "hashes": hashes}]
        return made


def python(lock: Path, root: str = "nullabona") -> list[Component]:
    """What ``root`` and its extras need, and its dependency group `build` with scope ``excluded``."""
    locked = tomllib.loads(lock.read_text(encoding="utf-8"))["package"]
    top = _meant(locked, {"name": root})
    extras = [one for needed in top.get("optional-dependencies", {}).values() for one in needed]
    found: dict[str, Component] = {}
    _reach(locked, [{"name": root}], REQUIRED, found)
    _reach(locked, extras, OPTIONAL, found)
    _reach(locked, top.get("dev-dependencies", {}).get("build", []), EXCLUDED, found)
    own = next(one for one in found.values() if one.name == root)
    own.needs = sorted({_ref(_meant(locked, one)) for one in (*top["dependencies"], *extras)})
    return list(found.values())


def _meant(locked: list[dict[str, Any]], asked: dict[str, Any]) -> dict[str, Any]:
    """The package of a dependency, which names a version only where the lock has more than one."""
    return next(
        one for one in locked if one["name"] == asked["name"] and asked.get("version") in {None, one["version"]}
    )


def _reach(locked: list[dict[str, Any]], start: list[dict[str, Any]], scope: str, into: dict[str, Component]) -> None:
    """Everything that is needed from ``start`` on and is not yet in ``into``."""
    queue = [*start]
    while queue:
        asked = queue.pop()
        one = _meant(locked, asked)
        needed = [*one.get("dependencies", [])]
        for extra in asked.get("extra", ()):
            needed += one["optional-dependencies"][extra]
        if _ref(one) not in into:
            into[_ref(one)] = _of_python(one, scope, [_ref(_meant(locked, each)) for each in needed])
            queue += needed


def _ref(one: dict[str, Any]) -> str:
    return Component("pypi", one["name"], one["version"]).ref


def _of_python(one: dict[str, Any], scope: str, needed: list[str]) -> Component:
    archive = one.get("sdist")
    return Component(
        "pypi", one["name"], one["version"], scope,
        sorted(needed),
        archive=(archive["url"], archive["hash"].removeprefix("sha256:")) if archive else None,
    )  # fmt: skip


def rust(lock: Path) -> list[Component]:
    """Every crate of a Cargo.lock, the project's own included."""
    packages = tomllib.loads(lock.read_text(encoding="utf-8"))["package"]
    versions: dict[str, list[str]] = {}
    for one in packages:
        versions.setdefault(one["name"], []).append(one["version"])

    def ref(needed: str) -> str:
        # A version is named only where the lock has more than one.
        name, _, version = needed.partition(" ")
        return Component("cargo", name, version.partition(" ")[0] or versions[name][0]).ref

    return [
        Component(
            "cargo", one["name"], one["version"], REQUIRED, sorted(map(ref, one.get("dependencies", []))),
            [("SHA-256", one["checksum"])] if "checksum" in one else [],
        )
        for one in packages
    ]  # fmt: skip


def javascript(lock: Path) -> list[Component]:
    """Every package of a package-lock.json; what only builds and tests the page has scope ``excluded``."""
    packages: dict[str, dict[str, Any]] = json.loads(lock.read_text(encoding="utf-8"))["packages"]
    made = {}
    for place, one in packages.items():
        name = one.get("name") or place.rpartition("node_modules/")[2]
        scope = EXCLUDED if one.get("dev") else REQUIRED
        needs = {**one.get("dependencies", {}), **one.get("optionalDependencies", {})}
        needs |= one.get("devDependencies", {}) if not place else {}
        places = (_seen_from(packages, place, each) for each in needs)
        made[place] = Component("npm", name, one["version"], scope, [each for each in places if each], _integrity(one))
    for one_made in made.values():
        one_made.needs = sorted({made[place].ref for place in one_made.needs})
    return list({one.ref: one for one in made.values()}.values())


def _seen_from(packages: dict[str, dict[str, Any]], place: str, name: str) -> str | None:
    """The place of the package that ``name`` means in ``place``; none if it is not for any platform of the lock."""
    while True:
        here = f"{place}/node_modules/{name}".removeprefix("/")
        if here in packages:
            return here
        if not place:
            return None
        place = place.rpartition("/node_modules/")[0] if "/node_modules/" in place else ""


def _integrity(one: dict[str, Any]) -> list[tuple[str, str]]:
    algorithm, _, value = one.get("integrity", "").partition("-")
    return [(re.sub(r"^sha(\d+)$", r"SHA-\1", algorithm), base64.b64decode(value).hex())] if value else []


def document(top: Component, components: list[Component], epoch: int) -> dict[str, Any]:
    """The whole document. Its serial number follows from what it says, so that equal ones are the same."""
    listed = [one.entry() for one in sorted(components, key=lambda one: one.ref)]
    needs = [{"ref": one.ref, "dependsOn": sorted(set(one.needs))} for one in (top, *components)]
    needs.sort(key=lambda one: str(one["ref"]))
    when = dt.datetime.fromtimestamp(epoch, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    own = {key: value for key, value in top.entry().items() if key not in {"scope", "type"}}
    said = json.dumps([own, listed, needs, when], sort_keys=True)
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": uuid.uuid5(uuid.NAMESPACE_URL, said).urn,
        "version": 1,
        "metadata": {
            "timestamp": when,
            "lifecycles": [{"phase": "build"}],
            "component": {"type": "application", **own, "licenses": [{"license": {"id": LICENCE}}]},
        },
        "components": listed,
        "dependencies": needs,
    }


def of_messenger(tree: Path, epoch: int) -> dict[str, Any]:
    """The bill of the wheel `nullabona`: its libraries, the crates below its seam, and what its page is made of."""
    libraries = python(tree / "uv.lock")
    crates, packages = rust(tree / "crates/mls/Cargo.lock"), javascript(tree / "ui/package-lock.json")
    own = next(one for one in libraries if one.name == "nullabona")
    seam = next(one for one in libraries if one.name == "nullabona-mls")
    own.needs.append(next(one.ref for one in packages if one.name == "nullabona-page"))
    seam.needs.append(next(one.ref for one in crates if one.name == "nullabona-mls"))
    return document(own, [one for one in (*libraries, *crates, *packages) if one is not own], epoch)


def of_seam(tree: Path, epoch: int) -> dict[str, Any]:
    """The bill of the wheel `nullabona-mls`: its crates."""
    crates = rust(tree / "crates/mls/Cargo.lock")
    crate = next(one for one in crates if one.name == "nullabona-mls")
    own = Component("pypi", crate.name, crate.version, needs=[crate.ref])
    return document(own, crates, epoch)


def write(made: dict[str, Any], path: Path) -> Path:
    """Write a document and return its file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(made, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return path


def epoch_of_build() -> int:
    """The time of everything in the build: SOURCE_DATE_EPOCH, or 1980, as a wheel's files have without it."""
    return int(os.environ.get("SOURCE_DATE_EPOCH") or dt.datetime(1980, 1, 1, tzinfo=dt.UTC).timestamp())
