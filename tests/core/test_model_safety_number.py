"""Safety numbers: the same for both, others for every other pair, and recognised however they are typed."""

from __future__ import annotations

import pytest

from nullabona.client.core.model.safety_number import account_digits, code_matches, code_text, safety_digits

MINA, JUN = (b"\x01" * 32, "mina@relay.example"), (b"\x02" * 32, "jun@relay.example")
DIGITS = ("12345", "00000", "67890")


def test_a_number_is_the_two_accounts_numbers_the_lower_first() -> None:
    """Twelve groups of five digits, whoever of the two looks at it."""
    number, halves = safety_digits(MINA, JUN), sorted([account_digits(*MINA), account_digits(*JUN)])
    assert (number, number) == (safety_digits(JUN, MINA), (*halves[0], *halves[1]))
    assert [5] * 12 == [len(group) for group in number]
    assert all(group.isdecimal() for group in number)


def test_the_numbers_of_two_known_accounts_stay_what_they_are() -> None:
    """People have compared them: no version may show others."""
    mina, jun = "33026 80544 83057 42996 77367 19054", "12402 20606 65834 42555 37785 29953"
    assert (mina, jun) == (" ".join(account_digits(*MINA)), " ".join(account_digits(*JUN)))


@pytest.mark.parametrize("other", [(b"\x03" * 32, MINA[1]), (MINA[0], "nina@relay.example")])
def test_another_key_or_another_handle_is_another_number(other: tuple[bytes, str]) -> None:
    """Both are compared."""
    assert account_digits(*MINA) != account_digits(*other)


def test_the_code_of_a_number_says_it_without_spaces() -> None:
    """After a prefix that says what it is."""
    assert "nullabona:safety/123450000067890" == code_text(DIGITS)


@pytest.mark.parametrize(
    "text",
    ["nullabona:safety/123450000067890", "123450000067890", " 12345 00000\n67890 ", "1 2345 0 0000 67890"],
)
def test_a_number_is_recognised_scanned_or_typed(text: str) -> None:
    """With any spaces, and with or without the prefix."""
    assert code_matches(DIGITS, text)


@pytest.mark.parametrize("text", ["", "nullabona:safety/", "123450000067891", "12345 00000", "12345-00000-67890"])
def test_another_number_is_not_recognised(text: str) -> None:
    """Neither a part of it, nor one that differs in a digit."""
    assert not code_matches(DIGITS, text)
