"""What every text file has to keep: links that lead somewhere, nothing unfinished, no machine's name."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = {"uv.lock", "Cargo.lock", "package-lock.json"}

# Put together here, so that this file does not hold what it forbids.
UNFINISHED = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]) + r")\b")
_HOSTS = (r"pypi\." + "org", r"files\.python" + "hosted", r"crates\." + "io", r"registry\." + "npmjs")
HOSTS = re.compile("|".join(_HOSTS))
_FOLDERS = ("ro" + "ot", "wo" + "rk", "bui" + "lds")
MACHINE = re.compile(r"(?<![\w.~$}])/(" + "|".join(_FOLDERS) + r")(?=/|[\s\"'`)]|$)")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


@cache
def tracked() -> tuple[Path, ...]:
    """Every file that git tracks or would track, except locks and what is deleted."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listing.returncode:
        pytest.skip("not a git working tree, so the project's own files cannot be told from built ones")
    names = {name for name in listing.stdout.split("\0") if name}
    return tuple(sorted(path for name in names if (path := ROOT / name).is_file() and path.name not in LOCKS))


def texts() -> dict[Path, str]:
    """The tracked files that are text, with their text."""
    found = {}
    for path in tracked():
        data = path.read_bytes()
        if b"\0" not in data:
            found[path.relative_to(ROOT)] = data.decode("utf-8", errors="replace")
    return found


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    """Where ``pattern`` occurs in the project's text files."""
    return [
        f"{path}:{number}: {line.strip()[:120]}"
        for path, text in texts().items()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def pages() -> dict[Path, str]:
    """The Markdown pages."""
    return {path: text for path, text in texts().items() if path.suffix == ".md"}


def anchor(title: str) -> str:
    """The fragment that code hosts make of a heading."""
    return re.sub(r"[^\w\- ]", "", re.sub(r"[`*_]", "", title.strip().lower())).replace(" ", "-")


def headings(path: Path) -> set[str]:
    """The fragments of a page's headings."""
    text = path.read_text(encoding="utf-8") if path.suffix == ".md" else ""
    return {anchor(title) for title in re.findall(r"(?m)^#+ (.+)$", text)}


def leads_somewhere(page: Path, target: str) -> bool:
    """Whether a link's file exists and, if it names a heading, has that heading. Other sites are not asked."""
    if re.match(r"[a-z]+:", target):
        return True
    name, _, fragment = target.partition("#")
    path = (ROOT / page).parent / name if name else ROOT / page
    return path.exists() and (not fragment or fragment in headings(path))


def test_links_lead_somewhere() -> None:
    """A link of a page to a file of the repository, and to a heading in it, finds it."""
    links = [
        (str(page), target)
        for page, text in pages().items()
        for target in LINK.findall(re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    ]
    assert [link for link in links if not leads_somewhere(Path(link[0]), link[1])] == []


def test_the_glossary_says_each_word_once() -> None:
    """No word has two meanings there, and none has two Korean words."""
    meanings, _, korean = (ROOT / "docs/glossary.md").read_text(encoding="utf-8").partition("## In Korean")
    for table in (meanings, korean):
        words = [word for word in re.findall(r"(?m)^\| ([^|]+) \|", table) if word != "word"]
        assert words
        assert [] == [word for word in words if words.count(word) > 1]


def test_nothing_is_left_unfinished() -> None:
    """No marker of unfinished work in any file; what is missing is an issue or says *unproven*."""
    assert lines_with(UNFINISHED) == []


def test_no_file_names_a_registry() -> None:
    """Where packages come from is the business of whoever installs them; only lock files say it."""
    assert lines_with(HOSTS) == []


def test_no_file_names_a_machines_folders() -> None:
    """No path of the machine a file was written on."""
    assert lines_with(MACHINE) == []


def test_text_files_are_clean() -> None:
    """UTF-8, lines end with a newline only, the last one too. Vectors are what others made them."""
    own = {path: text for path, text in texts().items() if "vectors" not in path.parts}
    assert [
        path for path, text in own.items() if "\ufffd" in text or "\r" in text or not f"\n{text}".endswith("\n")
    ] == []


def test_spec_pages_that_code_names_exist() -> None:
    """``spec/room.md §5`` in code or docs means that spec/room.md is there."""
    page = re.compile(r"\bspec/([\w-]+\.md)")
    named = {(name, str(path)) for path, text in texts().items() for name in page.findall(text)}
    assert {(name, path) for name, path in named if not (ROOT / "spec" / name).exists()} == set()
