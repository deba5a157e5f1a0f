"""No sentence of the app promises more than spec/threat-model.md: each promise names the lines that show it.

A promise is found by its words (`_PROMISE`). Every sentence that has one stands in `CLAIMS`, with its lines, or in
`NO_CLAIM`, because it says what a button does or what the app just did.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from tools import threat_model

ROOT: Final = Path(__file__).parents[2]
WORDS: Final = ROOT / "ui/src/lib/words"
_PROMISE: Final = re.compile(
    r"\b(?:never|nobody|no one|nothing|cannot|only|not told|(?:is|are) not sent|anyone|safe|locks?|locked|sealed"
    r"|erased?|shows? nothing|still there)\b",
    re.IGNORECASE,
)
KEPT: Final = "tests/api/test_kept_to_oneself.py"
OFFLINE: Final = "tests/browser/test_offline.py"
_ENTRY: Final = re.compile(r"^    (\w+):(.*?)(?=^    \w+:|\Z)", re.MULTILINE | re.DOTALL)

CLAIMS: Final[dict[str, str]] = {
    "actions.deleteAllFiles": "T-10 S-18 D-11",
    "begin.line1": "T-10 S-10",
    "begin.line2": "W-10 W-11 S-10",
    "begin.passLead": "D-10 D-02",
    "begin.nameHint": "W-01 T-10",
    "begin.making": "W-14 S-13",
    "begin.phraseOnce": "D-09",
    "begin.strength2": "D-02",
    "begin.serverLead": "T-10 S-10",
    "conversation.held": "M-10",
    "devices.removeNote": "D-13 D-04",
    "devices.secret": "D-16",
    "devices.joinLeft": "D-35",
    "held.entryDigestNote": "M-16",
    "held.frameBodyNote": "T-11 T-13",
    "operator.lead": "K-07",
    "people.blockedLead": "F-14",
    "people.blockMeans": "F-14",
    "people.blockNote": "F-14",
    "people.untilThen": "F-14",
    "people.greetingHint": "T-11",
    "people.codeLead": "W-11",
    "people.groupNameHint": "S-12 W-12",
    "people.whoSees": "W-01 T-10",
    "privacy.hasLead": "W-01 W-02",
    "privacy.warrantSays": "W-01 W-02 W-10 W-11",
    "privacy.raidSays": "S-02 S-05 S-10 S-20",
    "privacy.laptopSays": "D-01 D-02 D-10",
    "room.removeNote": "R-01 R-10 R-14",
    "room.timerHonest": "R-01",
    "room.relayHint": "T-10 T-16",
    "room.noticesText": "L-12",
    "room.linksLead": "L-12",
    "safety.lead": "M-10 L-11",
    "safety.matches": "M-10 L-11",
    "settings.unprotected": "D-03",
    "settings.deleteAccountHint": "W-04",
    "settings.deleteNote": "W-04",
    "backups.hint": "D-48 D-49",
    "backups.driveHint": "D-51",
    "backups.learns": "D-48 T-24",
    "backups.rolledBack": "D-50",
    "moving.backupHint": "D-18 D-19",
    "moving.readable": "D-06",
    "moving.sureNote": "D-06",
    "begin.forgotNote": "D-02 D-10",
    "begin.strength0": "D-02",
    "held.entryEpochNote": "W-06",
    "people.declineMeans": "F-14",
    "privacy.allNote": "S-17 W-10 W-11 W-12",
    "privacy.moveHint": "S-23",
    "privacy.not": "W-10 W-11 W-12",
    "privacy.notLead": "W-10 W-11 W-12",
    "update.lead": "U-10",
    "update.named": "U-17",
    "update.unlogged": "U-17",
    "update.unknown": "U-17",
    "update.byItselfHint": "U-14 U-16",
    "safety.changedHeld": "M-10",
    "safety.replaced": "M-10",
}
"""A screen's sentence → the lines of the threat model that it must not exceed, all of them proven but those below."""
ADMITS: Final = frozenset({"R-01", "D-06", "T-24"})
"""Lines that are true by construction: the screen warns with them."""
NO_CLAIM: Final = frozenset(
    """
    begin.capsOn begin.serverAway begin.noRelay begin.anywayNote begin.phraseLead begin.lockedTitle common.lock
    conversation.mayNotSend devices.refused held.registeredNote held.boxDay held.frameDay held.frameBody importing.known
    importing.none notices.adminsPin notices.cardChanged operator.givenNone operator.gone people.noBlocked
    people.troubleSome people.opensAtOnce people.asksFirst people.cropBad privacy.casesLead privacy.cannot
    privacy.unprovenHint privacy.todoLock reasons.unreachable record.forgetNote restoring.two restoring.tooMany
    restoring.backupPassHint restoring.devicePassLead restoring.others safety.how settings.denied settings.unsupported
    settings.levelName settings.defaultTimerHint settings.security settings.lockAfter settings.lockAfterHint
    settings.never settings.lockNow settings.wordsAsk joinRequests.used joinRequests.expired
    update.unsupported update.noRebuild update.silent update.none
    """.split()
)
"""They say what a button does, what just happened or what to do."""
TESTED: Final[dict[str, str]] = {
    "backups.kept": "tests/api/test_backups.py::test_a_profile_comes_back_from_its_relay",
    "begin.resumeLead": f"{OFFLINE}::test_after_a_power_cut_the_open_page_comes_back_with_what_was_typed",
    "begin.tryNote": "tests/app/test_first_minutes.py::test_a_relay_here_ends_with_the_app_and_comes_back_with_it",
    "chats.endedHint": f"{OFFLINE}::test_after_a_power_cut_the_open_page_comes_back_with_what_was_typed",
    "conversation.imported": f"{KEPT}::test_what_is_kept_to_oneself_is_not_sent",
    "devices.joinNameHint": f"{KEPT}::test_what_is_kept_to_oneself_is_not_sent",
    "devices.renameNote": f"{KEPT}::test_what_is_kept_to_oneself_is_not_sent",
    "importing.lead": f"{KEPT}::test_what_is_kept_to_oneself_is_not_sent",
    "people.nicknameHint": f"{KEPT}::test_what_is_kept_to_oneself_is_not_sent",
    "room.deleteNote": "tests/rooms/test_deleting_chats.py::test_a_deleted_chat_is_gone_here_and_stays_with_the_other",
    "room.membersPinHint": "tests/core/test_timeline_annotating.py::test_a_pin_counts_while_its_sender_may_pin",
    "search.local": f"{KEPT}::test_what_is_kept_to_oneself_is_not_sent",
    "settings.about": "tests/app/test_doors.py::test_every_answer_is_guarded_by_headers",
    "settings.passNote": "tests/archive/test_backup.py::test_the_words_key_is_the_accounts_own_and_fixed",
    "start.refusedHint": "tests/browser/test_tabs.py::test_a_tab_alone_is_let_in_by_one_button",
    "update.damaged": "tests/app/test_updates.py::test_after_damage_the_page_offers_to_follow_the_log_again",
    "start.openByHand": "tests/app/test_returning.py::test_without_a_browser_no_page_is_opened",
}
"""A promise about this program itself, which no adversary of the model is about → the test that shows it."""


def sentences() -> dict[str, str]:
    """The English sentences of the page, by file and key."""
    found: dict[str, str] = {}
    for path in sorted(WORDS.glob("*.ts")):
        _, _, english = path.read_text("utf-8").partition("\n  en: {\n")
        found |= {f"{path.stem}.{key}": " ".join(text.split()) for key, text in _ENTRY.findall(english)}
    return found


def test_every_promise_names_what_shows_it() -> None:
    """And nothing is listed that is not on a screen."""
    said = sentences()
    promises = {key for key, text in said.items() if _PROMISE.search(text)}
    assert promises - CLAIMS.keys() - TESTED.keys() - NO_CLAIM == set()
    assert (CLAIMS.keys() | TESTED.keys() | NO_CLAIM) - said.keys() == set()


@pytest.mark.parametrize("shown_by", sorted(set(TESTED.values())))
def test_the_test_that_shows_a_promise_exists(shown_by: str) -> None:
    """By its name in its file."""
    file, _, name = shown_by.partition("::")
    assert f"def {name}(" in (ROOT / file).read_text("utf-8")


@pytest.mark.parametrize("key", sorted(CLAIMS))
def test_what_a_screen_promises_is_proven(key: str) -> None:
    """By a drill or a test; a line that is unproven may only be admitted."""
    proven = {
        line.id: line.how in {"drill", "test"} for line in threat_model.claims((ROOT / threat_model.PATH).read_text())
    }
    lines = CLAIMS[key].split()
    assert [] == [line for line in lines if line not in proven]
    assert [] == [line for line in lines if not proven[line] and line not in ADMITS]


def test_the_first_screen_says_that_something_can_be_handed_over() -> None:
    """Next to what cannot."""
    said = sentences()
    assert "can be handed over" in said["begin.honest"]
    assert "nothing to hand over" not in said["begin.line2"]
