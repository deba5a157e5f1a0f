"""The page's TypeScript types, made from the structs of ``nullabona.app.protocol``."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from types import ModuleType
from typing import Final, get_args

import msgspec
from msgspec import inspect as mi

from nullabona.app.protocol import (
    account_calls,
    backup_calls,
    backup_views,
    call,
    device_calls,
    import_calls,
    moving_calls,
    people_calls,
    privacy_views,
    pushes,
    record_calls,
    talk_calls,
    update_calls,
    views,
)

PATH: Final = "ui/src/lib/protocol.ts"
_HEAD: Final = """// Made from src/nullabona/app/protocol by tools/protocol_types.py: `make generate`. Do not edit.
/* eslint-disable */
"""


def page() -> str:
    """The whole file."""
    parts = [_HEAD]
    parts += [_alias(name, getattr(views, name)) for name in _aliases(views)]
    for module in (
        privacy_views,
        backup_views,
        views,
        call,
        account_calls,
        talk_calls,
        device_calls,
        people_calls,
        moving_calls,
        backup_calls,
        record_calls,
        import_calls,
        update_calls,
        pushes,
    ):
        parts += [_interface(struct) for struct in _structs(module)]
    calls = dict(sorted(call.ANSWERS.items(), key=lambda pair: pair[0].__name__))  # they register as modules load
    parts.append(_union("AnyPush", get_args(pushes.AnyPush)))
    parts.append(_union("AnyCall", calls))
    parts.append(_union("FromServer", (pushes.Answered, pushes.Failed, pushes.Pushed)))
    rows = "\n".join(f"  {asked.__name__}: {answer.__name__};" for asked, answer in calls.items())
    parts.append(f"/** What each call answers. */\nexport interface Answers {{\n{rows}\n}}\n")
    return "\n".join(parts)


def _structs(module: ModuleType) -> list[type[msgspec.Struct]]:
    found = [
        item
        for item in vars(module).values()
        if inspect.isclass(item) and issubclass(item, msgspec.Struct) and item.__module__ == module.__name__
    ]
    return [item for item in found if item not in {call.Call, pushes.Push}]


def _aliases(module: ModuleType) -> list[str]:
    return [
        name
        for name, item in vars(module).items()
        if getattr(item, "__origin__", None) is not None and name != "Literal"
    ]


def _alias(name: str, literal: object) -> str:
    return f"export type {name} = {' | '.join(repr_ts(value) for value in get_args(literal))};\n"


def _union(name: str, members: Iterable[type]) -> str:
    return f"export type {name} =\n" + "\n".join(f"  | {member.__name__}" for member in members) + ";\n"


def _interface(struct: type[msgspec.Struct]) -> str:
    info = mi.type_info(struct)
    assert isinstance(info, mi.StructType)
    lines = [_doc(struct), f"export interface {struct.__name__} {{"]
    if info.tag_field is not None:
        lines.append(f"  {info.tag_field}: {repr_ts(info.tag)};")
    asked = issubclass(struct, call.Call)
    for field in info.fields:
        optional = "?" if asked and not field.required else ""
        lines.append(f"  {field.name}{optional}: {_type(field.type)};")
    return "\n".join([*(line for line in lines if line), "}\n"])


def _doc(struct: type) -> str:
    text = inspect.cleandoc(struct.__doc__ or "")
    if not text or text.startswith(f"{struct.__name__}("):
        return ""
    return "/** " + text.replace("*/", "* /").replace("\n", "\n * ") + " */"


def repr_ts(value: object) -> str:
    """A literal of TypeScript."""
    return msgspec.json.encode(value).decode()


def _type(kind: mi.Type) -> str:  # noqa: C901, PLR0911 - one line a kind
    match kind:
        case mi.StructType(cls=cls):
            return cls.__name__
        case mi.LiteralType(values=values):
            return " | ".join(repr_ts(value) for value in values)
        case mi.ListType(item_type=item) | mi.VarTupleType(item_type=item):
            inner = _type(item)
            return f"({inner})[]" if " | " in inner else f"{inner}[]"
        case mi.DictType(key_type=key, value_type=value):
            return f"Record<{_type(key)}, {_type(value)}>"
        case mi.UnionType(types=types):
            return "AnyPush" if len(types) > 4 else " | ".join(_type(item) for item in types)
        case mi.StrType():
            return "string"
        case mi.IntType() | mi.FloatType():
            return "number"
        case mi.BoolType():
            return "boolean"
        case mi.NoneType():
            return "null"
        case mi.AnyType():
            return "unknown"
        case _:
            raise TypeError(f"no TypeScript for {kind}")
