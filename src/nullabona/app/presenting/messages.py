"""Messages as a page shows them: one line of a conversation, ready with its pieces, its rights and its state."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, cast, get_args

from nullabona.app.presenting.imported import may_imported, missing_of, to_missing
from nullabona.app.presenting.people import Picture, to_person
from nullabona.app.presenting.text import LONGEST_SHOWN, clean, clean_name, is_big, one_line, spans
from nullabona.app.protocol import views as v
from nullabona.app.protocol.talk_calls import Words
from nullabona.client.api import NoticeKind
from nullabona.client.api.records import AttachmentInfo, MessageInfo, NoticeInfo, PollInfo, QuoteInfo
from nullabona.words.relays import relay_name

_KINDS: Final = frozenset(get_args(v.MessageKind))
_STATES: Final = frozenset(get_args(v.MessageState))
_FILES: Final = frozenset({"file", "photo", "voice"})
_GONE: Final = "gone"
_PLACE: Final = 16
_PLACE_SHAPE: Final = re.compile(rf"[0-9a-f]{{{_PLACE}}}")
_BELOW: Final = 1 << 63
"""Positions of imported history are below 0."""


@dataclass(frozen=True, slots=True)
class Around:
    """The context for showing a message: the room, the person and this server."""

    me: bytes
    joined: bool
    direct: bool
    admin: bool
    may_pin: bool
    receipts: bool
    names: dict[bytes, tuple[str, str]]
    """Account → handle and name, for mentions and reactions."""
    picture: Picture
    media: Callable[[str, bytes, bytes], str]
    """The signed path of a message's content: what of it, room, message."""
    client: Callable[[bytes], str]
    """The page's own id of a message it sent."""
    pictures: bool = True
    """Whether a photo can be shown; if not, it is a file that can be saved."""
    tints: Mapping[str, int] = field(default_factory=dict)
    """The tints of people of imported history who have no account, by name."""


def place_of(position: int) -> str:
    """A position as text that sorts in the same order."""
    return f"{position + _BELOW:0{_PLACE}x}"


def position_of(place: str) -> int:
    """The position of a place. Raises `ValueError`."""
    if not _PLACE_SHAPE.fullmatch(place):
        raise ValueError(place)
    return int(place, 16) - _BELOW


def to_message(info: MessageInfo, around: Around) -> v.Message:
    """One line of a conversation."""
    missing = missing_of(info)
    whole = clean(info.text if missing is None else missing.caption)
    text = whole[:LONGEST_SHOWN]
    tint = around.tints.get(info.name)
    person = to_person(info.account, info.handle, info.name, me=info.mine, picture=around.picture, tint=tint)
    return v.Message(
        id=info.id.hex(),
        room=info.room.hex(),
        place=place_of(info.position),
        kind="file" if info.kind == "photo" and not around.pictures else _kind(info.kind),
        person=person,
        mine=info.mine,
        at=info.sent_at,
        state=_state(info.state),
        reason=_reason(info),
        unread_by=info.unread_by if around.receipts else None,
        spans=spans(text, _mentions(info, around)),
        text=text,
        big=info.kind == "text" and is_big(text),
        edited_at=info.edited_at or 0,
        forwarded=info.forwarded,
        pinned=info.pinned,
        expires_at=info.expires_at or 0,
        timer_s=info.timer_s,
        mentions_me=info.mentions_me,
        may=_may(info, around),
        quote=None if info.quote is None else to_quote(info.quote, info.room, around),
        reactions=[
            v.Reaction(r.emoji, len(r.accounts), around.me in r.accounts, [clean_name(n) for n in r.names])
            for r in info.reactions
        ],
        file=None if info.attachment is None else to_file(info, info.attachment, around),
        album=info.album.hex() if info.kind == "photo" and around.pictures else "",
        poll=None if info.poll is None else to_poll(info.poll, around),
        notice=None if info.notice is None else to_notice(info.notice),
        client=around.client(info.id) if info.mine else "",
        cut=len(whole) > len(text),
        imported=info.imported.service if info.imported is not None else "",
        missing=None if missing is None else to_missing(missing),
        teller=clean_name(info.teller) if info.teller or (info.told_by and not info.mine) else None,
    )


def all_words(info: MessageInfo, around: Around) -> Words:
    """All the words of a message that is shown cut."""
    text = clean(info.text)
    return Words(text, spans(text, _mentions(info, around)))


def to_last(info: MessageInfo, *, direct: bool, photos: int = 1) -> v.LastLine:
    """The newest message as a chat row shows it."""
    notice = None if info.notice is None else to_notice(info.notice)
    named = not (direct or info.mine or info.kind in {"notice", "told"})
    missing = missing_of(info)
    text = "" if info.kind == "deleted" else one_line(info.text if missing is None else missing.caption)
    if not text and info.attachment is not None and info.kind == "file":
        text = one_line(info.attachment.name)
    name = clean_name(info.name) if named else ""
    stands = None if missing is None else to_missing(missing)
    kind, state = _kind(info.kind), _state(info.state)
    return v.LastLine(kind, name, text, info.sent_at, state, notice, info.mine, stands, photos)


def to_quote(quote: QuoteInfo, room: bytes, around: Around) -> v.Quote:
    """The answered message, cut short."""
    gone = quote.kind == _GONE
    picture = _thumb(room, quote.message, around) if quote.kind == "photo" else ""
    kind = _kind("deleted" if gone else quote.kind)
    return v.Quote(quote.message.hex(), clean_name(quote.name), kind, one_line(quote.text), picture, gone)


def quote_of(info: MessageInfo, around: Around) -> v.Quote:
    """A message as it is quoted by an answer that is being written."""
    text = info.text or (info.attachment.name if info.attachment is not None else "")
    person = to_person(info.account, info.handle, info.name, me=info.mine, picture=around.picture)
    picture = _thumb(info.room, info.id, around) if info.kind == "photo" else ""
    return v.Quote(info.id.hex(), person.name, _kind(info.kind), one_line(text), picture, gone=info.kind == "deleted")


def to_notice(notice: NoticeInfo) -> v.Notice:
    """A line about the room; the page words it."""
    others = [clean_name(name) for name in notice.names]
    text = relay_name(notice.text) if notice.what == NoticeKind.RELAY_CHANGED else notice.text
    return v.Notice(notice.what, clean_name(notice.name), notice.me, others, one_line(text))


def to_poll(poll: PollInfo, around: Around) -> v.PollView:
    """A poll with its votes by name."""
    options = []
    for index, text in enumerate(poll.options):
        voters = [account for account, chosen in poll.votes.items() if index in chosen]
        names = [clean_name(poll.names.get(account, "")) for account in voters]
        options.append(v.PollOption(one_line(text), len(voters), around.me in voters, names))
    voted = sum(1 for chosen in poll.votes.values() if chosen)
    return v.PollView(clean(poll.question), options, poll.multiple, poll.closed, voted, poll.may_close)


def to_file(info: MessageInfo, file: AttachmentInfo, around: Around) -> v.FileView:
    """A file with signed paths to what is here of it."""
    here = file.state == "here"
    picture = info.kind == "photo" and here and around.pictures
    playable = info.kind == "voice" and here
    url = around.media(info.kind, info.room, info.id) if picture or playable else ""
    return v.FileView(
        name=clean_name(file.name),
        size=file.size,
        mime=file.mime,
        width=file.width,
        height=file.height,
        duration_ms=file.duration_ms,
        levels=list(file.levels),
        thumb=_thumb(info.room, info.id, around) if file.thumb else "",
        url=url,
        download=around.media("save", info.room, info.id) if here else "",
        state=_file_state(file.state),
        done=file.done,
        reason=file.reason,
    )


def _thumb(room: bytes, message: bytes, around: Around) -> str:
    return around.media("thumb", room, message) if around.pictures else ""


def _mentions(info: MessageInfo, around: Around) -> dict[str, tuple[str, bool]]:
    found: dict[str, tuple[str, bool]] = {}
    for account in info.mentions:
        for name in around.names.get(account, ()):
            if name:
                found[clean_name(name)] = (account.hex(), account == around.me)
                found[clean_name(name.partition("@")[0])] = (account.hex(), account == around.me)
    return found


def _may(info: MessageInfo, around: Around) -> list[v.May]:
    if info.kind == "notice":
        return []
    if info.kind == "deleted":
        return ["delete-me"]
    if info.imported is not None:
        return may_imported(info)
    may: list[v.May] = []
    arrived = info.state in {"sent", "delivered", "received"}
    if around.joined:
        may += _may_in_room(info, around, arrived=arrived)
    if info.text:
        may.append("copy")
    if info.state == "failed":
        may += ["retry", "discard"]
    if info.kind != "poll" and arrived:
        may.append("forward")
    if info.attachment is not None and info.attachment.state == "here":
        may.append("save")
    return [*may, "delete-me"]


def _may_in_room(info: MessageInfo, around: Around, *, arrived: bool) -> list[v.May]:
    may: list[v.May] = ["reply", "react"] if arrived else []
    if info.mine and arrived and info.kind == "text":
        may.append("edit")
    if arrived and (info.mine or (around.admin and not around.direct)):
        may.append("delete-all")
    if arrived and around.may_pin:
        may.append("pin")
    return may


def _reason(info: MessageInfo) -> str:
    if info.attachment is not None and info.attachment.reason:
        return info.attachment.reason
    return "refused" if info.state == "failed" else ""


def _kind(kind: str) -> v.MessageKind:
    return cast(v.MessageKind, kind if kind in _KINDS else "text")


def _state(state: str) -> v.MessageState:
    return cast(v.MessageState, state if state in _STATES else "received")


def _file_state(state: str) -> v.FileState:
    return cast(v.FileState, state if state in set(get_args(v.FileState)) else "failed")
