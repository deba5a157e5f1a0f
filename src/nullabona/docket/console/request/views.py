"""Renders templates: everything is escaped, undefined names are errors, hidden characters in foreign text are shown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from functools import cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from nullabona.docket.console.rules.text import visible
from nullabona.docket.console.words import say
from nullabona.docket.core.instrument import DAY
from nullabona.words.catalogue import Language
from nullabona.words.laws import law_words

SOON_S: Final = 8 * 3600


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("nullabona.docket.console", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        said=said, when=_when, day=day, stamp=stamp, asjson=as_attribute, rest=rest, lane=lane, laws=law_words
    )
    return made


def render(template: str, values: Mapping[str, Any]) -> str:
    """The whole page."""
    return _environment().get_template(template).render(values)


def said(text: object) -> Markup:
    """Text from outside: escaped, its hidden characters shown, its text direction isolated."""
    return Markup("<bdi>{}</bdi>").format(visible(str(text)))


def when(at_s: int, zone: tzinfo) -> str:
    """A time to the minute, with the zone that it is read in."""
    at = datetime.fromtimestamp(at_s, zone)
    return f"{at:%Y-%m-%d %H:%M} {zone_name(zone, at)}"


def entered(at_s: int, zone: tzinfo) -> str:
    """A time as a form's field holds it; the field's label says the zone."""
    return datetime.fromtimestamp(at_s, zone).strftime("%Y-%m-%dT%H:%M")


def zone_name(zone: tzinfo, at: datetime) -> str:
    """``KST``, or ``UTC+0545`` where the zone has no letters."""
    name = at.astimezone(zone).tzname() or ""
    return name if name.isalpha() else f"UTC{name}"


@pass_context
def _when(context: Context, at_s: int) -> str:
    return when(at_s, context["zone"])


def stamp(at_s: int) -> str:
    """A time for HTML's ``datetime`` attribute."""
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def day(number: int) -> str:
    """A day."""
    return datetime.fromtimestamp(number * DAY, UTC).strftime("%Y-%m-%d")


def as_attribute(value: object) -> str:
    """JSON for a ``data-`` attribute; the template escapes it."""
    return json.dumps(value, ensure_ascii=True)


def rest(due_s: int, now_s: int, language: Language) -> str:
    """The time left until ``due_s``, in two units; the page's script counts down from it."""
    seconds = abs(due_s - now_s)
    if seconds >= DAY:
        parts = ((seconds // DAY, "d"), (seconds % DAY // 3600, "h"))
    elif seconds >= 3600:
        parts = ((seconds // 3600, "h"), (seconds % 3600 // 60, "m"))
    else:
        parts = ((seconds // 60, "m"), (seconds % 60, "s"))
    text = " ".join(f"{number}{say(f'unit-{unit}', language)}" for number, unit in parts)
    return f"−{text}" if due_s < now_s else text


def lane(due_s: int | None, now_s: int) -> str:
    """The urgency of a deadline: ``late``, ``soon`` or empty."""
    if due_s is None:
        return ""
    return "late" if due_s <= now_s else "soon" if due_s - now_s <= SOON_S else ""
