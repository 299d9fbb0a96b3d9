"""Configuration classes of the package transformers: their defaults, and the checkpoint these are said to equal.

The classes are read, never run. What a class says of a checkpoint is a claim: some name repositories that do not
exist.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from neuroscale.errors import InvalidInputError

_DECORATOR, _CHECKPOINT = "auto_docstring", "checkpoint"
CONTEXT_FIELD = "max_position_embeddings"


@dataclass(frozen=True, slots=True)
class ClassDefaults:
    """The defaults of one configuration class.

    Attributes:
        repository: Repository whose configuration the class documents as its defaults.
        model_type: Its `model_type`.
        fields: Default of every field whose default is a plain value.
    """

    repository: str
    model_type: str
    fields: dict[str, object]


def read_class_defaults(content: bytes, source: str) -> Iterator[ClassDefaults]:
    """Return every configuration class of a Python module that names its checkpoint.

    Raises:
        InvalidInputError: It is no Python module.
    """
    try:
        module = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError) as problem:
        raise InvalidInputError(f"is no Python module: {problem}", field=source) from None
    for node in module.body:
        if not isinstance(node, ast.ClassDef):
            continue
        repository = next((name for name in map(_checkpoint, node.decorator_list) if name), None)
        plain = dict(_plain_values(node))
        model_type = plain.pop("model_type", None)
        if repository is not None and isinstance(model_type, str):
            fields = {name: value for name, value in plain.items() if name in _annotated(node)}
            yield ClassDefaults(repository, model_type, fields)


def _checkpoint(decorator: ast.expr) -> str | None:
    if not (isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Name)):
        return None
    if decorator.func.id != _DECORATOR:
        return None
    for keyword in decorator.keywords:
        if keyword.arg == _CHECKPOINT and isinstance(keyword.value, ast.Constant):
            return str(keyword.value.value)
    return None


def _annotated(node: ast.ClassDef) -> frozenset[str]:
    return frozenset(
        statement.target.id
        for statement in node.body
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
    )


def _plain_values(node: ast.ClassDef) -> Iterator[tuple[str, object]]:
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                pass
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                pass
            case _:
                continue
        try:
            yield name, ast.literal_eval(value)
        except ValueError:
            continue
