"""When a binding counts: IAM's use of the Common Expression Language.

Attributes and functions: https://cloud.google.com/iam/docs/conditions-attribute-reference. celpy is imported when the
first condition is met: it takes 0.1 s, and most clouds have none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any

from labkit.localcloud.core.access import Resource
from labkit.localcloud.errors import ApiError
from labkit.localcloud.iam.policy import Condition

# The prefix of a listing, for rules such as "may list below reports/".
OBJECT_LIST_PREFIX = "storage.googleapis.com/objectListPrefix"

_MOST_LOGICAL_OPERATORS = 12  # https://cloud.google.com/iam/quotas
_MOST_CHARACTERS = 10_000

_ATTRIBUTES = frozenset({"resource.name", "resource.type", "resource.service", "request.time"})
_API_ATTRIBUTES = frozenset({OBJECT_LIST_PREFIX})
_TIME_PARTS = ("FullYear", "Month", "Date", "DayOfMonth", "DayOfWeek", "DayOfYear", "Hours", "Minutes", "Seconds")
_TAG_FUNCTIONS = ("hasTagKey", "hasTagKeyId", "matchTag", "matchTagId")
_FUNCTIONS = frozenset(
    {"startsWith", "endsWith", "contains", "matches", "size", "extract", "timestamp", "duration", "getAttribute"}
    | {f"get{part}" for part in _TIME_PARTS}
    | set(_TAG_FUNCTIONS)
)

# What a function may be called on besides a value: `resource.matchTag(…)`, `api.getAttribute(…)`.
_RECEIVERS = frozenset({"resource", "api"})

_TEMPLATE = re.compile(r"(?P<before>[^{}]*)\{\w+\}(?P<after>[^{}]*)")


def check(condition: Condition) -> None:
    """Raises INVALID_ARGUMENT for what IAM would not keep: no title, bad syntax, unknown names, no boolean."""
    if not condition.expression or not condition.title:
        raise ApiError.invalid("A condition needs an expression and a title.", field="policy.bindings.condition")
    expression = condition.expression
    operators = expression.count("&&") + expression.count("||")
    if len(expression) > _MOST_CHARACTERS or operators > _MOST_LOGICAL_OPERATORS:
        raise _refusal(expression, f"it is too long: at most {_MOST_LOGICAL_OPERATORS} logical operators are allowed")
    try:
        problem = next(_unknown_names(_parse(expression)), "") or _misbehaviour(expression)
    except RecursionError as error:
        raise _refusal(expression, "it is nested too deeply") from error
    if problem:
        raise _refusal(expression, problem)


def holds(condition: Condition, resource: Resource, time: datetime) -> bool:
    """Whether the condition is met; one that cannot be evaluated is not."""
    from celpy.evaluation import CELEvalError

    try:
        return _evaluate(condition.expression, resource, time) is True
    except (CELEvalError, ApiError, ArithmeticError, LookupError, TypeError, ValueError):
        return False


def extract(value: str, template: str) -> str:
    """The part of `value` that stands where the template has its {name}; empty where the template does not fit.

    >>> extract("projects/_/buckets/b/objects/a/x", "buckets/{bucket}/objects")
    'b'
    """
    match = _TEMPLATE.fullmatch(template)
    if match is None:
        raise ValueError(f"{template!r} needs one {{name}}")
    _, found, rest = value.partition(match["before"]) if match["before"] else ("", True, value)
    if not found:
        return ""
    if not match["after"]:
        return rest
    part, found, _ = rest.partition(match["after"])
    return part if found else ""


def _refusal(expression: str, problem: str) -> ApiError:
    return ApiError.invalid(
        f"Condition expression compilation failed. Error: {problem}. The expression: {expression[:200]!r}.",
        field="policy.bindings.condition.expression",
    )


def _unknown_names(tree: Any) -> Iterator[str]:
    """What is wrong with the names in a syntax tree, in the words of Google's compiler."""
    if tree.data == "member_dot":
        if _dotted(tree) not in _ATTRIBUTES:
            yield f"undefined field '{tree.children[1]}'"
        return
    if tree.data in {"ident", "dot_ident"}:
        if tree.children[0] not in _RECEIVERS:
            yield _undeclared(tree.children[0])
        return
    if tree.data in {"ident_arg", "dot_ident_arg", "member_dot_arg"}:
        yield from _unknown_call(tree)
    for child in tree.children:
        if hasattr(child, "data"):
            yield from _unknown_names(child)


def _unknown_call(tree: Any) -> Iterator[str]:
    name = next(child for child in tree.children if not hasattr(child, "data"))
    if name not in _FUNCTIONS:
        yield _undeclared(name)
    elif name == "getAttribute":
        attribute = str(next(tree.children[-1].scan_values(lambda _: True), "")).strip("'\"")
        if attribute not in _API_ATTRIBUTES:
            known = ", ".join(sorted(_API_ATTRIBUTES))
            yield f"the API attribute {attribute!r} is not known here; {known} is"


def _undeclared(name: str) -> str:
    return f"undeclared reference to '{name}' (in container '')"


def _dotted(tree: Any) -> str:
    """ "resource.name" of the tree of just that, else something that is no attribute."""
    return ".".join(str(token) for token in tree.scan_values(lambda _: True))


def _misbehaviour(expression: str) -> str:
    """What is wrong with its outcome for a resource like any other; empty where it is a condition."""
    from celpy.evaluation import CELEvalError

    resource = Resource("storage.googleapis.com", "projects/_/buckets/b/objects/o", "storage.googleapis.com/Object")
    try:
        outcome = _evaluate(expression, resource, datetime(2026, 1, 1, tzinfo=timezone.utc))
    except (CELEvalError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        return str(error.args[0]).partition(" (in activation")[0]
    return "" if isinstance(outcome, bool) else f"it is no condition: it gives {outcome!r}, not a bool"


def _evaluate(expression: str, resource: Resource, time: datetime) -> object:
    from celpy import celtypes
    from celpy.adapter import json_to_cel

    context = {
        "resource": json_to_cel({"name": resource.name, "type": resource.type, "service": resource.service}),
        "request": celtypes.MapType({celtypes.StringType("time"): celtypes.TimestampType(time)}),
        "api": json_to_cel(dict(resource.api_attributes)),
    }
    outcome = _program(expression).evaluate(context)
    return bool(outcome) if isinstance(outcome, celtypes.BoolType) else outcome


@lru_cache(maxsize=1024)
def _program(expression: str) -> Any:
    import celpy

    # The interpreter, not celpy's compiler, which would build Python source from what a client sent.
    environment = celpy.Environment(runner_class=celpy.InterpretedRunner)
    return environment.program(_parse(expression), functions=_functions())


@lru_cache(maxsize=1024)
def _parse(expression: str) -> Any:
    import celpy
    from celpy.celparser import CELParseError

    try:
        return celpy.Environment().compile(expression)
    except CELParseError as error:
        raise _refusal(expression, f"Syntax error:\n{error.args[0]}") from error


@lru_cache(maxsize=1)
def _functions() -> dict[str, Any]:
    from celpy import celtypes

    def get_attribute(api: Any, name: Any, default: Any) -> Any:
        return api.get(name, default)

    def has_tag(*_: Any) -> Any:
        return celtypes.BoolType(False)  # noqa: FBT003 - No resource of this cloud has tags.

    def extract_text(value: Any, template: Any) -> Any:
        return celtypes.StringType(extract(value, template))

    return {
        "extract": extract_text,
        "getAttribute": get_attribute,
        **dict.fromkeys(_TAG_FUNCTIONS, has_tag),
    }
