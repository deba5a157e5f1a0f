"""The console's own files: a fixed list, read once."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import PurePath

from nullabona.docket.console.request.answers import TEXT, Answer
from nullabona.docket.console.request.context import RequestContext
from nullabona.docket.console.rules.headers import KINDS


def file(context: RequestContext) -> Answer:
    """A style, a script or the icon."""
    found = _files().get(context.params["name"])
    return found if found is not None else Answer(404, b"there is no such file\n", TEXT)


def health(_: RequestContext) -> Answer:
    """Reports that the console is serving."""
    return Answer(200, b"ok\n", TEXT)


def metrics(context: RequestContext) -> Answer:
    """The declared numbers; connections from elsewhere never get here."""
    figures = context.console.figures
    return (
        Answer(404, b"there is nothing here\n", TEXT) if figures is None else Answer(200, figures.text().encode(), TEXT)
    )


@cache
def _files() -> dict[str, Answer]:
    folder = files("nullabona.docket.console").joinpath("static")
    kinds = {entry.name: KINDS.get(PurePath(entry.name).suffix) for entry in folder.iterdir()}
    return {name: Answer(200, folder.joinpath(name).read_bytes(), kind) for name, kind in kinds.items() if kind}
