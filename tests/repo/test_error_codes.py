"""A code of docs/errors.md means one thing: whoever reads it in a log knows what happened and what to do."""

from __future__ import annotations

import importlib
import pkgutil
from collections import defaultdict

import nullabona
from nullabona.errors import NullabonaError

SAME_MEANING = {
    "log-forked": "a log has two histories, seen by a client that asks a directory and by whoever reads any log",
    "log-rolled-back": "as log-forked: it shows less than before",
    "log-stale": "as log-forked: its newest state is too old",
    "timed-out": "a server did not answer in time: a relay's own connection, or plain HTTP",
    "unreachable": "as timed-out: there was no connection",
}
"""Codes of two classes that live in parts of the tree which may not import one another."""


def test_a_code_has_one_class() -> None:
    """But for a class that refines another one of the same code, and what `SAME_MEANING` lists."""
    for module in pkgutil.walk_packages(nullabona.__path__, "nullabona."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    classes: defaultdict[str, set[type[NullabonaError]]] = defaultdict(set)
    pending: list[type[NullabonaError]] = [NullabonaError]
    while pending:
        kind = pending.pop()
        pending += kind.__subclasses__()
        if kind.__module__.startswith("nullabona.") and "code" in vars(kind):
            classes[kind.code].add(kind)
    assert {code for code, kinds in classes.items() if len(kinds) > 1} == set(SAME_MEANING)
