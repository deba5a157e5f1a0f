"""Abuse reports: what a person chooses to show an operator of what was said in a room (spec/report.md).

A draft is made and shown first; what is saved is exactly the draft's bytes. Nothing is sent and nothing is kept.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nullabona.client.api.errors import FileExists, FileUnwritable
from nullabona.client.api.finding import find_message, find_room
from nullabona.client.api.session import Session
from nullabona.client.api.showing import Look, look_at, show
from nullabona.client.core import files as core_files
from nullabona.client.core.model.content import MAX_SENT_AT
from nullabona.client.core.model.errors import BadRequest
from nullabona.client.core.model.records import Message
from nullabona.client.core.timeline import kinds
from nullabona.system.files import create_private
from nullabona.wire.abuse_report import (
    MAX_ABUSE_REPORT,
    MOST_MESSAGES,
    AbuseReportBody,
    ReportedFile,
    ReportedMessage,
    write_abuse_report,
)

_LATEST: Final = MAX_SENT_AT - 1


@dataclass(frozen=True, slots=True)
class ReportedLine:
    """One message as the report shows it."""

    sent_at: int
    text: str = field(repr=False)
    sender: str
    """The sender's handle; empty: not in the report."""
    file: str = field(repr=False)
    """The name of the file whose keys are in the report; empty: none are."""
    size: int


@dataclass(frozen=True, slots=True)
class ReportDraft:
    """All that a report reveals, and its bytes."""

    relay: str
    """Whose operator can erase the pieces of its files."""
    lines: tuple[ReportedLine, ...] = field(repr=False)
    direct: bool
    """It is a room of two: the other person will know who reported them, if they ever see the report."""
    reporter: str
    """The handle of this account, whose device signed it; empty: nothing in it names this account."""
    data: bytes = field(repr=False)

    @property
    def sha256(self) -> bytes:
        """By which the operator names the report."""
        return sha256(self.data).digest()


class Reports:
    """Reports of messages. ``room`` and ``messages`` are named as for `Messages`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def draft(
        self,
        room: bytes | str,
        messages: Sequence[bytes | str],
        *,
        files: bool = False,
        senders: bool = False,
        sign: bool = False,
    ) -> ReportDraft:
        """A report of these messages: their words and times, and nothing more unless it is chosen.

        ``files`` adds the keys of their files: all readers can open them, and the operator can erase them.
        ``senders`` adds who said it, by this device's word: nothing proves it. ``sign`` adds this device's signature,
        which proves to everybody who reported. Raises `NoSuchRoom`, `NoSuchMessage`, or `BadRequest` for messages that
        nobody said here, whose words are not chosen or that are too many.
        """
        account = self._session.account()
        with self._session.view() as step:
            store, look = step.store, look_at(step)
            target = find_room(store, room)
            state = step.room(target)
            found = {line.id: line for line in (find_message(store, target, each) for each in messages)}
            if not 0 < len(found) <= MOST_MESSAGES:
                raise BadRequest(f"a report is of 1 to {MOST_MESSAGES} messages")
            chosen = sorted(found.values(), key=lambda line: line.position)
            said = tuple(_reported(look, line, files=files, senders=senders) for line in chosen)
            body = AbuseReportBody(state.relay, step.day, said)
            direct = bool(state.info.pair)
        if sign:
            key = Ed25519PrivateKey.from_private_bytes(account.record.device_seed)
            data = write_abuse_report(body, account.record.certificate, key.sign)
        else:
            data = write_abuse_report(body)
        if len(data) > MAX_ABUSE_REPORT:
            raise BadRequest("the report is too large; choose fewer messages")
        lines = tuple(_shown(each) for each in said)
        return ReportDraft(body.relay, lines, direct, account.record.handle if sign else "", data)

    def save(self, draft: ReportDraft, path: Path) -> None:
        """Write a draft into a new file that only its owner can read. Raises `FileExists` or `FileUnwritable`."""
        try:
            fd = create_private(path)
        except FileExistsError:
            raise FileExists(f"there is a file {path.name} already") from None
        except OSError as error:
            raise FileUnwritable(f"{path.name} cannot be written there") from error
        try:
            with os.fdopen(fd, "wb") as out:
                out.write(draft.data)
        except OSError as error:
            path.unlink(missing_ok=True)
            raise FileUnwritable(f"{path.name} cannot be written there") from error


def _reported(look: Look, line: Message, *, files: bool, senders: bool) -> ReportedMessage:
    info = show(look, line)
    unsaid = line.imported or line.told_by or info.state in {"waiting", "failed"}
    if unsaid or info.kind not in kinds.SPOKEN:
        raise BadRequest("only what somebody said in the room, and this device received from them, can be reported")
    text = info.text if info.poll is None else "\n".join((info.text, *info.poll.options))
    said = kinds.attachment_of(kinds.stored(line)) if files else None
    if not text and said is None:
        raise BadRequest("a message without words is reported by its file: choose files")
    if said is not None and not core_files.is_consistent(said):
        raise BadRequest("this file's parts do not add up, so nobody can open it")
    file = None if said is None else ReportedFile(said.name, said.mime, said.size, said.blobs)
    return ReportedMessage(min(max(line.sent_at, 0), _LATEST), text, info.handle if senders else None, file)


def _shown(message: ReportedMessage) -> ReportedLine:
    file = message.file
    return ReportedLine(
        message.sent_at, message.text, message.sender or "", file.name if file else "", file.size if file else 0
    )
