"""The kinds of legal demands as data: one TOML file per jurisdiction, strictly read (spec/docket.md, "Taxonomy").

What a row says of the law is what the desk's clocks, gates and public figures go by. A row that was not checked against
the text of the law says so in ``counsel``.
"""

from nullabona.docket.taxonomy.duration import Duration, parse_duration
from nullabona.docket.taxonomy.read import TaxonomyInvalid, load, parse, row_at
from nullabona.docket.taxonomy.rows import Catalogue, Row, Source

__all__ = [
    "Catalogue",
    "Duration",
    "Row",
    "Source",
    "TaxonomyInvalid",
    "load",
    "parse",
    "parse_duration",
    "row_at",
]
