"""Every file of the site: pages in two languages from Jinja templates, data beside them.

Pure but for the templates: the same values give the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from nullabona.docket.production.classes import CLASSES, FIELDS
from nullabona.docket.site.charts import history_chart, outcome_chart
from nullabona.docket.site.exports import data_files
from nullabona.docket.site.figures import JURISDICTIONS, by_half, check_figures, total_of
from nullabona.docket.site.history import load_history
from nullabona.docket.site.publication import Publication
from nullabona.docket.site.silences import silences
from nullabona.docket.site.telling import Teller
from nullabona.docket.taxonomy import Catalogue, Row, Source
from nullabona.wire.demands import Label
from nullabona.words.catalogue import Language
from nullabona.words.demands import ANSWER, BRANCH, DATA_CLASS, FIELD, REASON, ROW_FIELD
from nullabona.words.laws import law_of

LANGUAGES: Final[tuple[Language, ...]] = ("ko", "en")
PAGES: Final = ("index", "held", "guide", "figures", "demands", "log", "law")
POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'"
)
"""The Content-Security-Policy of every page; a server adds ``frame-ancestors 'none'`` (docs/how-to)."""


def build(publication: Publication, catalogue: Catalogue) -> dict[str, bytes]:
    """Every file of the site by its path.

    Raises `FigureWrong` if a figure contradicts itself or says more than the law of its kind allows.
    """
    check_figures(publication, catalogue)
    data = data_files(publication, catalogue, load_history())
    site = Site(publication, catalogue, tuple(data))
    made = {f"data/{name}": content for name, content in data.items()}
    made |= {f"{language}/{page}.html": site.page(page, language) for language in LANGUAGES for page in PAGES}
    made["index.html"] = site.door()
    made |= {name: (_here() / name).read_bytes() for name in ("site.css", "icon.svg")}
    return made


@dataclass(frozen=True, slots=True)
class Site:
    """One publication, about to become pages."""

    publication: Publication
    catalogue: Catalogue
    data: tuple[str, ...]

    def page(self, page: str, language: Language) -> bytes:
        """One page in one language."""
        other = next(one for one in LANGUAGES if one != language)
        return self._render(f"{page}.html", Teller(language), page=page, other=other, root="../")

    def door(self) -> bytes:
        """The page in front, in both languages."""
        return self._render("door.html", Teller("ko"), english=Teller("en"), page="door", other="en", root="")

    def _render(self, template: str, teller: Teller, **values: Any) -> bytes:  # noqa: ANN401 - what a template takes
        shown = _environment().get_template(template).render(**self._values(teller), **values)
        return (shown.strip() + "\n").encode()

    def _values(self, teller: Teller) -> dict[str, Any]:
        order = tuple(dict.fromkeys(row.id for row in self.catalogue.rows))
        halves = {name: by_half(self.publication.figures, name, order) for name in JURISDICTIONS}
        return {
            "p": self.publication,
            "t": teller,
            "policy": POLICY,
            "pages": PAGES,
            "data": self.data,
            "halves": halves,
            "total": total_of(self.publication.figures),
            "labels": self._labels(),
            "rows": self.catalogue.newest(),
            "sources": {place: self._sources(place) for place in JURISDICTIONS},
            "silences": silences(self.catalogue, self.publication.signed_off),
            "missing": self.catalogue.missing,
            "older": tuple(row for row in self.catalogue.rows if row.valid_to is not None),
            "classes": CLASSES,
            "fields": FIELDS,
            "field_label": FIELD,
            "row_field": ROW_FIELD,
            "branch_label": BRANCH,
            "split": {
                place: [f for f in self.publication.figures if f.by and f.instrument.startswith(f"{place}.")]
                for place in JURISDICTIONS
            },
            "class_label": DATA_CLASS,
            "answer_label": ANSWER,
            "reason_label": REASON,
            "history": load_history(),
            "outcomes": outcome_chart(self.publication.figures, teller),
            "then": history_chart(load_history(), teller),
        }

    def _sources(self, jurisdiction: str) -> tuple[Source, ...]:
        """The laws that a jurisdiction's rows cite."""
        own = [law for row in self.catalogue.rows if row.jurisdiction == jurisdiction for law in row.law]
        names = [source.name for source in self.catalogue.sources]
        cited = {law_of(law, names) for law in own}
        return tuple(source for source in self.catalogue.sources if source.name in cited)

    def _labels(self) -> Mapping[str, Label]:
        """What each kind is called by its newest row."""
        oldest_first: list[Row] = sorted(self.catalogue.rows, key=lambda row: row.valid_from)
        return {row.id: row.label for row in oldest_first}


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("nullabona.docket.site", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _here() -> Any:  # noqa: ANN401 - importlib's Traversable
    return files("nullabona.docket.site")
