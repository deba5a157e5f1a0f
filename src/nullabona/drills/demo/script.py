"""The conversation of the demo: read from a file of ``name: text``, and who says what where and when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final, TypeAlias

from nullabona.drills.actors.actor import Person
from nullabona.errors import UserError
from nullabona.wire.handle import HandleError, check_name

DM: Final = "dm"
GROUP: Final = "group"
MOST_PEOPLE: Final = 6
MOST_LINES: Final = 400
_STAND_INS: Final = ("지우", "하늘", "노을")
_GROUP_NAME: Final = "우리끼리 Just us"


class ChatUnreadable(UserError):
    """The file with the conversation cannot be used."""

    code = "chat-unreadable"
    default_hint = "write one message per line, as `name: text`, UTF-8, by two to six people"


@dataclass(frozen=True, slots=True)
class Line:
    """One message."""

    speaker: Person
    text: str
    where: str
    """`DM` or `GROUP`."""


Said: TypeAlias = tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Script:
    """A whole conversation. The first of ``people`` opens the group and removes ``removed`` after ``before``."""

    people: tuple[Person, ...]
    group: str
    removed: Person
    dm: Said
    before: Said
    """In the group, with everybody."""
    after: Said
    """In the group, without the one who was removed."""
    unsaid: int = 0
    """Lines of a file without directions that are left out: by the one who was removed, after the removal."""

    @property
    def lines(self) -> Said:
        return self.dm + self.before + self.after


def load_script(chat: Path | None = None) -> Script:
    """The conversation in the file ``chat``, or else our own. Raises `ChatUnreadable`."""
    try:
        text = chat.read_text("utf-8-sig") if chat else files(__package__).joinpath("chat.txt").read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ChatUnreadable("the conversation cannot be read") from error
    return parse_script(text)


def parse_script(text: str) -> Script:
    """The conversation in ``text``. Raises `ChatUnreadable`."""
    rows = [row for line in text.splitlines() if (row := line.strip()) and not row.startswith("#")]
    spoken = [_split(row) for row in rows if not row.startswith(">")]
    people = _people([name for name, _ in spoken])
    if not 2 <= len({name for name, _ in spoken}) <= MOST_PEOPLE or len(spoken) > MOST_LINES:
        raise ChatUnreadable("a conversation needs two to six people and at most 400 messages")
    if any(row.startswith(">") for row in rows):
        return _directed(rows, people)
    return _plain(spoken, people)


def _split(row: str) -> tuple[str, str]:
    name, colon, text = row.partition(":")
    if not colon or not name.strip() or not text.strip():
        raise ChatUnreadable("a line of the conversation is not `name: text`")
    return name.strip(), text.strip()


def _people(names: Iterable[str]) -> dict[str, Person]:
    """Everybody by name, in order of appearance; three at least, so that one can be removed."""
    found = dict.fromkeys(names)
    for stand_in in _STAND_INS:
        if len(found) < 3:
            found.setdefault(stand_in)
    people: dict[str, Person] = {}
    for number, name in enumerate(found, 1):
        people[name] = Person(name, _handle_name(name, number, {person.handle_name for person in people.values()}))
    return people


def _handle_name(name: str, number: int, taken: set[str]) -> str:
    try:
        wanted = check_name(name.replace(" ", "-"))
    except HandleError:
        wanted = ""
    return wanted if wanted and wanted not in taken else f"guest{number}"


def _directed(rows: Sequence[str], people: dict[str, Person]) -> Script:
    parts: dict[str, list[Line]] = {"dm": [], "before": [], "after": []}
    part, group, removed = "before", _GROUP_NAME, ""
    for row in rows:
        if row.startswith(">"):
            word, _, value = (piece.strip() for piece in row.removeprefix(">").partition(":"))
            part = {"dm": "dm", "group": "before", "remove": "after"}.get(word, "")
            group = value if word == "group" else group
            removed = value if word == "remove" else removed
        else:
            name, text = _split(row)
            if part not in parts:
                raise ChatUnreadable("a line that begins with > is `> dm`, `> group: NAME` or `> remove: NAME`")
            parts[part].append(Line(people[name], text, DM if part == "dm" else GROUP))
    if removed not in people:
        raise ChatUnreadable("the conversation removes nobody who is in it")
    script = Script(
        tuple(people.values()),
        group,
        people[removed],
        tuple(parts["dm"]),
        tuple(parts["before"]),
        tuple(parts["after"]),
    )
    _check(script)
    return script


def _plain(spoken: Sequence[tuple[str, str]], people: dict[str, Person]) -> Script:
    """A file without directions: a quarter of it, if two people speak there, is a DM; at half, somebody leaves."""
    everyone = tuple(people.values())
    pair = {person.name for person in everyone[:2]}
    quarter, half = len(spoken) // 4, len(spoken) // 2
    counts = Counter(name for name, _ in spoken[half:])
    removed = min(everyone[1:], key=lambda person: counts[person.name])
    dm: list[Line] = []
    before: list[Line] = []
    after: list[Line] = []
    for at, (name, text) in enumerate(spoken):
        private = at < quarter and name in pair
        late = at >= half
        if late and name == removed.name:
            continue
        part = dm if private else after if late else before
        part.append(Line(people[name], text, DM if private else GROUP))
    unsaid = len(spoken) - len(dm) - len(before) - len(after)
    script = Script(everyone, _GROUP_NAME, removed, tuple(dm), tuple(before), tuple(after), unsaid)
    _check(script)
    return script


def _check(script: Script) -> None:
    pair = {line.speaker for line in script.dm} | set(script.people[:2])
    if len(pair) > 2:
        raise ChatUnreadable("only the first two people who speak can have the direct conversation")
    if not script.after:
        raise ChatUnreadable("nobody says anything after the removal")
    if script.removed == script.people[0]:
        raise ChatUnreadable("the first person opens the group and cannot be removed from it")
    if any(line.speaker == script.removed for line in script.after):
        raise ChatUnreadable("somebody speaks in the group after they were removed from it")
