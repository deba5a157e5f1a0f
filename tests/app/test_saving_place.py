"""Where backups and exports go: the person's folder for downloads, whatever it is called in their language."""

from __future__ import annotations

from pathlib import Path

import pytest

from nullabona.app.answers.moving import downloads


@pytest.mark.parametrize(
    ("said", "folders", "found"),
    [
        (None, [], ""),
        (None, ["Downloads"], "Downloads"),
        ('XDG_DESKTOP_DIR="$HOME/바탕화면"\nXDG_DOWNLOAD_DIR="$HOME/다운로드"\n', ["다운로드"], "다운로드"),
        ('XDG_DOWNLOAD_DIR="$HOME/다운로드"\n', ["Downloads", "다운로드"], "다운로드"),
        ('XDG_DOWNLOAD_DIR="$HOME/다운로드"\n', ["Downloads"], "Downloads"),
        ('XDG_DOWNLOAD_DIR="$HOME/다운로드"\n', [], ""),
        ('XDG_DOWNLOAD_DIR="$HOME/"\n', ["Downloads"], "Downloads"),
        ('#XDG_DOWNLOAD_DIR="$HOME/x"\n', ["x"], ""),
        ('XDG_DOWNLOAD_DIR="/etc"\n', [], ""),
    ],
)
def test_the_folder_for_downloads(said: str | None, folders: list[str], found: str, tmp_path: Path) -> None:
    """As the desktop names it, else by its English name, else the home folder; only one that is there."""
    for name in [*folders, ".config"]:
        (tmp_path / name).mkdir()
    if said is not None:
        (tmp_path / ".config" / "user-dirs.dirs").write_text(said, "utf-8")
    assert tmp_path / found == downloads(tmp_path)
