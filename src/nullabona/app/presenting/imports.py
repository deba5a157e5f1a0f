"""The content of other messengers' exports, and finished imports, as a page shows them."""

from __future__ import annotations

from typing import Any, cast

from nullabona.app.presenting.text import clean_name, one_line
from nullabona.app.protocol import import_calls as c
from nullabona.client.api.import_records import ImportChat, ImportInfo, ImportPreview

_MOST_PEOPLE = 200


def to_view(found: ImportPreview) -> c.ImportView:
    """The chats of the files, and the questions to ask."""
    return c.ImportView([_chat(chat) for chat in found.chats], list(found.questions))


def _chat(chat: ImportChat) -> c.ImportChat:
    people = [
        c.ImportPerson(person.name, person.lines, "me" if person.me else person.account.hex())
        for person in chat.people[:_MOST_PEOPLE]
    ]
    return c.ImportChat(
        service=cast(Any, chat.service),
        title=one_line(chat.title),
        lines=chat.lines,
        first_at=chat.first_at,
        last_at=chat.last_at,
        people=people,
        files=chat.media_here,
        missing=chat.media_missing,
        continued=chat.continued,
        oddities=[c.ImportOddity(odd.what, odd.count, list(odd.numbers)) for odd in chat.oddities],
        room=chat.room.hex(),
        known=chat.known,
        asks_me=chat.asks_me,
        kinds=dict(chat.kinds),
    )


def to_done(info: ImportInfo) -> c.ImportDone:
    """An import that was made."""
    return c.ImportDone(
        id=info.id.hex(),
        service=info.service,
        title=clean_name(info.title),
        room=info.room.hex(),
        state=cast(Any, info.state),
        lines=info.total,
        done=info.done,
        added=info.added,
        at=info.at,
    )
