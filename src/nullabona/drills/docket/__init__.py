"""The drill ``docket``: demands pass through a real desk while people talk; then its record is lied about.

``office`` is the desk and those who work at it, ``demands`` what arrives, ``walking`` one demand's way, ``packages``
what standard tools say of an answer, ``spoiling`` what is done to one afterwards, ``audit`` who counts, ``striking``
and ``tampering`` what an operator could try, ``play`` the drill, ``act`` the demo's. All but this file needs the extra
``nullabona[docket]``.
"""

from typing import Final

PROVES: Final = ("K-06", "K-12", "K-17", "K-18", "K-19", "K-20")
"""The lines of spec/threat-model.md that the drill puts to the test."""
ACT_PROVES: Final = ("K-12", "K-17", "K-18", "K-19")
"""Those that a demand or two in the demo can show."""
