"""What is said about a package that was checked."""

from __future__ import annotations

from typing import Final

from nullabona.words.catalogue import Words

PACKAGES: Final = Words("packages")
PROVEN: Final = ("answer-of", "files-hold", "signed", "certificate-signed", "in-the-log", "custody")
UNPROVEN: Final = ("policy-own", "custodian-own", "no-timestamp", "outside-the-desk")
