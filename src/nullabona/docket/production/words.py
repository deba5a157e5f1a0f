"""The texts of packages, in Korean and English."""

from __future__ import annotations

from typing import Final

from nullabona.words.catalogue import Words

CERTIFICATE_TITLE: Final = Words("certificate", section="title")
CERTIFICATE: Final = Words("certificate", section="line")
_TEXT: Final = Words("certificate", section="text")
SYSTEM: Final = _TEXT["system"]
DECLARATION: Final = _TEXT["declaration"]
SEALED_ITEMS: Final = _TEXT["sealed_items"]
"""The explanation of *not held* for the content of messages."""
HOW: Final = _TEXT["how"]
SIGNED: Final = _TEXT["signed"]
NO_DATA: Final = _TEXT["no_data"]
NO_REMOVAL: Final = _TEXT["no_removal"]
SWORN: Final = {"KR": _TEXT["sworn_kr"], "US": _TEXT["sworn_us"], "EU": _TEXT["sworn_eu"]}
"""What the custodian declares, by the country of the demand. Counsel of each country has to check it."""
