"""Reading an export without keeping any of it: what is in it, what was not understood, what has to be asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from nullabona.client.importing.records import Chat, Item, Line, LineKind, Odd
from nullabona.client.importing.sources import Media

_EXAMPLES: Final = 10
_MOST_PEOPLE: Final = 5_000
_EVERY: Final = 20_000
_LONGEST_HEAD: Final = 40
_MOST_HEADS: Final = 20


@dataclass(slots=True)
class ChatSurvey:
    """What is in one chat. Times are as in the file; ``odd`` has the first line numbers of each oddity."""

    chat: Chat
    lines: int = 0
    first_at: int = 0
    last_at: int = 0
    people: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    continued: int = 0
    media_here: int = 0
    media_missing: int = 0
    oddities: Counter[str] = field(default_factory=Counter)
    odd: dict[str, list[int]] = field(default_factory=dict)
    sample: list[Line] = field(default_factory=list)
    """The first lines, to see whether they are there already."""
    heads: dict[str, Counter[str]] = field(default_factory=dict)
    """For each author, with what the texts begin that have in them what ends a name."""

    def longer_names(self, ends: str) -> list[str]:
        """Authors whose names were cut, as they have in them what ends a name.

        Either the chat is named after them, or every one of two lines or more begins as if the name went on.
        """
        names = []
        for author, heads in self.heads.items():
            head, count = heads.most_common(1)[0]
            longer = f"{author}{ends}{head}"
            if longer in self.chat.title or 1 < count == self.people[author]:
                names.append(longer)
        return names


class Stopped(Exception):
    """The caller does not want to know any more."""


def survey(
    items: Iterable[Item], media: Media | None, *, tell: Callable[[int], bool] | None = None, ends: str = ""
) -> list[ChatSurvey]:
    """Everything that is in ``items``. ``tell`` hears every 20,000 lines how many there were; False stops it.

    ``ends``: what ends an author's name, if names are to be doubted.

    Raises `Stopped`, or what reading raises.
    """
    chats: list[ChatSurvey] = []
    before: list[Odd] = []
    count = 0
    for item in items:
        if isinstance(item, Line):
            _line(chats[-1], item, media)
            if ends and item.author and ends in item.text:
                _head(chats[-1], item, ends)
            count += 1
            if count % _EVERY == 0 and tell is not None and not tell(count):
                raise Stopped
        elif isinstance(item, Chat):
            chats.append(ChatSurvey(item))
        elif chats:
            _odd(chats[-1], item)
        else:
            before.append(item)
    for odd in before if chats else ():
        _odd(chats[0], odd)
    return chats


def _line(found: ChatSurvey, line: Line, media: Media | None) -> None:
    found.first_at = min(found.first_at, line.at) if found.lines else line.at
    found.last_at = max(found.last_at, line.at)
    found.lines += 1
    found.kinds[line.kind] += 1
    found.continued += line.continued
    if line.author and (line.author in found.people or len(found.people) < _MOST_PEOPLE):
        found.people[line.author] += 1
    if line.kind == LineKind.UNPARSED:
        _odd(found, Odd(line.number, "unparsed"))
    elif not line.author and line.kind != LineKind.SYSTEM:
        _odd(found, Odd(line.number, "no-author"))
    if line.media and media is not None:
        here = media.size(line.media) is not None
        found.media_here += here
        found.media_missing += not here and line.kind != LineKind.TEXT
    if found.lines <= _EXAMPLES * 10:
        found.sample.append(line)


def _head(found: ChatSurvey, line: Line, ends: str) -> None:
    head = line.text.partition(ends)[0]
    if len(head) <= _LONGEST_HEAD and "\n" not in head and len(found.heads) < _MOST_PEOPLE:
        heads = found.heads.setdefault(line.author, Counter())
        if len(heads) < _MOST_HEADS or head in heads:
            heads[head] += 1


def _odd(found: ChatSurvey, odd: Odd) -> None:
    found.oddities[odd.why] += 1
    examples = found.odd.setdefault(odd.why, [])
    if len(examples) < _EXAMPLES:
        examples.append(odd.number)
