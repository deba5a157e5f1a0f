"""Exit codes, and how an error is shown: one sentence, a code and a hint, never a traceback and never a secret."""

from __future__ import annotations

import sys
from typing import Final

from nullabona.cli.output import harmless, json_line
from nullabona.errors import Bug, NullabonaError, PeerError
from nullabona.words.catalogue import Language
from nullabona.words.errors import translated_error

OK: Final = 0
FAILED: Final = 1
USAGE: Final = 2
REFUSED: Final = 3
UNREACHABLE: Final = 4
PROFILE: Final = 5
STAY_STOPPED: Final = 6
"""Of a server: starting it again by itself would do harm. Units name it in RestartPreventExitStatus=."""
INTERRUPTED: Final = 130

HELP: Final = """\b
Exit codes:
    0  done
    1  failed: this cannot be done
    2  wrong usage
    3  refused by a relay, a directory or a member
    4  a relay is out of reach; stored messages are sent later
    5  the profile is in use, locked, missing or damaged
    6  a server's data is missing, too old or too new; it signed nothing
  130  interrupted
"""

_UNREACHABLE_CODES: Final = frozenset({"unreachable", "timed-out", "relay-untrusted", "pending-still"})
_PROFILE_CODES: Final = frozenset(
    "profile-in-use profile-missing profile-exists profile-exposed wrong-passphrase wrong-unlock keychain-failed "
    "bad-passphrase stale-profile store-damaged store-too-new store-failed passphrase-needed "
    "passphrase-unreadable".split()
)
_STAY_STOPPED_CODES: Final = frozenset(
    "log-older log-split record-not-begun record-elsewhere cards-missing witness-not-begun witness-older "
    "record-key-replaced database-too-new docket-too-new".split()
)


def exit_code(error: NullabonaError) -> int:
    """What the process answers for ``error``."""
    if error.code in _UNREACHABLE_CODES:
        return UNREACHABLE
    if error.code in _PROFILE_CODES:
        return PROFILE
    if error.code in _STAY_STOPPED_CODES:
        return STAY_STOPPED
    return REFUSED if isinstance(error, PeerError) else FAILED


def contained(error: BaseException) -> Bug:
    """A `Bug` for an exception of any other kind: its type and place, without its text, which could hold secrets."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{place.tb_frame.f_code.co_name}:{place.tb_lineno}" if place is not None else "unknown place"
    return Bug(f"something went wrong inside ({type(error).__name__} in {where})")


def show(error: NullabonaError, *, as_json: bool, language: Language) -> int:
    """Say ``error`` on stderr; its exit code."""
    code = exit_code(error)
    if as_json:
        shown = {"error": error.code, "message": error.message, "hint": error.hint, "exit": code}
        sys.stderr.write(json_line(shown) + "\n")
    else:
        sys.stderr.write(harmless(translated_error(error, language), indent="") + "\n")
    return code
