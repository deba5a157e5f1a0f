"""The words in which a demand is asked and answered: classes of data, answers, reasons (spec/docket.md §2).

They are here because two sides use them: the legal desk, and the device of the person who is told of a demand.
"""

from __future__ import annotations

from typing import Literal

import msgspec

DataClass = Literal[
    "subscriber", "identification", "traffic", "content", "contacts", "rooms", "realtime_traffic", "realtime_content",
    "preservation", "removal", "account_action", "assistance",
]  # fmt: skip
"""What a demand asks for; every class asked for gets an answer of its own."""
Answer = Literal["produced", "not_held", "not_in_scope", "refused"]
RefusalReason = Literal[
    "incomplete", "manifest_error", "cannot_identify_user", "not_stored_by_provider", "no_longer_held",
    "impossible_otherwise", "issuer_not_competent", "offence_not_covered", "service_not_covered", "immunity_or_press",
    "third_country_conflict", "gate_not_met", "withdrawn", "voluntary_declined", "overbroad", "wrong_instrument",
    "expired", "no_danger_shown",
]  # fmt: skip
"""As in Form 3 of Regulation (EU) 2023/1543, Annex III, for every jurisdiction; the last seven are the desk's own."""

Branch = Literal[
    "police", "prosecution", "investigation", "intelligence", "military", "court", "administration", "rescue",
    "private", "other",
]  # fmt: skip
"""What sort of authority demands, as governments count it in tables of their own."""


class Label(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A name in both languages."""

    ko: str
    en: str
