"""Officers, their keys and roles, and the registry of authorities. Every change needs two signatures."""

from __future__ import annotations

import msgspec

from nullabona.docket.core.acts import (
    Assertion,
    AssertionInvalid,
    AuthorityDetails,
    Credential,
    EnrolDetails,
    KeyDetails,
    Officer,
    RevokeDetails,
    RoleDetails,
    SignOffDetails,
)
from nullabona.docket.core.deputies import DeputyDetails, Deputyship, DeputyWrong, EndDeputyDetails, check_pair
from nullabona.docket.core.instrument import DAY
from nullabona.docket.core.records import Authority
from nullabona.docket.core.roles import ALONE, DeskAction, NotAllowed, Role
from nullabona.docket.keeping.vault import check_recipient
from nullabona.docket.ports import Clock
from nullabona.docket.store.rows import DeskRows
from nullabona.errors import UserError
from nullabona.wire.canonical import canonical, read_canonical


class NoSuchOfficer(UserError):
    """No officer has that name."""

    code = "docket-no-such-officer"
    default_hint = "list the officers: nulla docket officer list"


class NoSuchAuthority(UserError):
    """The authority is not in the call-back registry."""

    code = "docket-no-such-authority"
    default_hint = "find out its number yourself, then: nulla docket authority add"


class Staff:
    """Looks up officers, their keys, and authorities."""

    def __init__(self, store: DeskRows, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def officers(self) -> tuple[Officer, ...]:
        """Every present and former officer."""
        return tuple(self._officer(row) for row in self._store.rows("officers"))

    def officer(self, name: str) -> Officer:
        """Raises `NoSuchOfficer`."""
        row = self._store.row("officer", name)
        if row is None:
            raise NoSuchOfficer("there is no such officer")
        return self._officer(row)

    def active(self, name: str) -> Officer:
        """As `officer`, but only if active. Raises `NotAllowed` otherwise, which tells a stranger nothing more."""
        row = self._store.row("officer", name)
        if row is None or row[4] is not None:
            raise NotAllowed("not an officer of this desk")
        return self._officer(row)

    def credential(self, officer: str, assertion: Assertion) -> Credential:
        """The key that ``assertion`` names. Raises `AssertionInvalid` if it is not the officer's."""
        row = self._store.row("credential", assertion.key_id)
        if row is None or row[0] != officer or row[2] != assertion.kind:
            raise AssertionInvalid("the key is not one of this officer's")
        return Credential(*row[1:])

    def credentials(self, officer: str) -> tuple[Credential, ...]:
        """Every key of an officer."""
        return tuple(Credential(*row[1:]) for row in self._store.rows("credentials_of", officer))

    def with_role(self, *roles: Role) -> dict[str, str]:
        """Active officers with one of ``roles``, and their recipients."""
        return {name: recipient for role in roles for name, recipient in self._store.rows("recipients_with_role", role)}

    def deputies_for(self, role: Role) -> dict[str, str]:
        """Who acts now or later for an officer with ``role``, and their recipients."""
        return dict(self._store.rows("recipients_of_deputies", role, self._clock()))

    def authority(self, name: str) -> Authority:
        """Raises `NoSuchAuthority`."""
        encoded = self._store.value("authority", name)
        if encoded is None:
            raise NoSuchAuthority("the authority is not in the registry")
        return read_canonical(encoded, AuthorityDetails, "an authority").authority

    def authorities(self) -> tuple[Authority, ...]:
        """The call-back registry."""
        rows = self._store.rows("authorities")
        return tuple(read_canonical(row[0], AuthorityDetails, "an authority").authority for row in rows)

    def _officer(self, row: tuple[str, str, str, int, int | None]) -> Officer:
        roles, now_s = self._roles(row[0]), self._clock()
        deputyships = (
            ()
            if ALONE & set(roles)
            else tuple(
                Deputyship(absent, tuple(role for role in self._roles(absent) if role not in ALONE), until_s)
                for absent, until_s in self._store.rows("deputyships", row[0], now_s, now_s)
            )
        )
        return Officer(row[0], row[1], row[2], roles, row[4] is None, row[3], deputyships)

    def _roles(self, name: str) -> tuple[Role, ...]:
        return tuple(Role(role) for (role,) in self._store.rows("roles_of", name))

    def deputies(self) -> tuple[DeputyDetails, ...]:
        """Every appointment of a deputy that lasts or is still to begin."""
        return tuple(DeputyDetails(*row) for row in self._store.rows("deputies", self._clock()))

    def check_deputy(self, details: DeputyDetails) -> None:
        """Raises `NotAllowed` if one of the two is no officer, or `DeputyWrong`."""
        check_pair(self.active(details.officer).roles, self.active(details.absent).roles)


class StaffChanges(Staff):
    """Applies staff changes that two officers signed."""

    def found(self, first: list[tuple[EnrolDetails, tuple[Role, ...]]], now_s: int) -> None:
        """Add the first officers while the desk is founded. Only inside a transaction."""
        for details, roles in first:
            self._enrol(details, now_s)
            for role in roles:
                self._store.run("add_role", details.officer, role)

    def carry_out(self, action: DeskAction, details: msgspec.Struct, now_s: int) -> None:
        """Do what two officers signed. Only inside a transaction, with the pending act confirmed."""
        match details:
            case EnrolDetails():
                self._enrol(details, now_s)
            case RevokeDetails():
                for role in self.officer(details.officer).roles:
                    self._store.run("take_role", details.officer, role)
                self._store.run("revoke_officer", now_s // DAY, details.officer)
            case RoleDetails():
                self.active(details.officer)
                self._store.run("add_role" if action == DeskAction.GRANT_ROLE else "take_role", details.officer,
                                details.role)  # fmt: skip
            case KeyDetails():
                self._add_key(details.officer, details.credential)
            case DeputyDetails():
                self.check_deputy(details)
                self._store.run("add_deputy", details.officer, details.absent, details.from_s, details.until_s)
            case EndDeputyDetails():
                if not self._store.run("end_deputy", now_s, details.officer, details.absent):
                    raise DeputyWrong("this officer acts for nobody of that name")
            case AuthorityDetails():
                self._store.run("keep_authority", details.authority.id, canonical(details))
            case _:
                return

    def _enrol(self, details: EnrolDetails, now_s: int) -> None:
        check_recipient(details.recipient)
        self._store.run("add_officer", details.officer, details.name, details.recipient, now_s // DAY)
        for credential in details.credentials:
            self._add_key(details.officer, credential)

    def _add_key(self, officer: str, key: Credential) -> None:
        self._store.run("add_credential", key.key_id, officer, key.kind, key.public, key.label, key.sign_count)


def subject_of(details: msgspec.Struct) -> tuple[str, str]:
    """The subject of an action on the desk, and its detail. The subject may give neither signature."""
    match details:
        case RoleDetails():
            return details.officer, details.role
        case DeputyDetails():
            return details.officer, f"{details.absent} {details.from_s} {details.until_s}"
        case EndDeputyDetails():
            return f"deputy:{details.officer}", details.absent
        case EnrolDetails() | RevokeDetails() | KeyDetails():
            return details.officer, ""
        case AuthorityDetails():
            return f"authority:{details.authority.id}", ""
        case SignOffDetails():
            return f"row:{details.instrument}", ""
        case _:
            return f"desk:{getattr(details, 'term', '')}", ""


def people_of(details: msgspec.Struct) -> tuple[str, ...]:
    """Whom a proposal is about: none of them gives a signature for it."""
    subject = subject_of(details)[0]
    return (subject, details.absent) if isinstance(details, DeputyDetails) else (subject,)
