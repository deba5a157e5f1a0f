"""Every form of every secret is found in the middle of random bytes, whole and in part; nothing is found without it."""

from __future__ import annotations

import random
import subprocess
import sys
import zlib
from pathlib import Path
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis.strategies import DataObject, data, integers, sampled_from

from nullabona.drills import demo
from nullabona.drills.demo.script import load_script
from nullabona.drills.search import Chunk, Finding, Hunt, Kind, Searched, Secret, files_below, program_files
from nullabona.drills.search.forms import forms_of
from nullabona.drills.search.sources import BLOCK, OVERLAP, READ_BY_A_RELAY
from tests.drills.plants import ENCODINGS, ENGLISH, KOREAN, SECRETS, TEXTS, noise


@pytest.fixture(scope="module")
def hunt() -> Hunt:
    """A hunt for all planted secrets."""
    return Hunt(SECRETS)


def look(hunt: Hunt, data: bytes, offset: int = 0) -> list[Finding]:
    return hunt.search([Chunk("here", offset, data)], Searched())


CASES = [
    (encoding, text)
    for encoding, encode in ENCODINGS.items()
    for text in TEXTS
    if len(encode(text)) >= 6 and not (len(text) < 3 and any(two in encoding for two in ("utf-16", "cp949")))
]
"""All but what turns up by chance: two syllables in UTF-16 or CP949 are four bytes."""


@pytest.mark.parametrize(("encoding", "text"), CASES)
def test_every_text_is_found_whole_in_every_encoding(hunt: Hunt, encoding: str, text: str) -> None:
    """A text written in this encoding is found at any alignment; only forms too short to mean anything are left out."""
    written = ENCODINGS[encoding](text)
    for shift in range(8):
        findings = look(hunt, noise(1_001 + shift) + written + noise(500))
        label = next(secret.label for secret in SECRETS if secret.value == text.encode())
        assert (label, True) in [(found.label, found.share > 0.6) for found in findings], (encoding, shift)


@pytest.mark.parametrize("encode", [bytes.hex, lambda key: key.hex().upper()])
def test_a_key_is_found_raw_and_in_hexadecimal(hunt: Hunt, encode: object) -> None:
    """Raw key bytes and both cases of hexadecimal."""
    key = SECRETS[-1].value
    assert callable(encode)
    for written in (key, encode(key).encode()):
        assert ["key"] == [found.label for found in look(hunt, noise(333) + written + noise(10))]


def test_half_a_key_is_found(hunt: Hunt) -> None:
    """Nine bytes of a key are enough."""
    assert ["key"] == [found.label for found in look(hunt, noise(64) + SECRETS[-1].value[11:20] + noise(64))]


@pytest.mark.parametrize("encoding", [name for name in ENCODINGS if name != "repr of bytes"])
def test_every_fragment_of_a_text_is_found(hunt: Hunt, encoding: str) -> None:
    """Any six characters of a Korean text, in any encoding."""
    for start in range(len(KOREAN) - 6):
        written = ENCODINGS[encoding](KOREAN[start : start + 6])
        findings = look(hunt, noise(777) + written + noise(77))
        assert {"korean"} == {found.label for found in findings}, (encoding, KOREAN[start : start + 6])


def test_three_syllables_are_found_and_two_are_not(hunt: Hunt) -> None:
    """Nine telling bytes count, less does not: the bound is as documented."""
    assert ["korean"] == [found.label for found in look(hunt, noise(99) + "털장갑".encode() + noise(99))]
    assert [] == look(hunt, noise(99) + "장갑".encode() + noise(99))


def test_a_short_english_word_is_no_leak(hunt: Hunt) -> None:
    """``market`` alone says nothing; most of the sentence does."""
    assert [] == look(hunt, b"the market is open, the market is closed")
    assert ["english"] == [found.label for found in look(hunt, b"...." + ENGLISH[14:32].encode() + b"....")]


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(b"\x02\x00\x9c\x40\x7f\x4d\x29\x09" + bytes(8), id="socket address"),
        pytest.param(bytes(10) + b"\xff\xff\x7f\x4d\x29\x09", id="mapped into IPv6"),
        pytest.param(b"9.41.77.127.in-addr.arpa", id="reverse name"),
        pytest.param(b"127.77.41.9:51234 GET /", id="log line"),
    ],
)
def test_a_client_address_is_found_as_programs_keep_it(hunt: Hunt, written: bytes) -> None:
    """As text and in the binary forms of socket interfaces."""
    assert {"address"} == {found.label for found in look(hunt, noise(55) + written + noise(55))}


def test_a_broken_stream_gives_what_it_began_with(hunt: Hunt) -> None:
    """A compressed stream of which the end was overwritten still gives its beginning."""
    packed = zlib.compress((KOREAN + ENGLISH * 3).encode() + noise(3_000))[:1_500]
    assert "korean" in {found.label for found in look(hunt, noise(200) + packed + noise(200))}


@pytest.mark.parametrize("wbits", range(9, 16))
@pytest.mark.parametrize("level", [0, 1, 6, 9])
def test_a_stream_is_opened_whatever_its_head_says(hunt: Hunt, wbits: int, level: int) -> None:
    """Every window size and every level: the two bytes that a stream begins with differ."""
    packer = zlib.compressobj(level, wbits=wbits)
    packed = packer.compress(KOREAN.encode()) + packer.flush()
    (found,) = look(hunt, noise(99) + packed + noise(99))[:1]
    assert ("korean", 1.0) == (found.label, found.share)


def test_of_a_stream_the_first_part_is_read(hunt: Hunt) -> None:
    """The bounds are as documented: 64 KiB of the stream, and a mebibyte of what is in it."""
    for before, expected in (
        (noise(50_000).hex().encode(), ["korean"]),
        (noise(70_000).hex().encode(), []),
        (bytes(1_000_000), ["korean"]),
        (bytes(1_100_000), []),
    ):
        packed = zlib.compress(before + KOREAN.encode())
        assert expected == [found.label for found in look(hunt, noise(10) + packed)], len(before)


def test_what_an_encoding_cannot_write_does_not_hide_the_rest() -> None:
    """What stands beside a sign that CP949 lacks is found; a text of which it has nothing is not looked for in it."""
    cake = Secret.text(Kind.TEXT, "cake", "케이크에 초를 꽂자 🎂 그리고 노래를 부르자")
    thai = Secret.text(Kind.TEXT, "thai", "ไม่มีใครรู้เรื่องนี้")
    hunt = Hunt([cake, thai])
    for part in ("케이크에 초를 꽂자", "그리고 노래를 부르자"):
        assert ["cake"] == [found.label for found in look(hunt, noise(50) + part.encode("cp949") + noise(50))]
    assert [] == look(hunt, b"what?" + b"?" * 100 + noise(50))


@pytest.mark.parametrize("text", ["jun", "Dan", "준", "ok", "응", "a" * 40])
def test_what_would_turn_up_by_chance_is_not_looked_for_and_that_is_known(text: str) -> None:
    """Whoever counts secrets must not count these as not found."""
    short, long = Secret.text(Kind.NAME, "short", text), Secret.text(Kind.NAME, "long", "연두")
    hunt = Hunt([short, long])
    assert (False, True) == (hunt.finds(short), hunt.finds(long))
    assert [] == look(hunt, noise(50) + text.encode() + noise(50))


def test_all_that_is_planted_here_can_be_found(hunt: Hunt) -> None:
    """Keys and addresses as well as texts; another's secret is not found."""
    assert all(map(hunt.finds, SECRETS))
    assert not hunt.finds(Secret.text(Kind.TEXT, "other", "누구의 것도 아닌 말"))


def test_a_secret_across_a_seam_is_found_once(tmp_path: Path, hunt: Hunt) -> None:
    """Blocks overlap: what lies across a seam is found, and what lies in the overlap is not counted twice."""
    for place in (BLOCK - 20, BLOCK + OVERLAP // 2):
        (tmp_path / "file").write_bytes(noise(place) + KOREAN.encode() + noise(BLOCK))
        findings = hunt.search(files_below(tmp_path), Searched())
        assert [("korean", place, 1, 1.0)] == [(f.label, f.offset, f.places, f.share) for f in findings]


def test_random_bytes_and_program_text_hold_nothing(hunt: Hunt) -> None:
    """The clean control: megabytes of chance and of English, and not one finding."""
    assert [] == look(hunt, noise(4 * BLOCK))
    modules = [
        module for module in list(sys.modules.values()) if (getattr(module, "__file__", None) or "").endswith(".py")
    ]
    texts = [Path(str(module.__file__)).read_bytes() for module in modules if "tests" not in str(module.__file__)]
    assert [] == look(hunt, b"".join(texts)[: 8 * BLOCK])


def test_what_a_clean_source_has_is_passed_over() -> None:
    """Words that a relay which never met anybody has too are not counted; longer pieces of the same text are."""
    hunt = Hunt([Secret.text(Kind.TEXT, "text", "please restart the application and tell me")])
    hunt.learn([Chunk("control", 0, b"* restart the application *")])
    searched = Searched()
    assert [] == hunt.search([Chunk("here", 0, b"- restart the application -")], searched)
    assert 1 == searched.passed_over
    assert 1 == len(hunt.search([Chunk("here", 0, b"please restart the application and")], Searched()))


def test_half_a_letter_more_than_a_clean_source_has_is_passed_over_in_any_form() -> None:
    """A program's words lie in memory in several forms, and what is left of one may end in half a right letter."""
    text = "카메라 끈 갖고 싶다고 하지 않았어?"
    hunt = Hunt([Secret.text(Kind.TEXT, "text", text)])
    hunt.learn([Chunk("control", 0, "확인하지 않았습니다".encode("utf-16-le"))])
    for passed in ("하지 않았", "지 않았습", "하지 않았".encode() + "어".encode()[:2]):
        written = passed if isinstance(passed, bytes) else passed.encode()
        assert [] == look(hunt, b"-" * 8 + written + b"-" * 8)
    for more in ("하지 않았어", "고 하지 않았"):
        assert ["text"] == [found.label for found in look(hunt, more.encode())]


def test_the_programs_own_words_are_passed_over_and_what_people_say_is_not() -> None:
    """What is left of a text that was freed is not always there in a relay that nobody used; it is in its files."""
    said = "안녕하세요! 좋은 얘기였으면 좋겠네요 하하"
    hunt = Hunt([Secret.text(Kind.TEXT, "text", said)])
    left = "녕하세요".encode()[2:]
    assert ["text"] == [found.label for found in look(hunt, b"-" * 8 + left + b"-" * 8)]
    hunt.learn(program_files())
    assert [] == look(hunt, b"-" * 8 + left + b"-" * 8)
    for whole in (said, said[:5], said[7:14]):
        assert ["text"] == [found.label for found in look(hunt, whole.encode())]


def test_those_files_are_what_a_relay_reads_and_hide_nobody() -> None:
    """No name, room or whole message of the demo is passed over for standing in them."""
    script = "import sys, nullabona.cli.operator.relay, nullabona.directory.service; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True).stdout.split()
    parts = {name.split(".")[1] for name in loaded if name.startswith("nullabona.")}
    assert parts == {part.removesuffix(".py") for part in READ_BY_A_RELAY}
    story = load_script(Path(demo.__file__).with_name("chat.txt"))
    texts = [Secret.text(Kind.TEXT, f"message {n}", line.text) for n, line in enumerate(story.lines, 1)]
    names = [Secret.text(Kind.NAME, name, name) for name in {person.name for person in story.people}]
    secrets = [*texts, *names, Secret.text(Kind.ROOM, "room", story.group)]
    hunt = Hunt(secrets)
    sought = [secret for secret in secrets if hunt.finds(secret)]
    hunt.learn(program_files())
    for secret in sought:
        assert secret.label in {found.label for found in look(hunt, b"\n" + secret.value + b"\n")}


PLAIN = {secret.label: next(form for form in forms_of(secret) if form.name == "utf-8 NFC") for secret in SECRETS[:-1]}
"""Made once: all forms of a secret take longer to make than an example has."""


@settings(deadline=None)
@given(data(), sampled_from(SECRETS[:-1]))
def test_which_letters_of_a_piece_are_whole(drawn: DataObject, secret: Secret) -> None:
    """What a cut of a UTF-8 form holds from the first to the last whole letter is what its bytes say there."""
    text = normalize("NFC", secret.value.decode())
    form = PLAIN[secret.label]
    start = drawn.draw(integers(0, len(form.data) - 1))
    end = drawn.draw(integers(start + 1, len(form.data)))
    first, last = form.whole(start, end)
    assert text[first : max(first, last)] == form.data[start:end].decode("utf-8", "ignore")


def test_all_letters_of_a_whole_form_are_whole() -> None:
    """In every form of every secret: from the first letter to the last."""
    for secret in SECRETS:
        size = len(secret.value) if secret.kind is Kind.KEY else len(normalize("NFC", secret.value.decode()))
        assert {(0, size)} == {form.whole(0, len(form.data)) for form in forms_of(secret)}


def test_a_report_never_holds_the_text(hunt: Hunt) -> None:
    """Neither a finding nor a secret prints what was found."""
    printed = repr(look(hunt, KOREAN.encode())) + repr(SECRETS)
    assert all(text not in printed for text in TEXTS)


def test_no_form_is_shorter_than_chance_allows() -> None:
    """What is looked for would not turn up in a terabyte of ciphertext, plain UTF-8 names aside."""
    for secret in SECRETS:
        for form in forms_of(secret):
            assert len(form.data) >= (4 if form.name.startswith("utf-8") else 6)
            assert len(form.gained) == len(form.data) + 1


def test_any_piece_of_nine_bytes_is_found_wherever_it_lies(hunt: Hunt) -> None:
    """The sampling never misses: random cuts of raw text at random places."""
    chance = random.Random(3)
    data = KOREAN.encode()
    for _ in range(300):
        at = chance.randrange(len(data) - 14)
        block = noise(chance.randrange(1, 40), chance.randrange(99)) + data[at : at + 14] + noise(9)
        assert {"korean"} == {found.label for found in look(hunt, block)}, at


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("미", set[str]()),
        ("é!!", {"utf-8 NFC", "utf-8 NFD"}),
        ("sora", set[str]()),
        ("soran", {"utf-8 NFC"}),
    ],
)
def test_what_is_short_is_looked_for_only_where_chance_does_not_write_it(text: str, names: set[str]) -> None:
    """UTF-8 from four bytes on; ASCII from five, as four letters stand in every large piece of base64."""
    assert names == {form.name for form in forms_of(Secret.text(Kind.NAME, "name", text)) if len(form.data) < 6}
