"""Every small change that a mutant can be, found in one file's syntax tree. Pure: text in, changes out.

A change replaces one stretch of text and leaves the rest of the file as it is, so a line number means the same before
and after. Left out is what no test could or should notice: docstrings, annotations, assertions that only tell mypy
something, the words of error messages, and what runs for a type checker alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_COMPARISONS: Final[dict[type[ast.cmpop], str]] = {
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.In: "not in",
    ast.NotIn: "in",
    ast.Is: "is not",
    ast.IsNot: "is",
}
_ARITHMETIC: Final[dict[type[ast.operator], str]] = {
    ast.Add: "-",
    ast.Sub: "+",
    ast.Mult: "+",
    ast.FloorDiv: "*",
    ast.Div: "*",
    ast.Mod: "//",
    ast.BitAnd: "|",
    ast.BitOr: "&",
}
_CALLS: Final = {"min": "max", "max": "min", "any": "all", "all": "any"}
_SKIPPED_CALLS: Final = frozenset({"NewType", "TypeVar", "cast", "assert_never"})


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """One stretch of a file's bytes, and what stands there instead."""

    line: int
    start: int
    end: int
    new: str
    kind: str

    def apply(self, source: bytes) -> bytes:
        """The file with this change made."""
        return source[: self.start] + self.new.encode() + source[self.end :]


class _Finder:
    def __init__(self, source: bytes) -> None:
        self._source = source
        self._lines = [0]
        for line in source.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """The bytes of a node, from the first to behind the last."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        start = self._lines[node.lineno - 1] + node.col_offset
        return start, self._lines[node.end_lineno - 1] + node.end_col_offset

    def text(self, node: ast.expr | ast.stmt) -> str:
        """What stands there."""
        start, end = self.span(node)
        return self._source[start:end].decode()

    def change(self, node: ast.expr | ast.stmt, new: str, kind: str) -> Change:
        """The whole node replaced."""
        start, end = self.span(node)
        return Change(node.lineno, start, end, new, kind)

    def between(self, left: ast.expr, right: ast.expr, old: str, new: str, kind: str) -> Iterator[Change]:
        """An operator replaced, which stands somewhere between two operands, among brackets and comments."""
        start, end = self.span(left)[1], self.span(right)[0]
        at = self._source[start:end].find(old.encode())
        if at >= 0 and b"#" not in self._source[start:end]:
            yield Change(left.lineno, start + at, start + at + len(old.encode()), new, kind)


_SIGNS: Final[dict[type[ast.AST], str]] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.FloorDiv: "//",
    ast.Div: "/",
    ast.Mod: "%",
    ast.BitAnd: "&",
    ast.BitOr: "|",
}


def changes(source: bytes) -> list[Change]:
    """All changes of one file, in order. Raises `SyntaxError` if it is no Python."""
    finder = _Finder(source)
    tree = ast.parse(source)
    found = {change for node in _code(tree) for change in _of(finder, node)}
    spans = [finder.span(statement) for statement in _members(tree.body)]
    return sorted(change for change in found if _parses(_around(change, spans, source)))


def _members(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module, and instead of each class those of its body, then the class itself."""
    for statement in body:
        if isinstance(statement, ast.ClassDef):
            yield from _members(statement.body)
        yield statement


def _around(change: Change, spans: list[tuple[int, int]], source: bytes) -> bytes:
    """The function or statement that holds a change, with the change made: the rest of the file stays as it is.

    Parsing the whole file for each change takes many times as long.
    """
    start, end = next((start, end) for start, end in spans if start <= change.start and change.end <= end)
    indent = source[source.rfind(b"\n", 0, start) + 1 : start]
    return b"if 1:\n " + indent + source[start : change.start] + change.new.encode() + source[change.end : end]


def _parses(source: bytes) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


def _code(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a tree that do something, outermost first."""
    yield tree
    for name, value in ast.iter_fields(tree):
        if name in {"annotation", "returns", "decorator_list", "bases"}:
            continue
        if name == "keywords" and isinstance(tree, ast.ClassDef):  # frozen, omit_defaults: what a struct is, not does
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _silent(child):
                yield from _code(child)


def _silent(node: ast.AST) -> bool:
    match node:
        case ast.Assert() | ast.Import() | ast.ImportFrom() | ast.JoinedStr():
            return True
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
        case ast.Call(func=ast.Name(id=name)):
            return name in _SKIPPED_CALLS
        case ast.Assign(targets=[ast.Name(id="__all__")]):
            return True
        case _:
            return False


def _of(finder: _Finder, node: ast.AST) -> Iterator[Change]:
    yield from _operators(finder, node)
    yield from _values(finder, node)
    if isinstance(node, ast.stmt):
        yield from _statement(finder, node)


def _operators(finder: _Finder, node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.Compare(left=left, ops=ops, comparators=right):
            for before, operator, after in zip([left, *right], ops, right, strict=False):
                new = _COMPARISONS[type(operator)]
                yield from finder.between(before, after, _SIGNS[type(operator)], new, "comparison")
        case ast.BoolOp(op=operator, values=values):
            old, new = ("and", "or") if isinstance(operator, ast.And) else ("or", "and")
            yield from finder.between(values[0], values[1], old, new, "connective")
        case ast.BinOp(left=left_side, op=sign, right=right_side) if type(sign) in _ARITHMETIC:
            yield from finder.between(left_side, right_side, _SIGNS[type(sign)], _ARITHMETIC[type(sign)], "arithmetic")
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield finder.change(node, finder.text(operand), "negation")
        case _:
            pass


def _values(finder: _Finder, node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test):
            yield finder.change(test, f"not ({finder.text(test)})", "condition")
        case ast.comprehension(ifs=tests):
            yield from (finder.change(test, "True", "filter") for test in tests)
        case ast.Constant(value=bool() as value):
            yield finder.change(node, str(not value), "constant")
        case ast.Constant(value=int() as value):
            yield finder.change(node, str(value + 1), "constant")
        case ast.Call(func=ast.Name(id=name) as function) if name in _CALLS:
            yield finder.change(function, _CALLS[name], "call")
        case _:
            pass


def _statement(finder: _Finder, node: ast.stmt) -> Iterator[Change]:
    match node:
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield finder.change(value, "None", "return")
        case ast.Expr(value=ast.Call() | ast.Await()) | ast.AugAssign() | ast.Delete():
            yield finder.change(node, "pass", "statement")
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield finder.change(node, "pass", "statement")
        case ast.Raise():
            yield finder.change(node, "pass", "statement")
        case ast.Continue():
            yield finder.change(node, "break", "jump")
        case ast.Break():
            yield finder.change(node, "continue", "jump")
        case _:
            pass
