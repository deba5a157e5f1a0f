"""What every struct that is stored or sent looks like: fields, order, limits, defaults and tags, as text.

``python -m tests.store.stored_structs`` writes it anew. A change of it is a change of a format: what is old must be
read still, and the commit says how.
"""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
from msgspec import NODEFAULT

PACKAGES = ("nullabona.client.core", "nullabona.client.archive", "nullabona.docket.core", "nullabona.wire")
GOLDEN = Path(__file__).with_name("stored_structs.txt")


def modules() -> list[ModuleType]:
    """Every module of the packages that keep or send something."""
    found = []
    for name in PACKAGES:
        package = importlib.import_module(name)
        names = [info.name for info in pkgutil.walk_packages(package.__path__, f"{name}.")]
        found += [package, *(importlib.import_module(inner) for inner in names)]
    return found


def structs() -> list[type[msgspec.Struct]]:
    """Every struct that is defined there, in the order of their names."""
    found = {
        value
        for module in modules()
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, msgspec.Struct) and value.__module__ == module.__name__
    }
    return sorted(found, key=lambda struct: (struct.__module__, struct.__qualname__))


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.default is not NODEFAULT:
        return f" = {field.default!r}"
    if field.default_factory is not NODEFAULT:
        made: Any = field.default_factory
        return f" = {made()!r}"
    return ""


def _config(struct: type[msgspec.Struct]) -> str:
    config = struct.__struct_config__
    said = [f"tag {config.tag_field}={config.tag!r}"] if config.tag is not None else []
    flags = ("array_like", "forbid_unknown_fields", "omit_defaults", "frozen")
    return ", ".join(said + [name for name in flags if getattr(config, name)])


def text() -> str:
    """All of them."""
    lines = []
    for struct in structs():
        lines.append(f"{struct.__module__.removeprefix('nullabona.')}.{struct.__qualname__} ({_config(struct)})")
        kinds = msgspec.inspect.type_info(struct)
        assert isinstance(kinds, msgspec.inspect.StructType)
        for field, info in zip(msgspec.structs.fields(struct), kinds.fields, strict=True):
            lines.append(f"    {field.encode_name}: {_kind(info.type)}{_default(field)}")
    return "\n".join(lines) + "\n"


def _kind(kind: msgspec.inspect.Type) -> str:
    """A type in one line; structs by their names alone, as they stand elsewhere in the list."""
    match kind:
        case msgspec.inspect.StructType(cls=struct) | msgspec.inspect.EnumType(cls=struct):
            return struct.__qualname__
        case msgspec.inspect.UnionType(types=types):
            return " | ".join(_kind(each) for each in types)
        case msgspec.inspect.ListType(item_type=item) | msgspec.inspect.VarTupleType(item_type=item):
            return f"{_limits(kind)}[{_kind(item)}]"
        case msgspec.inspect.TupleType(item_types=items):
            return f"({', '.join(_kind(item) for item in items)})"
        case msgspec.inspect.DictType(key_type=key, value_type=value):
            return f"{_limits(kind)}{{{_kind(key)}: {_kind(value)}}}"
        case msgspec.inspect.TypedDictType(fields=named):
            return "{" + ", ".join(f"{f.encode_name}{'' if f.required else '?'}: {_kind(f.type)}" for f in named) + "}"
        case msgspec.inspect.Metadata(type=inner):
            return _kind(inner)
        case _:
            return _limits(kind)


def _limits(kind: msgspec.inspect.Type) -> str:
    values = {name: getattr(kind, name) for name in kind.__struct_fields__ if "type" not in name}
    said = ", ".join(f"{name} {value!r}" for name, value in values.items() if value is not None)
    return type(kind).__name__.removesuffix("Type").lower() + (f"({said})" if said else "")


if __name__ == "__main__":
    GOLDEN.write_text(text(), "utf-8")
