"""What is wrong with a public record is shown at the page, and what can be done about it is done there."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event

import pytest

from nullabona.app.protocol import account_calls as a
from nullabona.app.protocol import pushes as p
from nullabona.app.protocol import record_calls as r
from tests.api.people import new_name
from tests.api.service import Service
from tests.app.person import Person
from tests.app.wire import Refusal

pytestmark = pytest.mark.slow


@pytest.fixture
def wronged(
    newcomer: Callable[..., Person], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Person, Service]]:
    """Somebody whose directory lost its record and began another; their home is a folder of the test's own."""
    monkeypatch.setenv("HOME", str(tmp_path))
    with Service(tmp_path / "relay", period_s=2) as service:
        person = newcomer("mina")
        person.sign_up(service.handle(new_name("mina")))
        assert r.RecordWarnings([], 0) == person.call(r.GetRecordWarnings())
        service.kill()
        shutil.rmtree(service.data)
        shutil.rmtree(service.record)
        service.start()
        yield person, service


def test_a_record_that_began_anew_is_taken_up_at_the_page(wronged: tuple[Person, Service], tmp_path: Path) -> None:
    """Told as it is met, and there later; the evidence is saved, the new record taken up, and the card is in it."""
    person, service = wronged
    told = person.page.told(p.Told, lambda push: push.code == "log-replaced")
    assert ("grave", True) == (told.level, "Privacy page" in told.hint)
    found = person.call(r.GetRecordWarnings())
    assert [(told.message, told.hint, service.host)] == [(w.message, w.hint, w.forget) for w in found.warnings]

    saved = person.call(r.SaveEvidence())
    files = sorted(Path(saved.path).iterdir())
    assert (tmp_path, saved.files) == (Path(saved.path).parent, len(files))
    assert {"00-log-replaced.before", "00-log-replaced.shown"} <= {file.name for file in files}

    assert r.RecordWarnings([], found.evidence) == person.call(r.ForgetRecord(service.host))
    eventually(lambda: person.me.handle == person.call(a.GetPrivacy()).handle)


def eventually(true: Callable[[], bool], most: int = 60) -> None:
    """The card stands in the new record after a period or two; until then the page is refused it."""
    for _ in range(most):
        with suppress(Refusal):
            if true():
                return
        Event().wait(0.5)
    pytest.fail("it did not become true")
