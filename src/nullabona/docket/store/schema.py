"""Every column and file the legal desk keeps, with purpose, retention and legal class (spec/data-held.md).

A test compares the declarations with the real database and the real files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from nullabona.wire.data_held import Column, DataFile

_ALWAYS: Final = "while the desk exists"
_REGISTER: Final = "until the instrument's register period has passed after the case's close"
_PERIOD: Final = "until the next period with a free slot"

_OFFICER: Final = "desk staff"
_CASE: Final = "register of demands"
_SEALED: Final = "register of demands, sealed to officers outside the machine"
_RULE: Final = "none: program's rules"
_PUBLIC: Final = "public record"

_TABLES: Final[Mapping[str, tuple[str, str, Mapping[str, str]]]] = {
    "meta": (_ALWAYS, _OFFICER, {
        "key": "which value it is",
        "value": "the cadence; who outside opens slots; this period's pointer key, which each batch "
        "overwrites; what the clock said at the last batch, and which start of the machine it was; which half-years "
        "were settled",
    }),
    "officer": (_ALWAYS, _OFFICER, {
        "id": "what an officer is called at the desk", "name": "their name",
        "recipient": "public key that cases are sealed to", "enrolled_day": "day they began",
        "revoked_day": "day from which they may do nothing",
    }),
    "credential": (_ALWAYS, _OFFICER, {
        "key_id": "which key", "officer": "whose", "kind": "key file or passkey", "public": "public key",
        "label": "what its owner calls it", "sign_count": "the passkey's own counter; a copy is noticed by it",
    }),
    "officer_role": (_ALWAYS, _OFFICER, {"officer": "who", "role": "what they are trusted with"}),
    "deputy": (_ALWAYS, _OFFICER, {
        "num": "order of appointment", "officer": "who acts for somebody", "absent": "for whom", "from_s": "from when",
        "until_s": "until when", "ended_s": "when it was ended before",
    }),
    "step": (_ALWAYS, _RULE, {"state": "where a case stands", "action": "what is done",
                              "next": "where it stands then"}),
    "permit": (_ALWAYS, _RULE, {"role": "who may", "action": "do what", "state": "in which state"}),
    "desk_permit": (_ALWAYS, _RULE, {"role": "who may", "action": "do what to the desk",
                                     "confirms": "as the second signature"}),
    "apart": (_ALWAYS, _RULE, {"action": "what is done", "earlier": "what the same officer must not have done"}),
    "cases": (_REGISTER, _CASE, {
        "id": "random number", "number": "year and count, for the authority", "state": "where it stands",
        "version": "hash of what the approvals approve", "serial": "count of edits", "received_s": "when it arrived",
        "recipient": "public key of the case", "content": "the demand, what was found and decided; sealed",
        "package": "what is handed over; sealed", "trail": "which commitments are the case's; sealed",
        "receipt": "the opening that the authority got; sealed", "last_act": "the signature that moved it last",
        "decided_by": "the signature of the decision", "erase_day": "day after which it is erased",
    }),
    "case_key": (_REGISTER, _SEALED, {
        "case_id": "which case", "officer": "who may open it", "wrapped": "the case's key, sealed to them",
    }),
    "document": (_REGISTER, _SEALED, {"case_id": "which case", "sealed": "the original document; sealed"}),
    "recusal": (_REGISTER, _CASE, {"case_id": "which case", "officer": "who stepped back from it"}),
    "timer": (_REGISTER, _CASE, {
        "case_id": "which case", "name": "what is due", "due_s": "when", "begun_s": "since when",
        "met_s": "when it was done", "level": "how loudly it was called",
    }),
    "act": (f"{_REGISTER}; acts on the desk itself {_ALWAYS}", _CASE, {
        "challenge": "hash of the signed act", "case_id": "which case", "action": "what was done",
        "confirms": "whether it is a second signature", "officer": "by whom", "key_id": "with which key",
        "state": "where the case stood", "version": "which version was seen", "approves": "which act it approves",
        "makes": "which version it makes", "package": "hash of the package it approves",
        "encoded": "the signed act; a digest of its details", "payload": "the signature", "at_s": "when",
        "stands_for": "the absent officer whose deputy did it",
    }),
    "moved": (_REGISTER, _CASE, {"challenge": "which act has moved a case: each once"}),
    "notice": ("until delivered", _SEALED, {
        "commitment": "the slot it waits for", "case_id": "which case", "sealed": "the notice to the person; sealed",
    }),
    "pending": (_ALWAYS, _OFFICER, {
        "challenge": "the proposal's signature", "action": "what is proposed", "subject": "about whom",
        "detail": "which role", "details": "the proposal", "proposed_by": "first signature",
        "confirmed_by": "second signature", "objected_by": "who objected", "done": "whether it was carried out",
    }),
    "authority": (_ALWAYS, _OFFICER, {"id": "which authority", "encoded": "its name and how it is called back"}),
    "event": (_ALWAYS, _CASE, {
        "seq": "place in the journal", "at_s": "when", "kind": "what was done", "case_id": "to which case",
        "officer": "by whom", "detail": "digest of what it is about",
        "nonce": "random; hides whether anything happened",
        "previous": "hash of the event before", "stands_for": "the absent officer for whom a deputy did it",
        "hash": "hash of this one",
    }),
    "waiting": (_PERIOD, _SEALED, {
        "num": "order of arrival in this period", "commitment": "what goes into the log",
        "pointer": "what the auditor reads", "box": "the record, sealed to counsel and auditor",
        "renews": "the slot it takes over from", "at_period": "the period before which it may not be entered",
    }),
    "slot": (_ALWAYS, _SEALED, {
        "period": "where it is in the log", "slot": "where it is in the log", "commitment": "what the log says",
        "box": "the record, sealed to counsel and auditor; emptied when it is opened. Busy or not, it looks the same",
    }),
    "statement": (_ALWAYS, _PUBLIC, {
        "num": "order", "period": "when it was entered", "body": "what the log says in the clear",
        "at_period": "the period before which it may not be entered",
    }),
    "batch": (_ALWAYS, _PUBLIC, {
        "period": "which period", "start": "where it begins in the log", "entries": "what is in the log",
        "stage": "how far it has got",
    }),
}  # fmt: skip


def _columns() -> Iterator[Column]:
    for table, (kept, legal, columns) in _TABLES.items():
        yield from (Column(table, name, purpose, kept, legal) for name, purpose in columns.items())


COLUMNS: Final = tuple(_columns())
FILES: Final = (
    DataFile("desk.db", "the database", "as its columns say", "as its columns"),
    DataFile("desk.db-wal", "SQLite's write-ahead log", "until the next checkpoint of the database", "as the columns"),
    DataFile("desk.db-shm", "SQLite's index of the log: page numbers", "as long as the log", "none"),
    DataFile("desk.lock", "empty; held by the one process that uses the desk", "while the desk exists", "none"),
    DataFile("<log>/public/periods/<number>", "the checkpoint with which a period of the docket was published",
             "while the log exists", _PUBLIC),
)  # fmt: skip
