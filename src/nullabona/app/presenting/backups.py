"""How backups by themselves stand, for the page."""

from __future__ import annotations

from hashlib import sha256
from typing import Final, Literal, cast

from nullabona.app.presenting.refusals import REFUSALS
from nullabona.app.protocol.backup_views import BackupPlace, Backups
from nullabona.client.api import BackupStanding, PlannedBackup
from nullabona.words.catalogue import Language, pick
from nullabona.words.errors import ERRORS

SERVER: Final = "server"


def place_id(place: str) -> str:
    """What a page calls a place: it learns no more by it, and can make up none."""
    return place if place == SERVER else sha256(place.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def to_backups(found: BackupStanding, language: Language) -> Backups:
    """The view of all places."""
    places = [_to_place(place, language) for place in found.places]
    return Backups(found.standing, found.good_at, found.remind, places)


def _to_place(place: PlannedBackup, language: Language) -> BackupPlace:
    server = place.place == SERVER
    sentence = (REFUSALS.get(place.error) or ERRORS.get(place.error)) if place.error else None
    hint = pick(sentence.hint, language) if sentence is not None else ""
    return BackupPlace(
        id=place_id(place.place),
        kind="server" if server else "folder",
        path="" if server else shown(place.place),
        every_days=place.every_days,
        good_at=place.good_at,
        late=place.late,
        running=place.running,
        error=pick(sentence, language) if sentence is not None else place.error,
        hint=_as_sentence(hint),
        tried_at=place.tried_at,
        doubt=cast("Literal['', 'rolled-back', 'emptied']", place.doubt),
        doubt_at=place.doubt_at,
        size=place.size,
        kept_until=place.kept_until,
        same_disk=place.same_disk,
    )


def shown(path: str) -> str:
    """A path as text: what is no Unicode in it is replaced."""
    return path.encode("utf-8", "replace").decode()


def _as_sentence(hint: str) -> str:
    return f"{hint[:1].upper()}{hint[1:].rstrip('.')}." if hint else ""
