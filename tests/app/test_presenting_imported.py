"""Lines of other messengers as a page shows them: what they were, who said them, and in which tint."""

from __future__ import annotations

from dataclasses import replace

from nullabona.app.presenting.messages import to_last
from nullabona.app.presenting.people import tints
from nullabona.app.presenting.text import colour
from nullabona.app.protocol import views as v
from nullabona.client.api.import_records import ImportedInfo, MissingInfo
from tests.app.test_presenting_messages import AROUND, ME, ROOM, TEXT, may, show

IMPORTED = ImportedInfo("kakaotalk", "준호", "photo", precise=False, missing=MissingInfo("photo", "", "", 3))


def test_what_an_export_names_without_having_it_is_shown_as_what_it_was() -> None:
    """Its placeholder's words are not said; what was said beside it is, and may be copied."""
    info = replace(TEXT, text="사진 3장", imported=IMPORTED)
    assert ([], "", v.Missing("photo", "", 3)) == (show(info).spans, show(info).text, show(info).missing)
    assert ["delete-me"] == may(info, admin=True, direct=True)
    file = replace(IMPORTED, what="file", missing=MissingInfo("file", "a\nb.pdf", "보고서", 1))
    said = replace(TEXT, text="<attached: a.pdf>\n보고서", imported=file)
    assert ("보고서", v.Missing("file", "a b.pdf", 1)) == (show(said).text, show(said).missing)
    last = to_last(said, direct=True)
    assert ("보고서", v.Missing("file", "a b.pdf", 1)) == (last.text, last.missing)


def test_people_of_imported_history_are_told_apart() -> None:
    """Twelve names have twelve tints, none of which an account beside them has."""
    names = {f"{number}": b"" for number in range(11)}
    given = tints({**names, "me": ME}, (), ROOM)
    assert (11, 11) == (len(given), len({*given.values()} - {colour(ME)}))
    assert {*range(12)} == {*tints({f"{n}": b"" for n in range(30)}, (), ROOM).values()}
    shown = show(replace(TEXT, account=b"", handle="", name="3", imported=IMPORTED), replace(AROUND, tints=given))
    assert ("", "3", given["3"]) == (shown.person.account, shown.person.name, shown.person.colour)
