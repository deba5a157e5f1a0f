"""The files of the page, read from the package once and kept (docs/decisions/0008)."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from nullabona.app.server.headers import LOCKED_PAGE, STATIC
from nullabona.machine.http_answer import HttpAnswer, refuse

_INDEX: Final = "/index.html"
LOCKED: Final = "/locked"
"""The lock's page: the same, except for headers that make browsers show it in another process."""
_MISSING: Final = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>nullabona</title>
<h1>nullabona</h1>
<p>The page of the messenger was not built. Run <code>make ui</code> in the source tree, then start it again.</p>
<p lang="ko">메신저 화면이 빌드되지 않았습니다. 소스 폴더에서 <code>make ui</code>를 한 뒤 다시 시작하세요.</p>
</html>
"""


class Pages:
    """Answers paths with the files of the built page. Only names found when it was made are ever served."""

    def __init__(self, folder: Traversable | None = None) -> None:
        root = folder if folder is not None else files("nullabona.app") / "page"
        self._files: dict[str, HttpAnswer] = {}
        if root.is_dir():
            self._load(root, "")

    def _load(self, folder: Traversable, prefix: str) -> None:
        for item in folder.iterdir():
            path = f"{prefix}/{item.name}"
            if item.is_dir():
                self._load(item, path)
            elif (kind := STATIC.get(item.name[item.name.rfind(".") :])) is not None:
                self._files[path] = HttpAnswer(200, item.read_bytes(), kind)

    def get(self, path: str) -> HttpAnswer:
        """The file, or instructions if the page was not built."""
        found = self._files.get(_INDEX if path in {"/", LOCKED} else path)
        if found is not None:
            return replace(found, headers=LOCKED_PAGE) if path == LOCKED else found
        if path == "/":
            return HttpAnswer(200, _MISSING.encode(), STATIC[".html"])
        return refuse(404, "there is nothing here", close=False)
