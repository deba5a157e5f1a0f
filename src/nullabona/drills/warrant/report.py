"""The drill ``warrant``: an officer comes with a warrant for one account and takes everything there is about it.

Plays the officer twice: first with what the service produces (`producible`), then with an expert who searches the
relay's files for anything that bears the account's keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from nullabona.directory.service import read_producible
from nullabona.drills.expert.inboxes import FEW, clocked, inboxes_of, undrawn
from nullabona.drills.expert.inventory import Box, Inventory, Registered, day_text, size_counts, take_inventory
from nullabona.drills.expert.places import stray
from nullabona.drills.registry import DRILLS
from nullabona.drills.reporting.report import Check, Report, Verdict
from nullabona.drills.reporting.text import Sentences, Tell, Text
from nullabona.drills.search import Chunk, Hunt, Kind, Searched, Secret, files_below
from nullabona.wire.certificate import open_certificate
from nullabona.wire.handle import parse_handle

_say: Final = Sentences("drill_warrant")

_PRODUCED: Final = frozenset({"handle", "name", "skeleton", "encoded", "registered_day", "label", "epoch"})
"""The fields of a production, fixed here ..."""
_PRODUCED_TOO: Final = frozenset({"entries", "replaced"})
"""... and those that may be there besides."""
_CARD_FILES: Final = ("cards.db", "cards.db-wal")
_NOT_HELD: Final = (
    _say("messages-not-held"),
    _say("contacts-people-they"),
    _say("rooms-their-names"),
    _say("network-addresses-devices"),
    _say("phone-number-e"),
    _say("looked-this-card"),
)


def run(_: Tell, *, data: Path, handle: str) -> Report:
    """Play the drill. Raises what `run_warrant` does."""
    return run_warrant(data, handle)


def run_warrant(data: Path, handle: str) -> Report:
    """Play the drill against a relay's data directory. Raises `HandleError` or `DataUnreadable`."""
    wanted = parse_handle(handle)
    inventory = take_inventory(data)
    record = read_producible(data, handle)
    report = Report(
        "warrant",
        _say("warrant-officer-carries", wanted=wanted),
        data={"handle": str(wanted), "produced": record},
    )
    card = next((card for card in inventory.cards if card.card.handle == wanted), None)
    if card is None:
        _report_unknown(report, record)
        return report
    box = next((box for box in inventory.boxes if box.address == card.card.body.inbox.address), None)
    report.section(_say("produced-all"), _describe(card, inventory.closed_s))
    report.section(_say("found-following-card"), _describe_box(box))
    report.section(_say("asked-not-held"), _NOT_HELD)
    report.checks = [*_can(inventory, card, box, record), *_cannot(data, inventory, card)]
    report.data["inbox"] = _encode_box(box)
    return report


def _report_unknown(report: Report, record: dict[str, object]) -> None:
    if "until_day" in record:
        day = day_text(int(str(record["until_day"])))
        lines = [_say("this-handle-deleted", day=day)]
    else:
        lines = [_say("nobody-registered-under")]
    report.section(_say("produced-all"), lines)
    unknown = _say("there-no-such")
    report.checks = [Check(id, Verdict.UNPROVEN, unknown) for id in DRILLS["warrant"].proves]


def _describe(found: Registered, closed_s: Mapping[int, int]) -> Iterator[Text]:
    body = found.card.body
    day = day_text(found.registered_day)
    yield _say("handle-registered-day", handle=body.handle, day=day)
    key = body.identity_key.hex()[:16]
    yield _say("public-identity-key", value=key, sequence=body.sequence + 1)
    days = ", ".join(day_text(open_certificate(device.certificate).issued_day) for device in body.devices)
    yield _say("device-s-public", devices=len(body.devices), days=days)
    address = body.inbox.address.hex()[:16]
    yield _say("where-write-inbox", address=address)
    yield _say("public-record-since", epoch=found.epoch, hex=found.label.hex()[:16])
    if (moment := _moment(closed_s, found.epoch)) is not None:
        yield _say("so-one-devices", moment=moment)
    yield _say("everything-above-public")


def _describe_box(box: Box | None) -> Iterator[Text]:
    if box is None:
        yield _say("inbox-empty-never")
        return
    waiting = len(box.sizes)
    yield _say("sealed-item-s", waiting=waiting, size_counts=size_counts(box.sizes))
    if box.days:
        days = ", ".join(sorted({day_text(day) for day in box.days}))
        yield _say("they-erased-after", days=days)
    yield _say("last-number-given", number=box.number)


def _encode_box(box: Box | None) -> dict[str, object]:
    if box is None:
        return {"waiting": 0, "sizes": [], "expire": [], "number": 0}
    days = sorted({day_text(day) for day in box.days})
    return {"waiting": len(box.sizes), "sizes": sorted(box.sizes), "expire": days, "number": box.number}


def _moment(closed_s: Mapping[int, int], epoch: int) -> datetime | None:
    """When an epoch began: as the one before it closed. None if that is not there."""
    began = closed_s.get(epoch - 1)
    return None if began is None else datetime.fromtimestamp(began, UTC)


# -- claims -------------------------------------------------------------------------------------------------------


def _can(inventory: Inventory, card: Registered, box: Box | None, record: dict[str, object]) -> Iterator[Check]:
    """What the page admits, where it was seen in what was carried away."""
    extra = sorted(set(record) - _PRODUCED - _PRODUCED_TOO)
    yield Check.of("W-01", _CAN["W-01"].with_list(", ".join(extra)), held=not extra and set(record) >= _PRODUCED)
    waits = box is not None and 0 < len(box.sizes) == len(box.days)
    yield Check.shown("W-02", _CAN["W-02"], seen=waits, otherwise=_NOTHING_WAITS)
    rows = record.get("entries")
    entries = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    versions = [int(row["version"]) for row in entries]
    counted = max(versions, default=0) > card.card.body.sequence
    yield Check.shown("W-03", _CAN["W-03"], seen=counted, otherwise=_NO_ENTRY)
    moments = [_moment(inventory.closed_s, int(row["epoch"])) for row in entries]
    yield Check.shown("W-06", _CAN["W-06"], seen=any(moments), otherwise=_NO_PERIOD)


def _cannot(data: Path, inventory: Inventory, card: Registered) -> Iterator[Check]:
    for id, text in _CANNOT.items():
        places = [*stray(id, inventory.places), *(_timed(inventory) if id == "W-13" else ())]
        yield Check.of(id, text.with_list(", ".join(places)), held=not places)
    told = ", ".join(undrawn(inventory))
    few = len(inboxes_of(inventory)) < FEW
    yield Check.of("W-16", _UNCOUNTED.with_list(told), held=not told).unless(_TOO_FEW if few else None)
    marks = list(_marks(card))
    hunt = Hunt(marks)
    found = hunt.search((chunk for chunk in files_below(data) if not _is_card_file(chunk)), Searched())
    where = ", ".join(sorted({finding.source for finding in found}))
    blind = not all(map(hunt.finds, marks))
    yield Check.of("W-14", _ELSEWHERE.with_list(where), held=not where).unless(_TOO_SHORT if blind else None)


def _timed(inventory: Inventory) -> list[str]:
    return [*inventory.told_apart, *clocked(inventory)]


_TOO_FEW: Final = _say("too-few-inboxes")
_TOO_SHORT: Final = _say("handle-too-short")
_NOTHING_WAITS: Final = _say("nothing-waits-just")
_NO_ENTRY: Final = _say("no-entry-record")
_NO_PERIOD: Final = _say("times-periods-not")
_CAN: Final = {
    "W-01": _say("w-01"),
    "W-02": _say("w-02"),
    "W-03": _say("w-03"),
    "W-06": _say("w-06"),
}
_CANNOT: Final = {
    "W-10": _say("w-10"),
    "W-11": _say("w-11"),
    "W-12": _say("w-12"),
    "W-13": _say("w-13"),
}
_UNCOUNTED: Final = _say("nothing-tells-how")
_ELSEWHERE: Final = _say("no-other-file")


def _is_card_file(chunk: Chunk) -> bool:
    return chunk.source in _CARD_FILES


def _marks(card: Registered) -> Iterator[Secret]:
    body = card.card.body
    # Without the host: that is the operator's own name, and its log's.
    yield Secret.text(Kind.NAME, "handle", body.handle.rpartition("@")[0] + "@")
    yield Secret(Kind.KEY, "identity key", body.identity_key)
    yield Secret(Kind.KEY, "inbox write secret", body.inbox.write_secret)
    yield Secret(Kind.KEY, "inbox read hash", body.inbox.read_hash)
    yield Secret(Kind.KEY, "inbox encryption key", body.inbox.hpke_key[:64])
    for number, device in enumerate(body.devices, 1):
        certificate = open_certificate(device.certificate)
        yield Secret(Kind.KEY, f"device {number}'s key", certificate.device_key)
        yield Secret(Kind.KEY, f"device {number}'s id", certificate.device_id)
