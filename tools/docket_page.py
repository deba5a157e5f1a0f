"""Makes the diagram and the table of roles in spec/docket.md from the tables in code.

Only the parts between the marks are generated; people write the rest.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from nullabona.docket.core.roles import CONFIRMS, DESK, permits
from nullabona.docket.core.states import diagram

PATH = "spec/docket.md"
_ROOT: Final = Path(__file__).resolve().parent.parent


def page() -> str:
    """The whole page with its generated parts replaced."""
    text = (_ROOT / PATH).read_text(encoding="utf-8")
    text = _fill(text, "states", f"```mermaid\n{diagram()}\n```")
    return _fill(text, "roles", _roles())


def _fill(text: str, name: str, made: str) -> str:
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    before, _, rest = text.partition(begin)
    return f"{before}{begin}\n{made}\n\n{end}{rest.partition(end)[2]}"


def _roles() -> str:
    """Which role may do what, first to cases, then to the desk itself."""
    by_action: dict[str, set[str]] = {}
    for role, action, _ in permits():
        by_action.setdefault(action, set()).add(role)
    rows = [f"| {action} | {', '.join(sorted(roles))} | |" for action, roles in by_action.items()]
    for desk_action, roles in DESK.items():
        confirms = ", ".join(sorted(CONFIRMS.get(desk_action, ())))
        rows.append(f"| {desk_action} | {', '.join(sorted(roles))} | {confirms} |")
    return "\n".join(["| action | by | confirmed by another |", "|---|---|---|", *rows])
