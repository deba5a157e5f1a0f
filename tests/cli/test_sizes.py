"""``nulla relay limits --people``: shows, writes, and leaves alone what is there."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from nullabona.cli.operator.relay import relay
from nullabona.cli.root import nulla
from nullabona.operating.sizing import MOST_PEOPLE, files_for, sizes_for


def limits(*words: str) -> Result:
    return CliRunner().invoke(nulla, ["relay", "limits", *words], env={"LANG": "en"})


def test_every_file_is_shown() -> None:
    """With its name before it."""
    shown = limits("--people", "30000").output
    assert all(f"# ---- {name}\n{text}".rstrip() in shown for name, text in files_for(sizes_for(30_000)).items())


def test_files_are_written_and_named(tmp_path: Path) -> None:
    """Each where its name says; twice is refused, and nothing is touched then."""
    folder = tmp_path / "sizes"
    done = limits("--people", "10", "--output", str(folder))
    expected = files_for(sizes_for(10))
    assert (0, [str(folder / name) for name in expected]) == (done.exit_code, done.stdout.splitlines())
    assert expected == {name: (folder / name).read_text("utf-8") for name in expected}
    (folder / "relay.toml").unlink()
    again = limits("--people", "20", "--output", str(folder))
    assert (1, True, False) == (again.exit_code, "[sizes-exist]" in again.output, (folder / "relay.toml").exists())


def test_json_has_sizes_and_files(tmp_path: Path) -> None:
    """One object; with a folder the files' names."""
    shown = json.loads(limits("--people", "10", "--json").stdout)
    assert (10, files_for(sizes_for(10))) == (shown["sizes"]["people"], shown["files"])
    written = json.loads(limits("--people", "10", "--json", "--output", str(tmp_path / "new")).stdout)
    assert [str(tmp_path / "new" / name) for name in files_for(sizes_for(10))] == written["files"]


def test_what_it_cannot_do_is_refused(tmp_path: Path) -> None:
    """Too many, none, a folder without a number, a folder that cannot be made."""
    (tmp_path / "file").write_text("")
    codes = [
        limits(*words).exit_code
        for words in (
            ("--people", str(MOST_PEOPLE + 1)),
            ("--people", "0"),
            ("--output", str(tmp_path / "x")),
            ("--people", "1", "--output", str(tmp_path / "file" / "below")),
        )
    ]
    assert [1, 2, 2, 1] == codes


def test_every_setting_is_listed() -> None:
    """What `serve` takes as an option, a configuration file takes, and the list says so."""
    listed = limits().output
    names = {str(option.name) for option in relay.commands["serve"].params}
    assert {"config"} == {name for name in names if f"# {name}: " not in listed and not name.startswith("common_")}
