"""What a PromQL query reads: the series it selects, and whether its answer is one number.

The parser is the one of GreptimeDB. Its time grows with the cube of the nesting, so what is longer or more deeply
nested than any autoscaler's query is not read at all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import promql_parser

_LONGEST_QUERY_CHARACTERS = 2_000
_DEEPEST_NESTING = 16
_MOST_OPERATORS = 64
_NAME_LABEL = "__name__"
# Aggregations that keep whole series, so that their answer may hold several.
_KEEPING_AGGREGATIONS = frozenset({"topk", "bottomk", "limitk", "limit_ratio", "count_values"})
_SINGLE_CALLS = frozenset({"scalar", "vector", "time", "pi", "absent", "absent_over_time"})
_SERIES_OPERATORS = frozenset({"and", "or", "unless"})


@dataclass(frozen=True, slots=True)
class SeriesSelector:
    """One selector of a query.

    Attributes:
        name: The metric, "" where the selector matches names by a pattern.
        pinned_labels: Labels that the selector requires to be equal to something.
    """

    name: str
    pinned_labels: frozenset[str]


@dataclass(frozen=True, slots=True)
class PrometheusQuery:
    """What a query reads.

    Attributes:
        selectors: The selectors, in the order of the query.
        gives_one_number: Whether the answer is one element whatever is scraped; False where it has one element for
            each series of a selector; None where labels decide.
        aggregation: The outermost aggregation where it takes one selector as it is and drops every label ("sum" of
            `sum(x)`), "" where the query is a selector and nothing else, None for anything else.
        has_substitute: Whether the query supplies a value where its metrics are lost (`or vector(0)`, `absent`).
    """

    selectors: tuple[SeriesSelector, ...]
    gives_one_number: bool | None
    aggregation: str | None
    has_substitute: bool


@lru_cache(maxsize=256)
def read_prometheus_query(text: str) -> PrometheusQuery | None:
    """Return what a PromQL query reads; None where it is no PromQL, or too long or too nested to be read here."""
    if not _is_within_bounds(text):
        return None
    try:
        expression = promql_parser.parse(text)
    except ValueError:
        return None
    nodes: list[promql_parser.Expr] = []

    def visit(node: promql_parser.Expr) -> bool:
        nodes.append(node)
        return True

    promql_parser.walk(expression, visit)
    return PrometheusQuery(
        selectors=tuple(_selectors(nodes)),
        gives_one_number=_gives_one_number(expression),
        aggregation=_plain_aggregation(expression),
        has_substitute=any(_is_substitute(node) for node in nodes),
    )


def _is_within_bounds(text: str) -> bool:
    if len(text) > _LONGEST_QUERY_CHARACTERS or not text.strip():
        return False
    depth = deepest = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
    operators = sum(text.count(each) for each in "+-*/%^<>") + text.count("==") + text.count("!=")
    words = sum(text.lower().count(each) for each in _SERIES_OPERATORS)
    return deepest <= _DEEPEST_NESTING and operators + words <= _MOST_OPERATORS


def _selectors(nodes: list[promql_parser.Expr]) -> Iterator[SeriesSelector]:
    for node in nodes:
        if not isinstance(node, promql_parser.VectorSelector):
            continue
        equal = {
            matcher.name: matcher.value
            for matcher in node.matchers.matchers
            if matcher.op == promql_parser.MatchOp.Equal and matcher.value
        }
        yield SeriesSelector(node.name or equal.get(_NAME_LABEL, ""), frozenset(equal) - {_NAME_LABEL})


def _gives_one_number(node: promql_parser.Expr) -> bool | None:
    if isinstance(node, promql_parser.NumberLiteral):
        return True
    if isinstance(node, promql_parser.VectorSelector | promql_parser.MatrixSelector):
        return False
    if isinstance(node, promql_parser.AggregateExpr):
        if str(node.op) in _KEEPING_AGGREGATIONS:
            return None
        return True if _drops_every_label(node) else None
    if isinstance(node, promql_parser.Call):
        return _call_gives_one_number(node)
    if isinstance(node, promql_parser.ParenExpr | promql_parser.UnaryExpr | promql_parser.SubqueryExpr):
        return _gives_one_number(node.expr)
    if isinstance(node, promql_parser.BinaryExpr):
        sides = (node.lhs, node.rhs)
        if all(_gives_one_number(side) is True for side in sides):
            return True
        others = [side for side in sides if not isinstance(side, promql_parser.NumberLiteral)]
        return _gives_one_number(others[0]) if len(others) == 1 else None
    return None


def _call_gives_one_number(call: promql_parser.Call) -> bool | None:
    name = call.func.name
    if name in _SINGLE_CALLS:
        return True
    arguments = [each for each in call.args if not isinstance(each, promql_parser.NumberLiteral)]
    if not arguments:
        return None
    argument = arguments[0]
    if name == "histogram_quantile" and isinstance(argument, promql_parser.AggregateExpr):
        return True if _kept_labels(argument) <= {"le"} else None
    return _gives_one_number(argument)


def _drops_every_label(node: promql_parser.AggregateExpr) -> bool:
    return not _kept_labels(node)


def _kept_labels(node: promql_parser.AggregateExpr) -> frozenset[str]:
    """Return the labels an aggregation keeps; one that no label has stands for those `without` leaves."""
    modifier = node.modifier
    if modifier is None:
        return frozenset()
    if modifier.type == promql_parser.AggModifierType.By:
        return frozenset(modifier.labels)
    return frozenset({"*"})


def _plain_aggregation(node: promql_parser.Expr) -> str | None:
    if isinstance(node, promql_parser.ParenExpr):
        return _plain_aggregation(node.expr)
    if isinstance(node, promql_parser.VectorSelector):
        return ""
    if isinstance(node, promql_parser.AggregateExpr) and _drops_every_label(node) and node.param is None:
        inner = node.expr
        while isinstance(inner, promql_parser.ParenExpr):
            inner = inner.expr
        if isinstance(inner, promql_parser.VectorSelector):
            return str(node.op)
    return None


def _is_substitute(node: promql_parser.Expr) -> bool:
    if isinstance(node, promql_parser.BinaryExpr):
        return str(node.op) == "or"
    return isinstance(node, promql_parser.Call) and node.func.name.startswith("absent")
