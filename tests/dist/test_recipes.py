"""Recipes that were never run: at least they name what exists, and say what they are."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
DESKTOP: Final = ROOT / "deploy/desktop"


def test_the_recipe_for_installers_is_of_this_version_and_says_that_it_is_unproven() -> None:
    """Nobody should take it for something that was tried."""
    text = (DESKTOP / "pyproject.toml").read_text("utf-8")
    recipe, own = tomllib.loads(text)["tool"]["briefcase"], tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert own["project"]["version"] == recipe["version"]
    assert own["project"]["description"] == recipe["app"]["nullabona_desktop"]["description"]
    assert "UNPROVEN" in text
    assert (DESKTOP / recipe["license"]["file"]).exists()
    assert (DESKTOP / "nullabona_desktop/__main__.py").exists()
    assert "*unproven*, there is only a recipe" in (ROOT / "docs/how-to/build-a-release.md").read_text("utf-8")
