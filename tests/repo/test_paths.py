"""Pages and settings name only files and folders that are there, and nothing about the project that is invented."""

from __future__ import annotations

import json
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Final

from tests.repo.test_text import pages, texts, tracked

ROOT: Final = Path(__file__).parents[2]
SOURCE: Final = "py|sql|rs|ts|svelte|css|sh|service|md"
FILE: Final = re.compile(rf"(?<![\w/:.<>{{}}~$*…-])((?:\.\./)*(?:[\w-]+/)+[\w.-]+\.(?:{SOURCE}))(?![\w/])")
CODE: Final = re.compile(r"`([^`\n]+)`")
# Made by a command of the page that names it, or said to be an example.
MADE: Final = re.compile(r"(run|desk|sizes|dist|offline)/|.*/(example\.py|AREA\.toml)$")


@cache
def there() -> frozenset[str]:
    """Every tracked file and every folder that holds one, from the root on."""
    files = [path.relative_to(ROOT) for path in tracked()]
    return frozenset(str(place) for path in files for place in (path, *path.parents))


def found(page: Path, name: str) -> bool:
    """Whether ``name`` is a file or folder: from the root, from the page on, or in the package."""
    places = (ROOT, ROOT / page.parent, ROOT / "src/nullabona")
    inside = [place.joinpath(name).resolve() for place in places]
    return any(path.is_relative_to(ROOT) and str(path.relative_to(ROOT)) in there() for path in inside)


def test_files_that_pages_name_exist() -> None:
    """Each path of a source file or page in a page's text."""
    named = {(str(page), name) for page, text in pages().items() for name in FILE.findall(text)}
    assert {(page, name) for page, name in named if not MADE.match(name) and not found(Path(page), name)} == set()


def test_folders_that_pages_name_exist() -> None:
    """What stands as code and begins with a folder of the repository is there, or a pattern that matches something."""
    folders = {name for name in there() if "/" not in name and (ROOT / name).is_dir()}
    named = {
        (str(page), name.rstrip("/"))
        for page, text in pages().items()
        for name in CODE.findall(text)
        if name.partition("/")[0] in folders and re.fullmatch(r"[\w./*-]+", name) and "/" in name
    }
    lost = {(page, name) for page, name in named if not (any(ROOT.glob(name)) or found(Path(page), name))}
    assert {(page, name) for page, name in lost if not MADE.match(name)} == set()


def test_files_that_comments_name_exist() -> None:
    """A page, from the root on, that a comment or docstring of the product points to."""
    page = re.compile(r"(?<![\w/.-])((?:docs|spec|deploy|tools)/[\w/.-]+\.(?:md|py|sh|service))\b")
    named = {
        (str(path), name)
        for path, text in texts().items()
        if path.suffix in {".py", ".rs", ".sql", ".ts", ".svelte", ".toml"} and path.parts[0] != "tests"
        for name in page.findall(text)
    }
    assert {(path, name) for path, name in named if name not in there()} == set()


def test_rules_for_files_match_some() -> None:
    """Every pattern of the linter's exceptions matches something."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
    assert [
        pattern for pattern in settings["per-file-ignores"] if not any(Path(name).match(pattern) for name in there())
    ] == []


def test_no_address_or_author_is_invented() -> None:
    """Packages say who made them and where they are once there is such a place; until then they say nothing."""
    left_out = {"authors", "maintainers", "urls", "author", "contributors", "repository", "homepage", "bugs"}
    said = [
        *(
            set(tomllib.loads((ROOT / name).read_text(encoding="utf-8")).get(table, {}))
            for name, table in [
                ("pyproject.toml", "project"),
                ("crates/mls/pyproject.toml", "project"),
                ("crates/mls/Cargo.toml", "package"),
            ]
        ),
        set(json.loads((ROOT / "ui/package.json").read_text(encoding="utf-8"))),
    ]
    assert [names & left_out for names in said] == [set()] * len(said)
