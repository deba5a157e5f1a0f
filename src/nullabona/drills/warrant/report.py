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
from nullabona.drills.reporting.text import Tell, Text
from nullabona.drills.search import Chunk, Hunt, Kind, Searched, Secret, files_below
from nullabona.wire.certificate import open_certificate
from nullabona.wire.handle import parse_handle

_PRODUCED: Final = frozenset({"handle", "name", "skeleton", "encoded", "registered_day", "label", "epoch"})
"""The fields of a production, fixed here ..."""
_PRODUCED_TOO: Final = frozenset({"entries", "replaced"})
"""... and those that may be there besides."""
_CARD_FILES: Final = ("cards.db", "cards.db-wal")
_NOT_HELD: Final = (
    Text("Messages: not held. What is in the boxes is encrypted with keys that only members' devices have, and no "
         "record says which boxes, if any, this account reads.",
         "대화 내용: 보관하지 않음. 상자 속 내용은 대화 참여자의 기기에만 있는 열쇠로 암호화되어 있고, 이 계정이 어느 "
         "상자를 읽는지 기록이 없음."),
    Text("Contacts and the people they talk to: not held. Requests and invitations are sealed to the inbox's owner.",
         "연락처와 대화 상대: 보관하지 않음. 요청과 초대는 받는 사람만 열 수 있게 봉해져 있음."),
    Text("Rooms, their names and members: not held. The relay does not know what a room is.",
         "대화방, 방 이름, 참여자: 보관하지 않음. 릴레이는 대화방이라는 것을 모름."),
    Text("Network addresses, devices used, times of use, last seen: not held, but for the renewals of the card named "
         "above. Nothing of a request is written down.",
         "접속 주소(IP), 사용 기기, 이용 시각, 마지막 접속: 위 명함 갱신 외에는 보관하지 않음. "
         "요청에 관해 아무것도 기록하지 않음."),
    Text("Phone number, e-mail, legal name, payment: never asked for.",
         "전화번호, 이메일, 실명, 결제 정보: 받은 적 없음."),
    Text("Who looked this card up: not held. Lookups are anonymous and leave no trace.",
         "누가 이 명함을 조회했는지: 보관하지 않음. 조회는 익명이며 흔적이 남지 않음."),
)  # fmt: skip


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
        Text(f"Warrant for {wanted}: what the officer carries away", f"{wanted} 영장: 수사관이 가져가는 것"),
        data={"handle": str(wanted), "produced": record},
    )
    card = next((card for card in inventory.cards if card.card.handle == wanted), None)
    if card is None:
        _report_unknown(report, record)
        return report
    box = next((box for box in inventory.boxes if box.address == card.card.body.inbox.address), None)
    report.section("Produced (all of it)", "제출 자료 (전부)", _describe(card, inventory.closed_s))
    report.section(
        "Found by following the card to its inbox", "명함에 적힌 우편함에서 알 수 있는 것", _describe_box(box)
    )
    report.section("Asked for, and not held", "요구받았으나 보관하지 않는 것", _NOT_HELD)
    report.checks = [*_can(inventory, card, box, record), *_cannot(data, inventory, card)]
    report.data["inbox"] = _encode_box(box)
    return report


def _report_unknown(report: Report, record: dict[str, object]) -> None:
    if "until_day" in record:
        day = day_text(int(str(record["until_day"])))
        lines = [Text(f"This handle was deleted by its owner; nobody may take it until {day}. Nothing else is held.",
                      f"소유자가 삭제한 계정. {day}까지 재등록 불가. 그 밖의 자료 없음.")]  # fmt: skip
    else:
        lines = [Text("Nobody is registered under this handle. Nothing is held.", "등록되지 않은 계정. 자료 없음.")]
    report.section("Produced (all of it)", "제출 자료 (전부)", lines)
    unknown = Text("There is no such account here.", "이 서버에 없는 계정.")
    report.checks = [Check(id, Verdict.UNPROVEN, unknown) for id in DRILLS["warrant"].proves]


def _describe(found: Registered, closed_s: Mapping[int, int]) -> Iterator[Text]:
    body = found.card.body
    day = day_text(found.registered_day)
    yield Text(f"Handle {body.handle}, registered on {day} (a day, no time)",
               f"계정 이름 {body.handle}, 등록일 {day} (시각 없음)")  # fmt: skip
    key = body.identity_key.hex()[:16]
    yield Text(f"Public identity key {key}…, version {body.sequence + 1} of the card (it is renewed weekly)",
               f"공개 신원 키 {key}…, 명함 {body.sequence + 1}번째 판 (매주 갱신)")  # fmt: skip
    days = ", ".join(day_text(open_certificate(device.certificate).issued_day) for device in body.devices)
    yield Text(f"{len(body.devices)} device(s), as public keys, certified on {days}; no model, no number",
               f"기기 {len(body.devices)}대의 공개 키, 인증일 {days}; 기종·번호 없음")  # fmt: skip
    address = body.inbox.address.hex()[:16]
    yield Text(f"Where to write to: inbox {address}… and its public encryption key",
               f"우편함 주소 {address}…와 그 공개 암호 키")  # fmt: skip
    yield Text(f"In the public record since epoch {found.epoch} under label {found.label.hex()[:16]}…; entries of "
               f"the last 30 days with the epoch (ten minutes) of each",
               f"공개 기록 {found.epoch}차부터 표지 {found.label.hex()[:16]}… 아래 있음; "
               "최근 30일의 항목과 각 회차(10분 단위)")  # fmt: skip
    if (moment := _moment(closed_s, found.epoch)) is not None:
        yield Text(f"So one of its devices was online within ten minutes after {moment:%Y-%m-%d %H:%M} UTC",
                   f"따라서 {moment:%Y-%m-%d %H:%M} UTC 이후 10분 안에 기기 하나가 접속해 있었음")  # fmt: skip
    yield Text("Everything above is public: anybody may look it up without a warrant, except the day of registration",
               "위 내용은 등록일 외에는 누구나 영장 없이 조회할 수 있는 공개 정보임")  # fmt: skip


def _describe_box(box: Box | None) -> Iterator[Text]:
    if box is None:
        yield Text("The inbox is empty and was never used since it last expired", "우편함이 비어 있고 사용된 흔적 없음")
        return
    waiting = len(box.sizes)
    yield Text(f"{waiting} sealed item(s) wait there: {size_counts(box.sizes)}",
               f"봉인된 항목 {waiting}개 대기 중: {size_counts(box.sizes)}")  # fmt: skip
    if box.days:
        days = ", ".join(sorted({day_text(day) for day in box.days}))
        yield Text(f"They are erased after {days}; so the day of arrival of each is known, but no time and no sender",
                   f"삭제 예정일 {days}; 따라서 도착한 날짜는 알 수 있으나 시각과 보낸 사람은 알 수 없음")  # fmt: skip
    yield Text(f"The last number given out is {box.number:,}. Numbers begin anywhere, so it says nothing of how many "
               "items came (requests, invitations, tickets), but a second visit shows how many came in between",
               f"마지막 일련번호는 {box.number:,}. 번호는 아무 데서나 시작하므로 지금까지 들어온 항목(요청, 초대, "
               "재참여권)의 수는 알 수 없으나, 다시 오면 그 사이에 들어온 수를 알 수 있음")  # fmt: skip


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


_TOO_FEW: Final = Text("too few inboxes to tell how they are numbered", "번호 매긴 방식을 알기에는 우편함이 너무 적음")
_TOO_SHORT: Final = Text("the handle is too short to look for", "계정 이름이 너무 짧아 검색할 수 없음")
_NOTHING_WAITS: Final = Text("nothing waits in it just now", "지금은 기다리는 것이 없음")
_NO_ENTRY: Final = Text("no entry of it is in the record", "공개 기록에 항목이 없음")
_NO_PERIOD: Final = Text("the times of its periods are not here", "그 회차의 시각이 여기 없음")
_CAN: Final = {
    "W-01": Text("The officer gets the public card, the day of registration, and what the public record commits to "
                 "of it; there is no other field.",
                 "수사관은 공개 명함과 등록일, 공개 기록에 올라간 항목을 얻으며, 그 밖의 항목은 없음."),
    "W-02": Text("The officer can follow the card to the inbox: number, padded sizes, expiry days of sealed items.",
                 "수사관은 명함으로 우편함을 찾아 봉인된 항목의 수, (맞춰진) 크기, 만료일을 알 수 있음."),
    "W-03": Text("The officer learns how often the card was renewed.", "수사관은 명함 갱신 횟수를 알 수 있음."),
    "W-06": Text("The officer learns in which period (ten minutes) each card of the last 30 days entered the public "
                 "record: about once a week, a moment at which a device was online.",
                 "수사관은 최근 30일 동안 각 명함이 공개 기록에 올라간 회차(10분 단위), 곧 일주일에 한 번쯤 "
                 "기기가 접속해 있던 때를 알 수 있음."),
}  # fmt: skip
_CANNOT: Final = {
    "W-10": Text("There is no table, column or file in which messages in the clear, or messages by account, could "
                 "stand.",
                 "대화 내용이 평문으로, 또는 계정별로 있을 수 있는 표, 열, 파일이 없음."),
    "W-11": Text("There is none in which its contacts, or the people it talks to, could stand.",
                 "연락처나 대화 상대가 있을 수 있는 곳이 없음."),
    "W-12": Text("There is none in which its rooms could stand.", "참여한 대화방이 있을 수 있는 곳이 없음."),
    "W-13": Text("There is none in which addresses, devices (but their keys, on the card) or times of use (but the "
                 "renewals of the card, W-06) could stand.",
                 "접속 주소, 기기(명함의 공개 키 제외), 이용 시각(명함 갱신 시점 W-06 제외)이 있을 수 있는 곳이 없음."),
}  # fmt: skip
_UNCOUNTED: Final = Text(
    "Nothing tells how many items the inbox was ever given, whether any, or on which day the last came that is gone.",
    "우편함에 지금까지 몇 개가 왔는지, 하나라도 왔는지, 없어진 마지막 것이 언제 왔는지 알 수 있는 것이 없음.",
)
_ELSEWHERE: Final = Text(
    "No other file of the relay bears the account's keys, device ids or handle.",
    "릴레이의 다른 어떤 파일에도 이 계정의 키, 기기 번호, 이름이 없음.",
)


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
