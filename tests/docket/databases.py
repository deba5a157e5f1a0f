"""Where a desk of a test is, and what somebody types into its database, in the words of SQLite and of PostgreSQL."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar

from nullabona.docket.store.opening import DeskPlace
from nullabona.machine.database import PostgresRefused, Rows
from nullabona.machine.postgres.place import PostgresPlace
from nullabona.operating.desk_places import DeskPlaces
from tests.docket.desks import Office

T = TypeVar("T")
OF_THE_FILE: Final = frozenset(
    {
        # Copies of a folder, and what is in its file.
        "test_copies.test_both_from_one_copy_go_on",
        "test_copies.test_one_of_them_put_back_alone_is_refused",
        "test_copies.test_a_log_that_is_gone_is_not_begun_anew",
        "test_kept.test_every_column_and_file_is_declared",
        "test_kept.test_a_carried_away_desk_says_nothing_of_a_case",
        "test_kept.test_nothing_is_entered_in_a_database_that_was_carried_away",
        "test_publication.test_a_slot_knows_its_place",
        # Opens the file beside the desk; tests/docket/test_postgres.py tries the same in PostgreSQL.
        "test_four_eyes.test_sql_does_not_get_around_it",
        "test_four_eyes.test_the_right_person_is_not_refused",
        # Takes a trigger away.
        "test_matrix.test_the_database_allows_exactly_the_table",
    }
)
"""Tests that are of SQLite alone."""
IN_EVERY_RUN: Final = frozenset(
    {
        "test_auditor.test_a_demand_that_is_hidden_from_the_auditor_is_found",
        "test_auditor.test_a_receipt_is_checked_by_itself",
        "test_auditor.test_an_older_log_with_a_younger_journal_of_another_desk",
        "test_branches.test_the_registry_s_branch_is_in_report_page_and_file",
        "test_cli_times.test_deadlines_and_cases_are_shown_in_words",
        "test_kept.test_a_new_officer_reads_what_is_shared",
        "test_notice_kept.test_a_bar_takes_two_people_and_a_basis",
        "test_notice_kept.test_a_kind_that_produces_nothing_tells_nobody_first",
        "test_publication.test_slots_are_for_good",
        "test_publication.test_what_does_not_fit_waits_for_the_next_period",
        "test_receipt_first.test_an_emergency_waits_for_its_receipt_too",
        "test_set_up.test_who_cannot_have_two_roles_is_named",
        "test_settling_once.test_a_gag_after_publication_keeps_the_slots_sealed",
        "test_settling_once.test_a_half_year_is_settled_when_the_log_holds_all_of_it",
        "test_sign_offs.test_another_row_is_not_signed_off",
        "test_sign_offs.test_nobody_signs_a_row_off_alone",
        "test_silence.test_a_receipt_is_checked_offline_and_is_of_this_demand",
        "test_tampering.test_a_docket_that_is_remembered_must_go_on",
        "test_tampering.test_untouched_it_holds",
    }
)
"""Tests that `make test` runs on PostgreSQL too: the quick ones of files that found a desk of their own.

All others do so in `make test-slow`.
"""
REFUSED: Final = (sqlite3.IntegrityError, PostgresRefused)
"""What a trigger or a constraint of either raises; as text it is the trigger's sentence."""
_LITERALS: Final = (
    (re.compile(r"x'([0-9a-f]*)'"), r"'\\x\1'::bytea"),
    (re.compile(r"randomblob\((\d+)\)"), r"decode(repeat('5a', \1), 'hex')"),
    (re.compile(r"zeroblob\((\d+)\)"), r"decode(repeat('00', \1), 'hex')"),
)


def of_postgres(sql: str) -> str:
    """The same with PostgreSQL's literals."""
    for pattern, written in _LITERALS:
        sql = pattern.sub(written, sql)
    return sql


def typed(office: Office, sql: str, values: Sequence[Any] = ()) -> Rows:
    """What the database answers, past the desk's own code. Raises one of `REFUSED`."""
    return office.desk._store.connection.execute(sql if isinstance(office.place, Path) else of_postgres(sql), values)


def setting(places: DeskPlaces) -> str:
    """The line of docket.toml that says where the desk is; none for SQLite."""
    return "" if places.store is None else f'store = "{places.store}"\n'


class LoosePlaces(DeskPlaces):
    """Nobody asks whether the server of a test could forget what it committed."""

    def desk(self, *, begins: bool = False) -> DeskPlace:
        return loose(super().desk(begins=begins))

    def log(self, *, begins: bool = False) -> PostgresPlace | None:
        return loose(super().log(begins=begins))


def loose(place: T) -> T:
    """The same place, without that question."""
    if isinstance(place, PostgresPlace):
        return replace(place, unsafe_without_standby=True)
    return place
