"""The demo's act at the legal desk: two demands about somebody who has just been talking, answered in full.

A search warrant asks for everything; a request for subscriber information asks for what may be shown to everybody
afterwards. What is handed over and published is checked by `sha256sum`, a reader of PDF signatures, and the commands
that anybody may run; then one byte of the record is altered, and a package, as well as it can be without the keys.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from nullabona.docket.core.cadence import Cadence
from nullabona.docket.core.instrument import DAY
from nullabona.docket.core.records import CaseId
from nullabona.docket.core.roles import SamePerson
from nullabona.docket.production.seal import Seals
from nullabona.drills.docket.audit import entries_of, places_of
from nullabona.drills.docket.commands import verify_public, write_pages
from nullabona.drills.docket.demands import Asked, ask, rows_today
from nullabona.drills.docket.office import Grounds, Office, WallClock
from nullabona.drills.docket.packages import Looked, look_at
from nullabona.drills.docket.searching import Sought, seek
from nullabona.drills.docket.spoiling import Spoiling, noticed, spoil
from nullabona.drills.docket.stage import Apart, grounded
from nullabona.drills.docket.walking import decide, finish, hand_over, release, review, take_in
from nullabona.drills.docket.words import CLAIMS, answer_line, spoiled_lines
from nullabona.drills.reporting.report import Check, Report
from nullabona.drills.reporting.text import Sentences, Tell, Text, as_it_is, joined
from nullabona.drills.search import Secret
from nullabona.log.policy import Policy
from nullabona.words.recounted import FINDINGS

_say: Final = Sentences("drill_docket")

KINDS: Final = ("KR.WARRANT", "KR.SUBSCRIBER")
_DOES_NOT_HOLD: Final = 3
_ALTER: Final = (b'"not_held"', b'"not_helD"')
"""One byte of an opened demand's answer."""


@dataclass(slots=True)
class Acted:
    """What came of it."""

    looked: list[Looked] = field(default_factory=list)
    same_refused: bool = False
    counted: int = 0
    verified: dict[str, Any] = field(default_factory=dict)
    altered: dict[str, Any] = field(default_factory=dict)
    pages: int = 0
    sought: Sought = field(default_factory=lambda: Sought(0))
    in_time: int = 0
    spoiled: Mapping[Spoiling, Looked] = field(default_factory=dict)


async def run_act(folder: Path, directory: Path, handle: str, secrets: Sequence[Secret], tell: Tell) -> Report:
    """Play it in ``folder``, which is created, against the relay whose data is in ``directory``."""
    await asyncio.to_thread(folder.mkdir)
    pace, apart = WallClock(), Apart()
    cadence = Cadence(start_s=pace(), period_s=1, slots=8, lag=240, horizon_s=400 * DAY, band=4)
    async with grounded(folder, directory, cadence, handle.partition("@")[2]) as grounds:
        acted = await apart.do(_Act(grounds, handle, secrets, tell).play, pace)
    return _report(acted)


class _Act:
    """The steps, in the desk's thread."""

    def __init__(self, grounds: Grounds, handle: str, secrets: Sequence[Secret], tell: Tell) -> None:
        self._grounds, self._handle, self._secrets, self._tell = grounds, handle, secrets, tell
        self._folder = grounds.folder
        self._policy = grounds.policy_file
        self._acted = Acted()

    def play(self, pace: WallClock) -> Acted:
        """Everything; the desk is closed when it is done."""
        office = Office(self._grounds, pace)
        try:
            self._answer(office)
            self._publish(office)
            self._acted.counted = len(places_of(entries_of(office.public), office.pointer_key))
        finally:
            office.close()
        self._alter(office.public, Seals(office.custodian, self._grounds.signers))
        self._search(office.public)
        return self._acted

    # -- the desk

    def _answer(self, office: Office) -> None:
        rows = {row.id: row for row in rows_today(office.catalogue, office.pace())}
        asked = [ask(rows[kind], number, [self._handle], office.pace()) for number, kind in enumerate(KINDS, 1)]
        self._tell(_say("legal-desk-gets", handle=self._handle))
        cases = [self._decide(office, each) for each in asked]
        self._tell(_say("period-ends-both"))
        office.tick()
        for case, each in zip(cases, asked, strict=True):
            self._hand(office, case, each)

    def _decide(self, office: Office, asked: Asked) -> CaseId:
        case = take_in(office, asked)
        if not self._acted.same_refused:
            self._tell(_say("ina-takes-them"))
            try:
                review(office, case, by="ina")
            except SamePerson:
                self._acted.same_refused = True
        review(office, case)
        decide(office, case)
        release(office, case)
        return case

    def _hand(self, office: Office, case: CaseId, asked: Asked) -> None:
        folder = self._folder / f"package-{asked.row.id}"
        hand_over(office, case, folder)
        looked = look_at(folder, Policy.parse(self._grounds.policy), office.custodian.fingerprint)
        self._acted.looked.append(looked)
        finish(office, case, asked.row)
        if looked.checked is not None:
            told = [answer_line(answer) for answer in looked.checked.manifest.answers]
            self._tell(_say("handed-over-answer-to", label=asked.row.label, answers=joined("; ", told)))

    # -- the public

    def _publish(self, office: Office) -> None:
        self._tell(_say("may-shown-opened"))
        office.tick()
        office.open_published()
        office.tick()
        self._acted.in_time = sum(row.in_time for row in office.figures().rows)
        self._acted.pages = write_pages(office.public, self._policy, self._folder / "site")
        self._acted.verified = verify_public(office.public, self._policy)

    def _alter(self, public: Path, seals: Seals) -> None:
        """A byte of the log's files, and a package, in copies."""
        copy = Path(shutil.copytree(public, self._folder / "altered"))
        for tile in (path for path in copy.rglob("*") if path.is_file() and "entries" in path.parts):
            data = tile.read_bytes()
            tile.write_bytes(data.replace(*_ALTER, 1))
        self._acted.altered = verify_public(copy, self._policy)
        policy, package = Policy.parse(self._grounds.policy), self._acted.looked[0].folder
        self._acted.spoiled = spoil(package, self._folder / "spoiled", policy, seals)
        said = [(finding["code"], finding["message"]) for finding in self._acted.altered.get("findings", [])]
        for code, message in said:
            self._tell(_say("record-byte-altered", finding=_finding(code, message)))

    def _search(self, public: Path) -> None:
        packages = (looked.folder for looked in self._acted.looked)
        self._acted.sought = seek(self._secrets, (*packages, self._folder / "site", public))


# -- the report -----------------------------------------------------------------------------------------------------


def _report(acted: Acted) -> Report:
    report = Report("docket", _say("two-demands-legal"))
    for looked in acted.looked:
        if looked.checked is None:
            report.section(_say("handed-over"), [as_it_is(looked.problem)])
            continue
        label = looked.checked.manifest.instrument_label
        report.section(_say("handed-over-answer", label=label), _handed(looked))
    report.section(_say("package-altered"), spoiled_lines(acted.spoiled))
    report.section(_say("public-record"), _public(acted))
    report.checks = list(_checks(acted))
    report.data = {
        "packages": [looked.folder.name for looked in acted.looked],
        "counted": acted.counted,
        "pages": acted.pages,
        "verified": acted.verified,
        "altered": acted.altered,
        "in_time": acted.in_time,
        "searched": {"sources": len(acted.sought.searched.sources), "bytes": acted.sought.searched.bytes},
    }
    return report


def _handed(looked: Looked) -> Iterator[Text]:
    assert looked.checked is not None
    yield from (answer_line(answer) for answer in looked.checked.manifest.answers)
    yield from (as_it_is(line) for line in looked.listed)
    tools = ", ".join(looked.tools)
    yield _say("sha256sum-c-every", tools=tools)


def _public(acted: Acted) -> Iterator[Text]:
    size, pages = acted.verified.get("size", 0), acted.pages
    yield _say("entries-cosigned-two", size=size, pages=pages)
    yield _say("auditor-counts-demands", counted=acted.counted)
    for finding in acted.altered.get("findings", []):
        code, message = finding["code"], finding["message"]
        yield _say("one-byte-altered", code=code, message=_finding(code, message))


def _finding(code: str, message: str) -> Text:
    """What was found, as the command says it; in Korean with its meaning."""
    return _say("finding", meaning=FINDINGS[code], message=message)


def _checks(acted: Acted) -> Iterator[Check]:
    held = {
        "K-12": bool(acted.altered.get("findings")) and acted.altered.get("exit") == _DOES_NOT_HOLD,
        "K-17": acted.counted == acted.in_time == len(KINDS) and acted.verified.get("exit") == 0 and acted.pages > 0,
        "K-18": all(looked.holds for looked in acted.looked) and acted.same_refused and noticed(acted.spoiled),
        "K-19": acted.sought.clean,
    }
    for id, holds in held.items():
        yield Check.of(id, CLAIMS[id].with_list(acted.sought.where if id == "K-19" else ""), held=holds)
