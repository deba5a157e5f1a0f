"""Passkeys and applications, in whichever database. Tokens are stored as hashes, so the rows let no reader sign in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import Any, Final

from nullabona.docket.console.rules.session import Recovery
from nullabona.docket.console.store.records import Applicant, DisplayPreferences, Enrolment, Passkey
from nullabona.errors import NullabonaError, UserError
from nullabona.machine.database import FAILURES, Connection, Rows, failure
from nullabona.machine.queries import named_queries
from nullabona.machine.tables import Tables

_SQL: Final = named_queries("nullabona.docket.console.store")


class ConsoleStoreFailed(NullabonaError):
    """The console's database failed. Nothing was changed."""

    code = "console-store-failed"
    default_hint = "check whether the disk is full or failing"
    retryable = True


class ConsoleUnreadable(UserError):
    """The file is not a console's database."""

    code = "console-unreadable"
    default_hint = "use the version of nullabona that wrote it, or another data directory"


TABLES: Final = Tables("nullabona.docket.console.store", 0x4E756C4F, ConsoleUnreadable)


class ConsoleRows:
    """The console's rows through one connection. One thread uses it; other processes may too.

    Every method is one transaction: committed when it returns, or without effect.
    """

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def close(self) -> None:
        self._db.close()

    # -- passkeys -----------------------------------------------------------------------------------------------------

    def passkey(self, credential_id: bytes) -> Passkey | None:
        row = self._one("find_passkey", credential_id)
        return _passkey(row) if row else None

    def passkeys_of(self, officer: str) -> tuple[Passkey, ...]:
        """An officer's passkeys, oldest first, including disabled ones."""
        return tuple(map(_passkey, self._all("passkeys_of", officer)))

    def add_passkey(self, passkey: Passkey) -> None:
        """Raises `ConsoleStoreFailed` if the id, the key or the label is taken."""
        with self._transaction():
            self._insert(passkey)

    def count_use(self, credential_id: bytes, sign_count: int) -> None:
        """Store an authenticator's new counter. Raises `ConsoleStoreFailed` if it went back."""
        with self._transaction():
            self._run("count_use", sign_count, credential_id, sign_count)

    def set_aside(self, officer: str, credential_id: bytes) -> bool:
        """Disable a passkey of ``officer``; whether it existed."""
        with self._transaction():
            return self._run("set_aside", credential_id, officer).rowcount == 1

    # -- applying and recovering --------------------------------------------------------------------------------------

    def apply(self, token: str, applicant: Applicant, passkeys: Sequence[Passkey]) -> None:
        """Spend a token: store an applicant, not admitted yet, and their passkeys."""
        with self._transaction():
            self._spend(token)
            self._run("keep_applicant", applicant.officer, applicant.name, applicant.recipient, applicant.applied_s)
            for passkey in passkeys:
                self._insert(passkey)

    def recover(self, token: str, officer: str, passkeys: Sequence[Passkey]) -> None:
        """Spend a token: disable every earlier passkey of ``officer`` and store the new ones."""
        with self._transaction():
            self._spend(token)
            self._run("set_all_aside", officer)
            self._run("drop_recovery", officer)
            for passkey in passkeys:
                self._insert(passkey)

    def applicants(self) -> tuple[Applicant, ...]:
        return tuple(Applicant(*row) for row in self._all("applicants"))

    def applicant(self, officer: str) -> Applicant | None:
        row = self._one("find_applicant", officer)
        return Applicant(*row) if row else None

    def admitted(self, officer: str) -> None:
        """Drop the application of an officer whom the desk has admitted."""
        with self._transaction():
            self._run("drop_applicant", officer)

    def turn_away(self, officer: str) -> None:
        """Forget an applicant and their passkeys."""
        with self._transaction():
            if self._run("drop_applicant", officer).rowcount == 1:
                self._run("drop_passkeys", officer)

    def keep_enrolment(self, token: str, enrolment: Enrolment) -> None:
        """Store a token; it replaces an earlier one of the officer."""
        with self._transaction():
            row = (enrolment.officer, enrolment.name, enrolment.until_s, int(enrolment.known))
            self._run("keep_enrolment", hash_token(token), *row)

    def enrolment(self, token: str, now_s: int) -> Enrolment | None:
        """The enrolment of an unspent token."""
        row = self._one("find_enrolment", hash_token(token))
        found = Enrolment(row[0], row[1], row[2], bool(row[3])) if row else None
        return found if found is not None and now_s < found.until_s else None

    def recovery(self, officer: str) -> Recovery | None:
        row = self._one("find_recovery", officer)
        return Recovery(*row) if row else None

    def recoveries(self) -> tuple[Recovery, ...]:
        return tuple(Recovery(*row) for row in self._all("recoveries"))

    def open_recovery(self, officer: str, admin: str, now_s: int) -> None:
        """Begin a recovery. Raises `ConsoleStoreFailed` if there is one, or if an admin would recover themselves."""
        with self._transaction():
            self._run("open_recovery", officer, admin, now_s)

    def second_recovery(self, officer: str, admin: str, now_s: int) -> None:
        """Second a recovery. Raises `ConsoleStoreFailed` if ``admin`` is the first admin or the officer."""
        with self._transaction():
            if self._run("second_recovery", admin, now_s, officer).rowcount != 1:
                raise ConsoleStoreFailed("there is no recovery that waits for a second admin")

    def drop_recovery(self, officer: str) -> bool:
        """End a recovery and its token; whether there was one."""
        with self._transaction():
            self._run("drop_enrolment_of", officer)
            return self._run("drop_recovery", officer).rowcount == 1

    # -- the rest -----------------------------------------------------------------------------------------------------

    def display(self, officer: str) -> DisplayPreferences | None:
        row = self._one("find_display", officer)
        return DisplayPreferences(row[0], row[1]) if row else None

    def keep_display(self, officer: str, display: DisplayPreferences) -> None:
        with self._transaction():
            self._run("keep_display", officer, display.language, display.theme)

    def sweep(self, now_s: int) -> None:
        """Erase expired tokens."""
        with self._transaction():
            self._run("sweep_enrolments", now_s)

    # -- inside -------------------------------------------------------------------------------------------------------

    def _insert(self, passkey: Passkey) -> None:
        self._run(
            "add_passkey",
            passkey.credential_id,
            passkey.officer,
            passkey.label,
            passkey.public_key,
            passkey.sign_count,
            passkey.sealed,
            passkey.added_s,
        )

    def _spend(self, token: str) -> None:
        if self._run("drop_enrolment", hash_token(token)).rowcount != 1:
            raise ConsoleStoreFailed("the token was used at the same moment")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            yield
            self._db.execute("COMMIT")
        except FAILURES as error:
            raise failure(ConsoleStoreFailed, error, "the console's database did not do it") from error
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def _run(self, name: str, *values: object) -> Rows:
        return self._db.execute(_SQL[name], values)

    def _one(self, name: str, *values: object) -> tuple[Any, ...] | None:
        rows = self._all(name, *values)
        return rows[0] if rows else None

    def _all(self, name: str, *values: object) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(_SQL[name], values).fetchall()
        except FAILURES as error:
            raise failure(ConsoleStoreFailed, error, "the console's database cannot be read") from error


def hash_token(token: str) -> bytes:
    """The stored form of a token: 32 random bytes need no salt."""
    return sha256(token.encode("utf-8", "surrogatepass")).digest()


def _passkey(row: tuple[Any, ...]) -> Passkey:
    return Passkey(row[0], row[1], row[2], row[3], row[4], row[5], row[6], aside=bool(row[7]))
