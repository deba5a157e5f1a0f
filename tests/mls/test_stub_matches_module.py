"""The stub that others code against says what the compiled module has: every name, method and parameter."""

import ast
import inspect
from pathlib import Path

import nullabona_mls
from nullabona_mls import _native

STUB = ast.parse(Path(nullabona_mls.__file__).with_name("_native.pyi").read_text())
TYPES_ONLY = {"Row"}
CLASSES = {node.name: node for node in STUB.body if isinstance(node, ast.ClassDef)}
FUNCTIONS = {node.name: node for node in STUB.body if isinstance(node, ast.FunctionDef)}
VALUES = {
    node.target.id for node in STUB.body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
} - TYPES_ONLY


def public(names: list[str]) -> set[str]:
    return {name for name in names if not name.startswith("_")}


def decorators(node: ast.FunctionDef) -> set[str]:
    return {decorator.id for decorator in node.decorator_list if isinstance(decorator, ast.Name)}


def stub_parameters(node: ast.FunctionDef) -> list[str]:
    """Parameters in order; keyword-only ones marked, and whether each may be left out."""
    arguments = node.args
    optional = len(arguments.args) - len(arguments.defaults)
    places = [argument.arg + "?" * (place >= optional) for place, argument in enumerate(arguments.args)]
    keywords = [
        f"*{argument.arg}" + "?" * (default is not None)
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    ]
    return [name for name in places + keywords if name not in {"self", "cls"}]


def real_parameters(function: object) -> list[str]:
    assert callable(function)
    parameters = inspect.signature(function).parameters.values()
    marks = [
        "*" * (one.kind is one.KEYWORD_ONLY) + one.name + "?" * (one.default is not one.empty) for one in parameters
    ]
    return [name for name in marks if name not in {"self", "cls"}]


def test_every_public_name_is_in_both() -> None:
    """And the package re-exports all of them."""
    stub = set(CLASSES) | set(FUNCTIONS) | VALUES
    assert stub == public(dir(_native))
    assert stub == set(nullabona_mls.__all__)
    assert sorted(nullabona_mls.__all__) == sorted(public(dir(nullabona_mls)))


def test_functions_have_the_same_parameters() -> None:
    for name, node in FUNCTIONS.items():
        assert (name, stub_parameters(node)) == (name, real_parameters(getattr(_native, name)))


def test_classes_have_the_same_members() -> None:
    """Methods and properties, nothing more and nothing less; exceptions have the bases the stub draws."""
    for name, node in CLASSES.items():
        real = getattr(_native, name)
        methods = {part.name for part in node.body if isinstance(part, ast.FunctionDef)}
        if issubclass(real, Exception):
            assert [base.id for base in node.bases if isinstance(base, ast.Name)] == [real.__base__.__name__]
        else:
            assert (name, public(list(methods))) == (name, public(list(vars(real))))


def test_methods_have_the_same_parameters_and_kinds() -> None:
    """A property is a property, a static method is static, and parameters agree in name, order and need."""
    for name, node in CLASSES.items():
        for part in node.body:
            if not isinstance(part, ast.FunctionDef):
                continue
            owner = getattr(_native, name)
            if part.name == "__new__":
                assert (name, stub_parameters(part)) == (name, real_parameters(owner))
                continue
            real, kinds = vars(owner)[part.name], decorators(part)
            assert ("property" in kinds) == (type(real).__name__ == "getset_descriptor"), part.name
            assert ("staticmethod" in kinds) == isinstance(real, staticmethod), part.name
            if "property" not in kinds:
                assert (name, part.name, stub_parameters(part)) == (
                    name,
                    part.name,
                    real_parameters(getattr(owner, part.name)),
                )
