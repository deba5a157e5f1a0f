"""``nulla app --register``: invite links of other programs open in the app, in the person's own folders only."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from nullabona.cli.person.desktop_entry import NAME, DesktopEntry, LinksNotOpened
from nullabona.processes.program import Ended, run
from tests.cli.shell import COMMAND, environment

SCHEME = "x-scheme-handler/nullabona"
NOTHING = {"PATH": ""}
"""A machine without the programs that renew indexes."""


@pytest.fixture
def places(tmp_path: Path) -> dict[str, str]:
    """The folders of a person who has none yet; their home is another one, which stays empty."""
    (tmp_path / "home").mkdir()
    names = {"HOME": "home", "XDG_DATA_HOME": "data", "XDG_CONFIG_HOME": "config"}
    return {variable: str(tmp_path / name) for variable, name in names.items()}


def entry_at(places: dict[str, str], **more: str) -> DesktopEntry:
    return DesktopEntry(NOTHING | places | more, Path(places["HOME"]))


def nulla(places: dict[str, str], *arguments: str) -> Ended:
    return run((*COMMAND, "app", *arguments), env=environment(**places), patience_s=40)


def command_in(text: str) -> list[str]:
    """The words of ``Exec``, read as the Desktop Entry specification says: the string first, then its quoting."""
    (found,) = [line.removeprefix("Exec=") for line in text.splitlines() if line.startswith("Exec=")]
    words: list[str] = []
    word, quoted, letters = "", False, iter(found.replace("\\\\", "\\"))
    for letter in letters:
        if letter == "\\" and quoted:
            word += next(letters)
        elif letter == '"':
            quoted = not quoted
        elif letter == " " and not quoted:
            words, word = [*words, word], ""
        else:
            word += letter
    return [each if each == "%u" else each.replace("%%", "%") for each in [*words, word]]


@pytest.mark.parametrize(
    "argument",
    ["plain", "two words", 'a "quoted" one', "back\\slash", "$HOME `id`", "100%u", "~/한글 폴더", "", "--x=%%"],
)
def test_a_command_comes_back_as_it_was(places: dict[str, str], argument: str) -> None:
    """Whatever is in a path; nothing of it is expanded by a desktop or a shell. The link is the last word."""
    entry = entry_at(places)
    entry.register(["/usr/bin/python", argument, "--"], terminal=True)
    text = entry.path.read_text("utf-8")
    assert ["/usr/bin/python", argument, "--", "%u"] == command_in(text)
    assert {"Type=Application", f"MimeType={SCHEME};", "Terminal=true", "TryExec=/usr/bin/python"} <= set(
        text.splitlines()
    )


def test_a_path_that_has_no_form_is_refused(places: dict[str, str]) -> None:
    """A line break in it would be another line of the entry."""
    entry = entry_at(places)
    with pytest.raises(LinksNotOpened):
        entry.register(["/usr/bin/python", "a\nExec=evil"], terminal=True)
    assert not entry.path.exists()


@pytest.mark.parametrize("said", ["", "relative/data"])
def test_without_a_folder_that_is_named_it_is_the_usual_one(places: dict[str, str], said: str) -> None:
    entry = entry_at(places, XDG_DATA_HOME=said)
    entry.register(["/usr/bin/python"], terminal=False)
    assert Path(places["HOME"], ".local/share/applications", NAME) == entry.path
    assert "Terminal=false" in entry.path.read_text("utf-8")


def test_what_another_program_made_is_not_touched(places: dict[str, str]) -> None:
    entry = entry_at(places)
    entry.folder.mkdir(parents=True)
    for theirs in (b"[Desktop Entry]\nName=another\n", b"\xff"):
        entry.path.write_bytes(theirs)
        with pytest.raises(LinksNotOpened):
            entry.register(["/usr/bin/python"], terminal=True)
        with pytest.raises(LinksNotOpened):
            entry.unregister()
        assert theirs == entry.path.read_bytes()


def test_undoing_leaves_what_else_the_person_chose(places: dict[str, str]) -> None:
    """Only the line of our entry goes; twice is as good as once."""
    entry, chosen = entry_at(places), Path(places["XDG_CONFIG_HOME"], "mimeapps.list")
    chosen.parent.mkdir()
    others = f"[Default Applications]\ntext/html=browser.desktop\n{SCHEME}x={NAME}\n"
    chosen.write_text(f"{others}{SCHEME}={NAME};\n", "utf-8")
    entry.register(["/usr/bin/python"], terminal=True)
    assert [True, False] == [entry.unregister(), entry.unregister()]
    assert (False, others) == (entry.path.exists(), chosen.read_text("utf-8"))


def test_a_folder_that_cannot_be_written_is_told(places: dict[str, str]) -> None:
    Path(places["XDG_DATA_HOME"]).write_text("a file")
    with pytest.raises(LinksNotOpened):
        entry_at(places).register(["/usr/bin/python"], terminal=True)


def test_another_system_is_told(tmp_path: Path) -> None:
    with pytest.raises(LinksNotOpened):
        DesktopEntry({}, tmp_path, platform="darwin")


def test_a_link_starts_with_what_was_given(places: dict[str, str], tmp_path: Path) -> None:
    """A start without the proxy would show the person's address. No module of the folder where it starts is taken."""
    given = ("--proxy", "socks5://127.0.0.1:9", "--fast", "--relay", "talk.example", "--no-browser")
    done = nulla(places, "--register", *given, "--profile", str(tmp_path / "미나 $HOME"))
    assert 0 == done.code, done.err
    *command, last = command_in(Path(places["XDG_DATA_HOME"], "applications", NAME).read_text("utf-8"))
    assert "%u" == last
    start = command.index("app")
    assert {*given, "--profile", str(tmp_path / "미나 $HOME")} == {*command[start + 1 : -1]}
    assert "--" == command[-1]
    (tmp_path / "click.py").write_text("raise SystemExit(77)")
    for text in ("--version", "nullabona:contact/mina"):
        refused = run([*command, text], cwd=tmp_path, env=environment(**places), patience_s=40)
        assert (1, True) == (refused.code, "[link-syntax]" in refused.err), refused.err
    assert 0 == nulla(places, "--unregister").code
    assert not Path(places["XDG_DATA_HOME"], "applications", NAME).exists()


@pytest.mark.skipif(shutil.which("xdg-mime") is None, reason="no xdg-mime on this machine")
def test_a_desktop_opens_links_with_it(places: dict[str, str]) -> None:
    """Asked of the programs that desktops use; undone, nothing opens them."""
    where = environment(**places)
    Path(places["XDG_CONFIG_HOME"]).mkdir()
    Path(places["XDG_DATA_HOME"]).mkdir()
    entry = DesktopEntry(where, Path(places["HOME"]))
    asked = ["xdg-mime", "query", "default", SCHEME]
    assert "" == run(asked, env=where, patience_s=20).out.strip()
    entry.register(["/usr/bin/python"], terminal=True)
    assert NAME == run(asked, env=where, patience_s=20).out.strip()
    entry.unregister()
    assert "" == run(asked, env=where, patience_s=20).out.strip()
    assert [] == [*Path(places["HOME"]).iterdir()]
