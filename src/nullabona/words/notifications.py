"""The words of notifications."""

from __future__ import annotations

from typing import Final

from nullabona.words.catalogue import Words

NOTIFICATIONS: Final = Words("notifications")
