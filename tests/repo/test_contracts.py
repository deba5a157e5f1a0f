"""Every import contract of pyproject.toml bites: break it once in a copy of the tree and it must be reported.

A contract that names a module which does not exist passes silently, so that is tested too.
"""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src"
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS: list[dict[str, Any]] = CONFIG["tool"]["importlinter"]["contracts"]
SERVICE = ("relay", "directory", "docket", "witness")
AROUND = ("machine", "operating", "sequencer")
PURE_BUILTINS = {"open", "print", "input", "breakpoint", "exec", "eval"}


@dataclass(frozen=True, slots=True)
class Plant:
    """One violation: ``module`` is made to import ``target``, directly or through a module in between."""

    contract: str
    module: str
    target: str
    indirect: bool = False

    def reported(self, said: str) -> bool:
        """Whether a report names the import from where it was planted to where it leads.

        Where the whole package is forbidden to, what stands in between is itself reported.
        """
        between = f"nullabona\\.planted_bridge -> {re.escape(self.target)}"
        direct = rf"{re.escape(self.module)}(\.planted)? -> "
        direct += "nullabona\\.planted_bridge" if self.indirect else re.escape(self.target)
        ways = [direct, between] if self.indirect and self.module == "nullabona" else [direct]
        return any(re.search(rf"{way} \(l\.", said) for way in ways)

    def __str__(self) -> str:
        return f"{self.contract}:{self.module}->{self.target}{' (indirect)' if self.indirect else ''}"


def find(module: str) -> Path | None:
    """The file or folder of one of our modules, if it exists."""
    path = SRC.joinpath(*module.split("."))
    if (path / "__init__.py").exists():
        return path
    return path.with_suffix(".py") if path.with_suffix(".py").exists() else None


def layers(contract: dict[str, Any]) -> list[list[str]]:
    """The modules of each layer from top to bottom, those in parentheses still in parentheses."""
    return [[name.strip() for name in layer.replace(":", "|").split("|")] for layer in contract["layers"]]


def named(contract: dict[str, Any]) -> list[str]:
    """Every module that a contract names, planned ones in parentheses."""
    if contract["type"] == "layers":
        return [name for layer in layers(contract) for name in layer]
    return [name for key in ("source_modules", "forbidden_modules", "modules") for name in contract.get(key, [])]


def plants(contract: dict[str, Any]) -> Iterator[Plant]:
    """The ways to break ``contract`` that must be noticed."""
    cid = contract["id"]
    if contract["type"] == "layers":
        present = [[n for n in (m.strip("()") for m in layer) if find(n)] for layer in layers(contract)]
        rows = [row for row in present if row]
        for above, below in pairwise(rows):
            yield Plant(cid, below[0], above[0])
        yield from (Plant(cid, row[0], row[1]) for row in rows if len(row) > 1)
    elif contract["type"] == "independence":
        first, *others = contract["modules"]
        for other in others:
            yield Plant(cid, first, other)
            yield Plant(cid, other, first)
    elif contract["type"] == "forbidden":
        for source in contract["source_modules"]:
            yield Plant(cid, source, contract["forbidden_modules"][0])
        yield from (Plant(cid, contract["source_modules"][0], target) for target in contract["forbidden_modules"][1:2])
        if not contract.get("allow_indirect_imports"):
            yield Plant(cid, contract["source_modules"][-1], contract["forbidden_modules"][0], indirect=True)


def test_every_module_of_the_core_has_its_layer() -> None:
    """A new one is put where it belongs, else nothing would be checked of it."""
    contract = next(each for each in CONTRACTS if each["id"] == "core-direction")
    core = SRC / "nullabona/client/core"
    there = {path.stem for path in core.iterdir() if path.stem not in {"__init__", "__pycache__"}}
    assert there == {name.rpartition(".")[2] for name in named(contract)}


ALL_PLANTS = [plant for contract in CONTRACTS for plant in plants(contract)]
BY_WAYS = {plant.contract for plant in ALL_PLANTS if plant.indirect}


def sow(tree: Path, plant: Plant) -> None:
    """Write the import of ``plant`` into the copy."""
    target = plant.target
    if plant.indirect:
        append(tree / "src/nullabona/planted_bridge.py", target)
        target = "nullabona.planted_bridge"
    path = tree / "src" / Path(*plant.module.split("."))
    append(path / "planted.py" if path.is_dir() else path.with_suffix(".py"), target)


def append(path: Path, target: str) -> None:
    """One more import at the end of a module, which may not exist yet."""
    with path.open("a", encoding="utf-8") as file:
        file.write(f"\nimport {target}\n")


def lint(tree: Path, planted: Iterable[Plant], *more: str) -> dict[str, str]:
    """Plant imports in a copy of the package; contract's name → what is reported of it."""
    skip = shutil.ignore_patterns("__pycache__", "*.sql", "py.typed")
    shutil.copytree(SRC / "nullabona", tree / "src/nullabona", ignore=skip)
    shutil.copy(ROOT / "pyproject.toml", tree)
    for plant in planted:
        sow(tree, plant)
    environment = os.environ | {"PYTHONPATH": str(tree / "src"), "COLUMNS": "200"}
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache", *more]
    run = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)
    assert 1 == run.returncode, run.stdout + run.stderr
    names = "|".join(re.escape(contract["name"]) for contract in CONTRACTS)
    parts = re.split(rf"^({names})\n-+\n", run.stdout, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.timeout(300)  # it builds the graph of all modules several times: how fast the machine is says nothing
def test_every_planted_import_breaks_its_contract(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Each import that a contract forbids is reported by itself.

    All are planted at once, but for contracts of ways through other modules: of those only the shortest way is
    reported, and what breaks another contract can be part of a shorter one.
    """
    reports = lint(tmp_path_factory.mktemp("sown"), [plant for plant in ALL_PLANTS if plant.contract not in BY_WAYS])
    for contract in BY_WAYS:
        own = [plant for plant in ALL_PLANTS if plant.contract == contract]
        reports |= lint(tmp_path_factory.mktemp("alone"), own, "--contract", contract)
    said = {each["id"]: " ".join(reports[each["name"]].split()) for each in CONTRACTS}
    assert [] == [str(plant) for plant in ALL_PLANTS if not plant.reported(said[plant.contract])]


def test_no_contract_is_untested() -> None:
    """Each contract has at least one planted violation; a new kind of contract needs a way to break it here."""
    assert {contract["id"] for contract in CONTRACTS} == {plant.contract for plant in ALL_PLANTS}


def test_every_named_module_exists() -> None:
    """A contract about a module that is not there protects nothing; planned modules stand in parentheses."""
    missing = [
        name
        for contract in CONTRACTS
        for name in named(contract)
        if not name.startswith("(")
        and not (find(name) if name.startswith("nullabona.") else importlib.util.find_spec(name))
    ]
    assert missing == []


def test_a_module_that_exists_is_no_longer_planned() -> None:
    """Take the parentheses away in pyproject.toml once the module is there, so that losing it is noticed."""
    arrived = {
        name for contract in CONTRACTS for name in named(contract) if name.startswith("(") and find(name.strip("()"))
    }
    assert arrived == set()


def test_every_pure_package_is_under_the_purity_contract() -> None:
    """``wire``, ``log`` and every ``core`` are sources of core-has-no-io as soon as they exist."""
    pure = {"nullabona.wire", "nullabona.log", "nullabona.releases"} | {
        f"nullabona.{path.parent.name}.core" for path in SRC.glob("nullabona/*/core")
    }
    contract = next(contract for contract in CONTRACTS if contract["id"] == "core-has-no-io")
    assert {name for name in pure if find(name)} == set(contract["source_modules"])


def test_every_service_package_is_kept_from_the_client() -> None:
    """Relay, directory, docket and witness, and what they rest on or are run by, are in the contracts on their side."""
    present = {f"nullabona.{name}" for name in SERVICE if find(f"nullabona.{name}")}
    around = {f"nullabona.{name}" for name in AROUND}
    by_id = {contract["id"]: contract for contract in CONTRACTS}
    assert present | around == set(by_id["service-cannot-decrypt"]["source_modules"])
    assert present == set(by_id["relay-and-directory-apart"]["modules"])


def test_pure_code_calls_no_builtin_that_does_io() -> None:
    """What an import contract cannot see: ``open``, ``print`` and their like in wire, log and the cores."""
    contract = next(contract for contract in CONTRACTS if contract["id"] == "core-has-no-io")
    calls = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.func.id}"
        for name in contract["source_modules"]
        for path in SRC.joinpath(*name.split(".")).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in PURE_BUILTINS
    ]
    assert calls == []
