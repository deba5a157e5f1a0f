"""The public record as a web site: values in, files out (spec/docket.md). Static, without scripts, Korean and English.

`build` makes every file from a `Publication`; `write_site` puts them into a folder that any web server can carry.
"""

from nullabona.docket.site.pages import build
from nullabona.docket.site.publication import Publication, read_publication
from nullabona.docket.site.write import write_site

__all__ = ["Publication", "build", "read_publication", "write_site"]
