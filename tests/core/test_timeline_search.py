"""Finding messages by their words: what a line is found by, what fits a query, and which piece of a line is shown."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nullabona.client.core.model.content import Text, encode_body
from nullabona.client.core.model.records import Message, MessageState
from nullabona.client.core.timeline import search
from nullabona.client.core.timeline.search import Wanted
from nullabona.client.store import SqliteStore

ROOM, OTHER_ROOM = b"r" * 32, b"q" * 32
JUN, MINA = b"j" * 32, b"m" * 32
DAY = 86_400_000
SPAN = 8 * DAY
"""What the index knows of a time: 8 days, and 16 times that."""
EVER = Wanted()


@pytest.fixture
def store() -> Iterator[SqliteStore]:
    """A store inside one transaction."""
    made = SqliteStore.testing_in_memory()
    with made.transaction():
        yield made


def line(
    text: str, at: int = 0, *, room: bytes = ROOM, by: bytes = JUN, shown: bool = True, number: int = 0
) -> Message:
    """Something that somebody said."""
    return Message(
        *(room, number.to_bytes(16, "big"), by, b"d" * 16, at, number, 1, MessageState.RECEIVED, b"", b"", 0),
        body=encode_body(Text(text)),
        shown=shown,
    )


def say(store: SqliteStore, text: str, at: int = 0, *, room: bytes = ROOM, by: bytes = JUN, shown: bool = True) -> None:
    """Put a line into the store as the newest one, so that it is found."""
    (newest, *_) = [*store.recent_messages(before=1 << 62, limit=1), (0, None)]
    message = line(text, at, room=room, by=by, shown=shown, number=newest[0] + 1)
    store.put_message(message)
    search.index(store, message, Text(text))


def found(
    store: SqliteStore, text: str, wanted: Wanted = EVER, before: int | None = None, limit: int = 50
) -> list[str]:
    """The pieces shown of what fits, newest first."""
    return [hit.snippet for hit in search.find(store, text, wanted, before, limit)]


# -- what a text is found by --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "by"),
    [
        ("이번주말에", "이번 번주 주말 말에"),
        ("Ab c", "ab"),
        ("ab-cd", "ab cd"),
        ("ab ba ab", "ab ba"),
        ("ＡＢ", "ab"),
        ("\u1112\u1161\u11ab글", "한글"),
        ("😀 ok 👍", "😀 ok 👍"),
        ("ok👍no", "ok no 👍"),
        ("a© ab→", "ab"),
        ("!?", ""),
        ("", ""),
        ("a" * 19_999 + "bc", "aa ab"),
    ],
)
def test_a_text_is_found_by_pairs_of_letters_and_by_single_signs(text: str, by: str) -> None:
    """Word by word its pairs, each once, then its emoji. What lies behind 20,000 characters is not found."""
    assert by == search.grams(text)


def test_folding_knows_where_each_character_came_from() -> None:
    """One character may be compared as several."""
    assert ("afix", [0, 1, 1, 2]) == search.folded("AﬁX")


def test_a_cutter_cuts_as_a_single_text_is_cut() -> None:
    """Place and time come first, then the pairs of each word; the second time is as the first."""
    cutter = search.Cutter()
    for _ in range(2):
        assert "p span0 era0 he el ll lo 안녕 he el ll lo" == cutter.words("p", SPAN - 1, "Hello 안녕 Hello")
    assert "p span1 era0 no" == cutter.words("p", SPAN, "No")
    assert "p span16 era1 fi ix ca af fé ba ar 😀" == cutter.words("p", 16 * SPAN, "ﬁx cafe\u0301 ba-ar 😀").replace(
        "fé ba ba", "fé ba"
    )
    assert "p span0 era0 fo oo ba ar" == cutter.words("p", -5, "foo-bar")
    assert "p span0 era0 aa" == cutter.words("p", 0, "a" * 20_000 + "b" * 9)


def test_the_words_of_a_place_are_those_of_its_room_and_person() -> None:
    """Twelve bytes of each tell them apart."""
    room, person = bytes(range(32)), bytes(range(100, 132))
    assert "room000102030405060708090a0b by6465666768696a6b6c6d6e6f" == search.place_words(room, person)


# -- what fits ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        (Wanted(), True),
        (Wanted(room=ROOM), True),
        (Wanted(room=OTHER_ROOM), False),
        (Wanted(since=1_000), True),
        (Wanted(since=1_001), False),
        (Wanted(until=1_000), False),
        (Wanted(until=1_001), True),
        (Wanted(since=1_000, until=1_001), True),
        (Wanted(since=1_001, until=1_000), False),
        (Wanted(room=OTHER_ROOM, since=0, until=2_000), False),
    ],
)
def test_a_message_fits_its_room_and_time(wanted: Wanted, *, fits: bool) -> None:
    """From the first moment on, and before the last."""
    assert fits is wanted.fits(line("x", 1_000))
    assert not wanted.fits(line("x", 1_000, shown=False))


def test_the_newest_come_first_and_every_word_must_be_there(store: SqliteStore) -> None:
    """Words are found inside of others, without case, wherever they stand."""
    for text in ("Weekend at noon", "이번주말에 만나", "noon WEEKENDS", "nothing"):
        say(store, text)
    assert ["noon WEEKENDS", "Weekend at noon"] == found(store, "weekend noon")
    assert ["이번주말에 만나"] == found(store, "주말")
    assert [] == found(store, "weekend tomorrow")
    assert [] == found(store, "!?")
    assert [] == found(store, " ")


def test_letters_of_different_words_are_no_word(store: SqliteStore) -> None:
    """The pairs are there, but not one after the other."""
    say(store, "abc bcd")
    assert [] == found(store, "abcd")
    assert ["abc bcd"] == found(store, "bcd abc")


def test_only_the_first_twelve_words_count(store: SqliteStore) -> None:
    """A thirteenth that is not there does no harm, a twelfth does."""
    say(store, "aa bb cc dd ee ff gg hh ii jj kk ll")
    assert 1 == len(found(store, "aa bb cc dd ee ff gg hh ii jj kk ll xx"))
    assert [] == found(store, "aa bb cc dd ee ff gg hh ii jj kk xx ll")


def test_a_search_is_of_one_room_of_some_people_of_some_days(store: SqliteStore) -> None:
    """Also without any words; what is not shown is not found; nothing wanted finds nothing."""
    say(store, "hello 1", 5 * DAY)
    say(store, "hello 2", 15 * DAY, by=MINA)
    say(store, "hello 3", 25 * DAY, room=OTHER_ROOM)
    say(store, "hello 4", 25 * DAY, shown=False)
    assert ["hello 2", "hello 1"] == found(store, "hello", Wanted(room=ROOM))
    assert ["hello 3"] == found(store, "hello", Wanted(room=OTHER_ROOM))
    assert ["hello 2"] == found(store, "hello", Wanted(people=(MINA,)))
    assert ["hello 2"] == found(store, "", Wanted(people=(MINA,)))
    assert ["hello 3", "hello 2", "hello 1"] == found(store, "", Wanted(people=(MINA, JUN)))
    assert ["hello 3"] == found(store, "", Wanted(room=OTHER_ROOM, people=(MINA, JUN)))
    assert ["hello 3", "hello 2"] == found(store, "", Wanted(since=15 * DAY))
    assert ["hello 1"] == found(store, "", Wanted(until=15 * DAY))
    assert ["hello 2"] == found(store, "h", Wanted(since=10 * DAY, until=20 * DAY))
    assert ["hello 2"] == found(store, "h", Wanted(people=(MINA,)))
    assert [] == found(store, "h", Wanted(people=(b"x" * 32,)))
    assert [] == found(store, "", Wanted(since=20 * DAY, until=10 * DAY))
    assert [] == found(store, "", Wanted(room=ROOM))
    assert [] == found(store, "")


def test_a_line_of_one_letter_is_somebodys_too(store: SqliteStore) -> None:
    """It is found among what a person said, and of a day; by the letter as far as it came lately."""
    for text in ("ㅋ", "?!", "ok"):
        say(store, text, 5 * DAY)
    assert ["ok", "?!", "ㅋ"] == found(store, "", Wanted(people=(JUN,)))
    assert ["ok", "?!", "ㅋ"] == found(store, "", Wanted(since=5 * DAY))
    assert ["ㅋ"] == found(store, "ㅋ", Wanted(people=(JUN,))) == found(store, "ㅋ")
    message = line("ㅋ", 5 * DAY, number=1)
    search.index(store, message, Text(""))
    assert ["ok", "?!"] == found(store, "", Wanted(people=(JUN,)))


def test_a_stretch_of_time_finds_all_that_was_said_in_it(store: SqliteStore) -> None:
    """At its very ends too, wherever they lie among the days that belong together."""
    times = [moment for span in range(40) for moment in (span * SPAN, span * SPAN + SPAN - 1)]
    for at in times:
        say(store, f"at {at}", at)
    for first, last in ((0, 79), (1, 78), (0, 31), (32, 63), (31, 64), (5, 5), (33, 50), (31, 32), (0, 0), (30, 79)):
        wanted = Wanted(since=times[first], until=times[last] + 1)
        assert [f"at {at}" for at in reversed(times[first : last + 1])] == found(store, "", wanted, limit=100)
    assert [f"at {at}" for at in reversed(times[50:])] == found(store, "", Wanted(since=times[50]), limit=100)
    assert [f"at {at}" for at in reversed(times[:50])] == found(store, "", Wanted(until=times[50]), limit=100)
    assert ["at 0"] == found(store, "", Wanted(since=-5, until=1))
    assert [] == found(store, "", Wanted(until=-5))


@pytest.mark.parametrize(
    ("since", "until", "asked"),
    [
        (0, SPAN, ["span0"]),
        (0, SPAN + 1, ["span0", "span1"]),
        (0, 16 * SPAN, ["era0"]),
        (15 * SPAN, 33 * SPAN + 1, ["span15", "era1", "span32", "span33"]),
        (SPAN, 16 * SPAN, [f"span{number}" for number in range(1, 16)]),
        (-5, SPAN, ["span0"]),
        (None, 2 * SPAN, ["span0", "span1"]),
        (2 * SPAN, SPAN, ["span0"]),
        (0, None, [f"era{number}" for number in range(371)]),
        (0, 1 << 43, [f"era{number}" for number in range(371)]),
    ],
)
def test_a_stretch_of_time_is_asked_for_by_few_words(since: int | None, until: int | None, asked: list[str]) -> None:
    """Whole eras and the spans at both ends, and nothing behind the year 2100."""
    assert asked == search._spans(Wanted(since=since, until=until))


def test_what_is_dated_before_1970_is_of_its_first_days(store: SqliteStore) -> None:
    """A clock that was wrong loses no message."""
    say(store, "early", -3)
    assert ["early"] == found(store, "", Wanted(until=0))


def test_a_page_follows_a_page(store: SqliteStore) -> None:
    """All of many are found, no more than were asked for, and from a number on."""
    for number in range(125):
        say(store, f"item {number}")
    everything = [f"item {number}" for number in reversed(range(125))]
    assert everything == found(store, "item", limit=200)
    assert everything[:61] == found(store, "item", limit=61)
    (*_, last) = search.find(store, "item", EVER, None, 10)
    assert everything[10:12] == found(store, "item", before=last.number, limit=2)


@pytest.fixture(scope="module")
def long_ago() -> Iterator[SqliteStore]:
    """Two lines that were said before 1,020 others."""
    made = SqliteStore.testing_in_memory()
    with made.transaction():
        say(made, "needle 👍")
        say(made, "needle y")
        for number in range(1_020):
            made.put_message(line("x", number=10 + number))
        yield made


def test_single_letters_are_found_in_what_came_last_only(long_ago: SqliteStore) -> None:
    """Everything else is found however old it is: a word, a sign, a letter of somebody's."""
    assert [] == found(long_ago, "y")
    assert ["x", "x"] == found(long_ago, "x", limit=2)
    assert ["needle y"] == found(long_ago, "needle y")
    assert ["needle 👍"] == found(long_ago, "👍")
    assert ["needle 👍"] == found(long_ago, "needle 👍")
    assert ["needle y"] == found(long_ago, "y", Wanted(people=(JUN,)))
    assert ["needle y"] == found(long_ago, "y", Wanted(since=0))
    assert ["needle y"] == found(long_ago, "y", Wanted(until=1))


# -- what is shown ------------------------------------------------------------------------------------------------


def shown(store: SqliteStore, text: str, query: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The piece of the only line, and where the hits are."""
    say(store, text)
    (hit,) = search.find(store, query, EVER, None, 1)
    return hit.snippet, hit.matches


@pytest.mark.parametrize(
    ("text", "query", "matches"),
    [
        ("회의 몇 시? 회의", "회의", ((0, 2), (8, 10))),
        ("aaaa", "aa", ((0, 2), (2, 4))),
        ("abc", "ab bc", ((0, 2), (2, 3))),
        ("abc", "abc bc", ((0, 3),)),
        ("xﬁnd", "fin", ((1, 3),)),
        ("bb aa", "aa bb", ((0, 2), (3, 5))),
    ],
)
def test_every_place_of_every_word_is_a_hit(
    store: SqliteStore, text: str, query: str, matches: tuple[tuple[int, int], ...]
) -> None:
    """In the line as it was written, in order, none overlapping another."""
    assert (text, matches) == shown(store, text, query)


def test_a_line_of_ninety_characters_is_shown_whole(store: SqliteStore) -> None:
    """Line breaks are spaces."""
    text = "a\n" * 40 + "hit" + "\tb" * 3 + "."
    assert ("a " * 40 + "hit" + " b" * 3 + ".", ((80, 83),)) == shown(store, text, "hit")


def test_a_longer_one_is_cut_around_its_first_hit(store: SqliteStore) -> None:
    """From 30 characters before; hits behind the end are left out, and one across it is cut."""
    text = "-" * 60 + "hit" + "-" * 55 + "hit hit"
    assert (text[30:120], ((30, 33), (88, 90))) == shown(store, text, "hit")


def test_a_longer_one_begins_with_a_whole_word(store: SqliteStore) -> None:
    """Not with the end of the word, or the full stop, that happens to be 30 characters before the hit."""
    text = "-" * 50 + " word. https://example.org/flights/" + "hit" + "-" * 60
    snippet, matches = shown(store, text, "hit")
    assert ("https://example.org/flights/hit", ((28, 31),)) == (snippet.rstrip("-"), matches)


def test_a_longer_one_with_its_hit_early_is_shown_from_its_beginning(store: SqliteStore) -> None:
    """There are not 30 characters before it."""
    text = "-" * 10 + "hit" + "-" * 100
    assert (text[:90], ((10, 13),)) == shown(store, text, "hit")


def test_without_words_the_beginning_is_shown(store: SqliteStore) -> None:
    """Somebody's lines of a day, the long ones too."""
    text = "ab" + "-" * 98
    say(store, text)
    (hit,) = search.find(store, "", Wanted(people=(JUN,)), None, 5)
    assert (text[:90], (), line(text, number=1)) == (hit.snippet, hit.matches, hit.message)
