"""docs/errors.md from the error tree: every class below NullabonaError, by code."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import nullabona
from nullabona.errors import Bug, NullabonaError, PeerError, UserError
from nullabona.extras import missing

PATH = "docs/errors.md"

_HEAD = """\
# Errors

Made from the error tree by `make generate`; do not edit. Every error this project raises on purpose has one of these
codes, in brackets after its sentence, and a hint if there is something to do. *Retry* says whether the same call
may succeed later without any change.
"""

_BRANCHES: tuple[tuple[type[NullabonaError], str], ...] = (
    (UserError, "Yours: the request cannot be carried out as asked"),
    (PeerError, "Theirs: bytes or behaviour from outside are wrong"),
    (Bug, "Ours: please report it"),
)


def page() -> str:
    """The whole text of docs/errors.md."""
    _import_everything()
    named = [_branch(tree(root), title) for root, title in _BRANCHES]
    rest = set(tree(NullabonaError)).difference({NullabonaError}, *(tree(root) for root, _ in _BRANCHES))
    return "\n".join([_HEAD, *named, _branch(sorted(rest, key=_place), "The machine's: a disk or a store fails")])


def tree(root: type[NullabonaError]) -> list[type[NullabonaError]]:
    """``root`` and every class of nullabona below it, by code and then name."""
    found = {root}
    pending = [root]
    while pending:
        for child in pending.pop().__subclasses__():
            if child not in found and child.__module__.startswith("nullabona."):
                found.add(child)
                pending.append(child)
    return sorted(found, key=_place)


def _place(cls: type[NullabonaError]) -> tuple[str, str, str]:
    return cls.code, cls.__module__, cls.__qualname__


def _import_everything() -> None:
    for module in pkgutil.walk_packages(nullabona.__path__, "nullabona."):
        if not module.name.endswith("__main__"):
            try:
                importlib.import_module(module.name)
            except ModuleNotFoundError as error:
                if missing(error) is None:  # no class of ours is in a module that an extra's library is needed for
                    raise


def _branch(classes: list[type[NullabonaError]], title: str) -> str:
    rows = [_row(cls) for cls in classes]
    return "\n".join(
        [f"## {title}", "", "| code | what happened | hint | retry | class |", "|---|---|---|---|---|", *rows, ""]
    )


def _row(cls: type[NullabonaError]) -> str:
    said = inspect.cleandoc(cls.__doc__ or "").split("\n\n")[0].replace("\n", " ").replace("``", "`")
    name = f"{cls.__module__}.{cls.__qualname__}".removeprefix("nullabona.")
    retry = "yes" if cls.retryable else "no"
    cells = (f"`{cls.code}`", said, cls.default_hint, retry, f"`{name}`")
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
