"""What the console's templates must not have, because browsers would write down what an officer types."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nullabona.docket import console

TEMPLATES = sorted((Path(console.__path__[0]) / "templates").glob("*.html"))
FORM = re.compile(r"<form\b[^>]*>")
FIELD = re.compile(r"<(?:input|textarea|select)\b[^>]*>")
PART_OF_FORMS = {"forms.html"}
"""Macros that other templates call within a form."""


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_field_is_kept_by_a_browser(template: Path) -> None:
    """Chromium keeps the fields of a page in its session files, unless their form or they themselves say otherwise."""
    source = template.read_text("utf-8")
    forms = FORM.findall(source)
    assert [] == [form for form in forms if 'autocomplete="off"' not in form or 'method="post"' not in form]
    outside = re.sub(r"<form\b.*?</form>", "", source, flags=re.DOTALL)
    typed = [field for field in FIELD.findall(outside) if 'type="hidden"' not in field]
    kept = [field for field in typed if 'autocomplete="off"' not in field]
    assert kept == [] or template.name in PART_OF_FORMS


def test_there_are_forms_to_look_at() -> None:
    """The patterns above find what they look for."""
    found = [form for template in TEMPLATES for form in FORM.findall(template.read_text("utf-8"))]
    assert len(found) > 10
