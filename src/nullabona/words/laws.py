"""What the short names of laws mean, in both languages. The rows of the taxonomy cite laws by them.

A test holds this to the sources that the taxonomy's files name, which clients do not have.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Final

from nullabona.wire.demands import Label
from nullabona.words.catalogue import Language, pick

LAWS: Final[Mapping[str, Label]] = {
    "e-Evidence": Label("전자증거규정 (EU) 2023/1543", "Regulation (EU) 2023/1543"),
    "DSA": Label("디지털서비스법 (EU) 2022/2065", "Regulation (EU) 2022/2065"),
    "DSA-T": Label("투명성 보고 이행규칙 (EU) 2024/2835", "Implementing Regulation (EU) 2024/2835"),
    "TCO": Label("테러콘텐츠규정 (EU) 2021/784", "Regulation (EU) 2021/784"),
    "PCSA": Label("통신비밀보호법", "Protection of Communications Secrets Act"),
    "PCSA-D": Label("통신비밀보호법 시행령", "Enforcement Decree of the Protection of Communications Secrets Act"),
    "TBA": Label("전기통신사업법", "Telecommunications Business Act"),
    "ICNA": Label("정보통신망법", "Information and Communications Network Act"),
    "18 USC": Label("미국 연방법전 제18편", "United States Code, Title 18"),
    "50 USC": Label("미국 연방법전 제50편", "United States Code, Title 50"),
}


def law_words(citations: Iterable[str], language: Language) -> str:
    """Citations by the title of their law and its short name; one that is not known is left as it is."""
    return ", ".join(_told(short, list(places), language) for short, places in groupby(citations, _short))


def _short(citation: str) -> str:
    """The short name that it begins with; none if no law is known by it."""
    return max((name for name in LAWS if citation == name or citation.startswith(f"{name} ")), key=len, default="")


def _told(short: str, citations: list[str], language: Language) -> str:
    if not short:
        return ", ".join(citations)
    title = pick(LAWS[short], language)
    places = ", ".join(place for each in citations if (place := each[len(short) :].strip()))
    return f"{title} {places} ({short})" if places else f"{title} ({short})"
