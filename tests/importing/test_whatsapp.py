"""WhatsApp's texts, line by line: who said what, what nobody said, what is only a sign of a file; nothing is lost."""

from __future__ import annotations

import unicodedata

import pytest

from nullabona.client.importing import whatsapp
from nullabona.client.importing.records import MAX_AUTHOR, MAX_TEXT, MAX_TITLE, Chat, DayOrder, Layout, Line, Odd
from tests.importing.reading import DAY, MINUTE, ONE, page
from tests.importing.reading import whatsapp as read

CHAT = Chat("")
IOS, ANDROID = "[15/03/2025, 13:00:00] ", "15/03/2025, 13:00 - "
MARK = "\u200e"


def said(text: str, kind: str = "text", number: int = 1, **more: object) -> Line:
    return Line(ONE, "민아", text, kind, number, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("line", "layout"),
    [
        (f"{IOS}민아: 안녕", whatsapp.IOS),
        (f"{MARK}{IOS}민아: 안녕", whatsapp.IOS),
        ("[3/15/25, 1:00:00\u202fPM] Mina: hi", whatsapp.IOS),
        (f"{ANDROID}민아: 안녕", whatsapp.ANDROID),
        ("2025. 3. 15. 오후 1:00 - 민아: 안녕", whatsapp.ANDROID),
        ("[15.3.2025 klo 13.00.00] Mina: moi", whatsapp.IOS),
        ("[32/03/2025, 13:00:00] 민아: 안녕", None),
        ("[15/15/2025, 13:00:00] 민아: 안녕", None),
        ("[15/03/2025, 24:00:00] 민아: 안녕", None),
        ("32/32/2025, 13:00 - 민아: 안녕", None),
        ("15/03/2025, 13:60 - 민아: 안녕", None),
        ("민아: 안녕", None),
        ("", None),
    ],
)
def test_a_line_is_told_by_a_moment_that_can_be(line: str, layout: Layout | None) -> None:
    """In brackets or before a dash; in one order of its numbers at least."""
    assert layout == whatsapp.layout_of(line)


def test_the_orders_of_a_whole_text_are_those_of_all_its_lines() -> None:
    """Over several pages, with marks before a line; what is no line says nothing, and neither does what only quotes."""
    first = page("[03/04/2025, 10:00:00] a: 1", "31/12/2025", "[x] y", "")
    second = page(f"{MARK}[04/13/2025, 10:00:00] a: 2")
    assert [DayOrder.DAY_FIRST, DayOrder.MONTH_FIRST] == whatsapp.orders([first])
    assert [DayOrder.MONTH_FIRST] == whatsapp.orders([first, second])
    assert [DayOrder.MONTH_FIRST] == whatsapp.orders([page("04/13/2025, 10:00 - a: 2")])
    assert [DayOrder.DAY_FIRST] == whatsapp.orders([first], DayOrder.DAY_FIRST)
    assert [DayOrder.MONTH_FIRST] == whatsapp.orders([page("04/13/2025, 10:00 - a: 2")], DayOrder.DAY_FIRST)
    assert [DayOrder.YEAR_FIRST] == whatsapp.orders([page("2025-04-05 10:00 - a: 2")], DayOrder.DAY_FIRST)
    assert [DayOrder.YEAR_FIRST] == whatsapp.orders([page("25/4/5 오후 2:38 - a: 2")])


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("WhatsApp Chat with Walkers.txt", "Walkers"),
        ("whatsapp chat - Walkers .TXT", "Walkers"),
        ("산책님과의 WhatsApp 대화.txt", "산책"),
        (unicodedata.normalize("NFD", "산책님과의 WhatsApp 대화.txt"), "산책"),
        ("WhatsApp 채팅 - 산책.txt", "산책"),
        ("WhatsApp 대화 - 산책.txt", "산책"),
        (f"WhatsApp Chat with {'a' * (MAX_TITLE + 1)}.txt", "a" * MAX_TITLE),
        ("_chat.txt", ""),
        ("Walkers.txt", ""),
        ("WhatsApp Chat with .txt", ""),
    ],
)
def test_a_file_s_name_tells_the_chat_s(name: str, title: str) -> None:
    """In Korean and English, however it is composed; cut to its longest; else empty."""
    assert title == whatsapp.title_of(name)


def test_a_chat_is_told_from_others_only_by_a_title() -> None:
    """A file of another name is shown under that name, cut to its longest, and is no chat that is known again."""
    assert [Chat("Walkers", "Walkers")] == read(name="WhatsApp Chat with Walkers.txt")
    assert [Chat("")] == read(name="walk.1.txt")
    assert [Chat("")] == read(name="a" * (MAX_TITLE + 1) + ".txt")


@pytest.mark.parametrize("stamp", [IOS, ANDROID, f"{MARK}{IOS}"])
def test_lines_with_their_authors(stamp: str) -> None:
    """What goes on belongs to its line; what has no author nobody said; nothing said is nothing."""
    lines = [f"{stamp}민아: 안녕", "둘째 줄: 이것", f"{stamp}민아:", f"{stamp}준호님이 나갔습니다", f"{stamp}: x"]
    assert [
        CHAT,
        said("안녕\n둘째 줄: 이것", continued=1),
        said("", number=3),
        Line(ONE, "", "준호님이 나갔습니다", "system", 4),
        Line(ONE, "", ": x", "system", 5),
    ] == read(*lines)


def test_a_date_is_read_in_the_order_that_was_said() -> None:
    """Day first, month first, year first."""
    lines = {"15/3/25": DayOrder.DAY_FIRST, "3/15/25": DayOrder.MONTH_FIRST, "25/3/15": DayOrder.YEAR_FIRST}
    for date, order in lines.items():
        assert [CHAT, said("안녕")] == read(f"{date}, 13:00 - 민아: 안녕", order=order)
    assert [CHAT, Odd(1, "odd-date")] == read("3/15/25, 13:00 - 민아: 안녕")[:2]


@pytest.mark.parametrize("stamp", ["[32/03/2025, 13:00:00]", "[15/03/2025, 24:00:00]", "15/03/2025, 13:60 -"])
def test_a_moment_that_cannot_be_is_counted_and_its_line_is_kept(stamp: str) -> None:
    """It goes on with the line before; before the first it is kept as not understood."""
    row = f"{stamp} 준호: 뭐"
    whole = said(f"안녕\n{row}\n{row}", continued=2)
    assert [CHAT, Odd(2, "odd-date"), Odd(3, "odd-date"), whole] == read(f"{ANDROID}민아: 안녕", row, row)
    early = Line(ONE, "", row, "unparsed", 1)
    assert [CHAT, Odd(1, "odd-date"), early, said("안녕", number=2)] == read(row, f"{ANDROID}민아: 안녕")


def test_lines_before_the_first_are_not_understood_and_blank_ones_fall_away() -> None:
    """They stand at the time of the first that is; in a file without any, at no time."""
    early = [Line(ONE, "", "무엇", "unparsed", 2), Line(ONE, "", "또", "unparsed", 2)]
    later = Line(ONE + MINUTE, "준호", "응", "text", 4)
    assert [CHAT, *early, said("안녕", number=3), later] == read(
        " ", "무엇", ("또", True), f"{IOS}민아: 안녕", "[15/03/2025, 13:01:00] 준호: 응"
    )
    assert [CHAT, Line(0, "", "무엇", "unparsed", 2)] == read("", "무엇")


@pytest.mark.parametrize(("back", "odd"), [(0, False), (1_000, True), (DAY, True)])
def test_time_that_goes_back_is_counted(back: int, *, odd: bool) -> None:
    """By as little as a second. The line keeps its time and its place."""
    date, clock = ("14/03/2025", "13:00:00") if back == DAY else ("15/03/2025", "12:59:59" if back else "13:00:00")
    found = read(f"{IOS}민아: 안녕", f"[{date}, {clock}] 준호: 응")
    more = [Odd(2, "time-goes-back")] if odd else []
    assert [CHAT, said("안녕"), *more, Line(ONE - back, "준호", "응", "text", 2)] == found


def test_a_name_loses_its_marks_and_is_cut_to_its_longest() -> None:
    """The marks of direction around it are not part of it."""
    assert [CHAT, said("안녕")] == read(f"{ANDROID}{MARK}\u2068민아\u2069: 안녕")
    long = read(f"{ANDROID}{'a' * (MAX_AUTHOR + 1)}: 안녕")
    assert "a" * MAX_AUTHOR == (long[1].author if isinstance(long[1], Line) else "")


@pytest.mark.parametrize(
    ("first", "more", "sizes"),
    [
        (MAX_TEXT - 11, "x" * 10, [(MAX_TEXT, 1)]),
        (MAX_TEXT - 11, "x" * 11, [(MAX_TEXT - 11, 1), (11, 2)]),
        (MAX_TEXT - 10, ("x" * 10, True), [(MAX_TEXT, 1)]),
        (MAX_TEXT - 10, ("x" * 11, True), [(MAX_TEXT - 10, 1), (11, 1)]),
    ],
)
def test_a_line_that_is_too_long_goes_on_in_a_further_one(
    first: int, more: str | tuple[str, bool], sizes: list[tuple[int, int]]
) -> None:
    """Of the same author and moment; as long as may be is one line."""
    found = [line for line in read(f"{ANDROID}민아: {'a' * first}", more) if isinstance(line, Line)]
    assert [("민아", ONE, *size) for size in sizes] == [(x.author, x.at, len(x.text), x.number) for x in found]


@pytest.mark.parametrize(
    ("joined", "sizes"),
    [(False, [MAX_TEXT // 2 + 2, MAX_TEXT // 2, MAX_TEXT // 2]), (True, [MAX_TEXT // 2 + 1, MAX_TEXT])],
)
def test_every_part_of_a_long_line_counts(sizes: list[int], *, joined: bool) -> None:
    """Lines, their breaks, and pieces that came before are part of its length."""
    half = ("x" * (MAX_TEXT // 2), joined)
    found = read(f"{ANDROID}민아: 가", half, half, half)
    assert sizes == [len(line.text) for line in found if isinstance(line, Line)]


def test_breaks_and_marks_around_a_text() -> None:
    """Marks of direction fall away at its ends, breaks at its end; in its middle they stay."""
    assert [CHAT, said("안녕")] == read(f"{ANDROID}민아: \u202a안녕\u202c")
    assert [CHAT, said(f"안{MARK}녕\n\n둘{MARK}", continued=4)] == read(
        f"{ANDROID}민아: \u202a안{MARK}녕", "", f"둘{MARK}", "", ""
    )


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("image omitted", "photo"),
        (f"{MARK}Image Omitted{MARK}", "photo"),
        ("video omitted", "video"),
        ("GIF omitted", "video"),
        ("audio omitted", "voice"),
        ("sticker omitted", "sticker"),
        ("document omitted", "file"),
        ("Contact card omitted", "file"),
        ("<Media omitted>", "file"),
        ("<미디어 제외됨>", "file"),
        ("동영상 생략됨", "video"),
        ("This message was deleted", "deleted"),
        ("You deleted this message.", "deleted"),
        ("삭제된 메시지입니다.", "deleted"),
        ("an image omitted", "text"),
        (f"{MARK}Messages are encrypted", "system"),
        (f"{MARK}{'a' * 50}", "system"),
        (f"a{MARK}", "text"),
        (f"image omitted{' ' * 40}", "text"),
    ],
)
def test_what_a_text_stands_for(text: str, kind: str) -> None:
    """A sign of something that is not there, what WhatsApp itself says, or words; the words stay, the marks do not."""
    assert [CHAT, said(text.strip(MARK), kind)] == read(f"{ANDROID}민아: {text}")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("00000012-PHOTO-2025-03-15.jpg", "photo"),
        ("a.JPEG", "photo"),
        ("a.png", "photo"),
        ("a.gif", "photo"),
        ("00000012-STICKER-2025.webp", "sticker"),
        ("a.webp", "photo"),
        ("a.mp4", "video"),
        ("a.mov", "video"),
        ("a.3gp", "video"),
        ("a.opus", "voice"),
        ("a.m4a", "voice"),
        ("a b.pdf", "file"),
        ("보고서.hwp", "file"),
    ],
)
def test_a_file_belongs_to_its_line(name: str, kind: str) -> None:
    """In every way of naming it, by its ending; with words below it."""
    for text in (
        f"{MARK}<attached: {name}>",
        f"<첨부: {name}>{MARK}",
        f"{name} (file attached)",
        f"{name} (파일 첨부됨)",
    ):
        assert [CHAT, said(text.strip(MARK), kind, media=name)] == read(f"{ANDROID}민아: {text}")
        both = said(f"{text.lstrip(MARK)}\n어때?", kind, media=name, continued=1)
        assert [CHAT, both] == read(f"{ANDROID}민아: {text}", "어때?")


@pytest.mark.parametrize(
    "text",
    ["see <attached: a.jpg>", "<attached: a.jpg> see", "<a.jpg>", "a (file attached)", "see a.jpg (later)", "(ha)"],
)
def test_what_only_looks_like_a_file_is_text(text: str) -> None:
    """Something before it or behind it, no ending, other words."""
    assert [CHAT, said(text)] == read(f"{ANDROID}민아: {text}")


@pytest.mark.parametrize(
    ("rest", "nobody"),
    [
        ('Gil changed the subject from "A: b" to "C"', True),
        ("Gil created group “A: b”", True),
        ('Gil changed the group name: "A"', True),
        ("길님이 그룹 이름을 “A: b”(으)로 변경했습니다", True),
        ("Gil: she changed the subject again", False),
        ('Gil: "A"', False),
    ],
)
def test_a_title_in_quotation_marks_is_no_author(rest: str, *, nobody: bool) -> None:
    """Who names a group cannot put words into somebody's mouth."""
    author, _, text = rest.partition(": ")
    line = Line(ONE, "", rest, "system", 1) if nobody else Line(ONE, author, text, "text", 1)
    assert [CHAT, line] == read(ANDROID + rest)
