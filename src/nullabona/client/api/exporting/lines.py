"""From what the API shows to what an export says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from nullabona.client.api.exporting.documents import FileSaid, ImportedSaid, Line, NoticeSaid, PollSaid, ReactionSaid
from nullabona.client.api.import_records import ImportedInfo
from nullabona.client.api.records import AttachmentInfo, MessageInfo, NoticeInfo, PollInfo

_UNSENT: Final = frozenset({"waiting", "failed"})
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_MS: Final = 253_402_300_799_000
"""The end of the year 9999: what a calendar can say."""


def moment(at: int) -> datetime:
    """A time in ms, whatever a sender made up, as the calendar can say it."""
    return _EPOCH + timedelta(milliseconds=min(max(at, 0), _LATEST_MS))


def said(info: MessageInfo, path: str | None) -> Line:
    """A line. ``path``: where its file was put."""
    return Line(
        id=info.id.hex(),
        at=info.sent_at,
        time=moment(info.sent_at).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        kind=info.kind,  # type: ignore[arg-type]
        account=info.account.hex(),
        name=info.name,
        mine=info.mine,
        text=info.text,
        reply_to=info.reply_to.hex(),
        mentions=tuple(account.hex() for account in info.mentions),
        forwarded=info.forwarded,
        edited_at=info.edited_at or 0,
        pinned=info.pinned,
        unsent=info.mine and info.state in _UNSENT,
        timer_s=info.timer_s,
        deleted_by=info.deleted_by.hex(),
        reactions=tuple(ReactionSaid(r.emoji, tuple(a.hex() for a in r.accounts)) for r in info.reactions),
        poll=_poll(info.poll) if info.poll is not None else None,
        file=_file(info.attachment, path) if info.attachment is not None else None,
        notice=_notice(info.notice) if info.notice is not None else None,
        imported=_imported(info.imported) if info.imported is not None else None,
        told_by=info.told_by.hex(),
    )


def _poll(poll: PollInfo) -> PollSaid:
    votes = {account.hex(): tuple(choices) for account, choices in sorted(poll.votes.items())}
    return PollSaid(poll.question, tuple(poll.options), poll.multiple, poll.closed, votes)


def _file(file: AttachmentInfo, path: str | None) -> FileSaid:
    return FileSaid(file.name, file.mime, file.size, path, file.width, file.height, file.duration_ms)


def _imported(imported: ImportedInfo) -> ImportedSaid:
    return ImportedSaid(imported.service, imported.author, imported.what)  # type: ignore[arg-type]


def _notice(notice: NoticeInfo) -> NoticeSaid:
    return NoticeSaid(notice.what, notice.account.hex(), tuple(o.hex() for o in notice.others), notice.text)
