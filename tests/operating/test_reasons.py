"""Commands of servers say why the system refuses in sentences, in both languages, with the exit code of the manual."""

from __future__ import annotations

import errno
import os
import re
import socket
import ssl
from pathlib import Path
from typing import Final

import pytest

from nullabona.cli.exits import STAY_STOPPED
from nullabona.cli.root import run as run_nulla
from nullabona.errors import UserError
from nullabona.machine.failures import REASONS, reason_of
from nullabona.processes.ports import free_port
from nullabona.processes.program import nulla, run
from nullabona.words.catalogue import Words
from nullabona.words.errors import detailed, reason

RAW: Final = re.compile("|".join(re.escape(os.strerror(number)) for number in errno.errorcode) + r"|\[Errno")
HANGUL: Final = re.compile("[가-힣]")


def test_every_reason_is_there_in_korean() -> None:
    """No reason without its sentence, and no sentence of a reason that is not given."""
    assert REASONS == set(Words("errors_reasons"))


@pytest.mark.parametrize("number", sorted(errno.errorcode))
def test_no_reason_is_the_systems_own_text(number: int) -> None:
    """A rare one is named as the system names it, and in both languages."""
    error = OSError(number, os.strerror(number), "/somewhere/secret")
    said = reason_of(error)
    assert not RAW.search(said)
    assert "secret" not in said
    assert HANGUL.search(reason(f"the file x cannot be read: {said}", "ko"))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (TimeoutError(), "no answer came in time"),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "this name has no address"),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER]"), "what answers there does not speak TLS"),
        (OSError("only a text"), "the system refuses (OSError)"),
    ],
)
def test_failures_without_a_number_have_a_reason(error: OSError, said: str) -> None:
    """Those of names, of TLS and of time."""
    assert (said, True) == (reason_of(error), bool(reason(said, "ko")))


def test_a_message_without_a_reason_is_said_as_it_is() -> None:
    """Nothing is taken for a reason that only resembles one."""
    assert "" == reason("a file named nothing listens there, I think", "ko")
    assert "" == reason("it cannot be read: the disk is full", "en")
    assert detailed(UserError("of no kind"), "ko") == ("of no kind", "")


# -- commands --

PLACES: Final = {"a file": "file", "below a file": "file/data", "nothing": "none"}
"""Folders that are none."""
_CONFIGURED: Final = (
    "relay serve", "relay check", "relay status", "witness serve", "witness check", "witness status", "witness init"
)  # fmt: skip
BAD_DATA: Final = [
    *(("relay serve --data {at}", place, STAY_STOPPED, "[record-not-begun]") for place in PLACES),
    *(("relay vkeys --host relay.example --data {at}", place, STAY_STOPPED, "[record-not-begun]") for place in PLACES),
    *(("relay backup copy --host relay.example --data {at}", place, STAY_STOPPED, "[record-not-begun]")
      for place in PLACES),
    ("relay init --host relay.example --data {at}", "a file", 1, "[path-unusable]"),
    ("relay init --host relay.example --data {at}", "below a file", 1, "[path-unusable]"),
    *(("relay check --host relay.example --data {at}", place, 1, "") for place in PLACES),
    *(("docket --data {at} check", place, 1, "") for place in PLACES),
    *(("doctor --desk {at}", place, 1, "") for place in PLACES),
    *((f"{command} --config {{at}}", place, 1, "") for place in ("below a file", "nothing") for command in _CONFIGURED),
    *(("doctor --relay {at}", place, 1, "") for place in ("below a file", "nothing")),
    *(("log vkey {at}", place, 1, "[key-file]") for place in ("below a file", "nothing")),
    *(("log keygen relay.example/tokens {at}", place, 1, "[key-file]") for place in ("below a file", "a file")),
    *(("relay serve --volatile --tls-cert {at} --tls-key {at}", place, 1, "[tls-files-unusable]") for place in PLACES),
]  # fmt: skip


@pytest.mark.parametrize(("command", "place", "code", "said"), BAD_DATA)
def test_what_cannot_be_opened_is_said_in_both_languages(
    command: str, place: str, code: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit code of the manual, the path, and no text of the system; in Korean more than the code of an error."""
    (tmp_path / "file").write_text("")
    at = str(tmp_path / PLACES[place])
    for language in ("en", "ko"):
        with pytest.raises(SystemExit) as end:
            run_nulla([*command.format(at=at).replace("copy", f"{tmp_path}/copy").split(), "--lang", language])
        shown = "".join(capsys.readouterr())
        assert (code, False) == (end.value.code, bool(RAW.search(shown))), shown
        assert said in shown
        assert at in shown
        assert (language == "ko") == bool(HANGUL.search(shown))


def test_a_server_that_does_not_run_is_said_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing listens, and why."""
    for language, why in (("en", "nothing listens there"), ("ko", "받는 프로그램이 없어요")):
        with pytest.raises(SystemExit) as end:
            run_nulla(["relay", "status", "--volatile", "--listen", f"127.0.0.1:{free_port()}", "--lang", language])
        shown = capsys.readouterr().out
        assert (1, True, None) == (end.value.code, why in shown, RAW.search(shown))


def test_an_address_that_is_taken_is_said_in_korean() -> None:
    """By the server itself, which ends."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        ended = run(nulla("relay", "serve", "--volatile", "--listen", listen, "--lang", "ko"))
    assert (1, True, None) == (ended.code, "다른 프로그램이 그 주소를 쓰고" in ended.err, RAW.search(ended.err))
