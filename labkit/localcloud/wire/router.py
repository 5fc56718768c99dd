"""Chooses, among many path templates, the most specific one that fits a request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from labkit.localcloud.wire.path_template import MANY, ONE, Template

T = TypeVar("T")


@dataclass(frozen=True)
class Route(Generic[T]):
    """What a path leads to, and the variables it carries, decoded."""

    target: T
    variables: dict[str, str]


@dataclass
class _Entry(Generic[T]):
    template: Template
    target: T


@dataclass
class _Node(Generic[T]):
    """A tree over segments; "*" is a child like any other. Templates with "**" wait where it stands."""

    children: dict[str, _Node[T]] = field(default_factory=dict)
    end: _Entry[T] | None = None
    many: list[_Entry[T]] = field(default_factory=list)


class Router(Generic[T]):
    """Templates by verb and shape: a literal wins over `*`, `*` over `**`, from left to right.

    >>> router = Router[str]()
    >>> router.add("GET", "/b/{bucket}/o/{object}", "get")
    >>> router.match("GET", "/b/data/o/train%2Fx.npy")
    Route(target='get', variables={'bucket': 'data', 'object': 'train/x.npy'})
    """

    def __init__(self) -> None:
        # Keyed by HTTP verb and the template's own verb: ("POST", "predict").
        self._roots: dict[tuple[str, str], _Node[T]] = {}

    def add(self, verb: str, template: str, target: T) -> None:
        """Raises ValueError for a bad template, or for one of the same shape as an earlier one."""
        entry = _Entry(Template.parse(template), target)
        segments = entry.template.segments
        node = self._roots.setdefault((verb, entry.template.verb), _Node())
        literal = segments.index(MANY) if MANY in segments else len(segments)
        for segment in segments[:literal]:
            node = node.children.setdefault(segment, _Node())
        if literal < len(segments):
            node.many.append(entry)
            # The longer the rest, the more it demands of a path.
            node.many.sort(key=lambda entry: -len(entry.template.segments))
        elif node.end is None:
            node.end = entry
        else:
            raise ValueError(f"{verb} {template} has the same shape as {node.end.template.text}, added before.")

    def match(self, verb: str, path: str) -> Route[T] | None:
        """The route of a raw (still percent-encoded) path without its query."""
        if not path.startswith("/"):
            return None
        head, colon, custom = path.rpartition(":")
        if colon and (root := self._roots.get((verb, custom))) and (route := _walk(root, head.split("/"), 1)):
            return route
        # Not a custom verb: a resource's id may hold a colon ("projects/example.com:lab").
        root = self._roots.get((verb, ""))
        return _walk(root, path.split("/"), 1) if root else None


def _walk(node: _Node[T], parts: Sequence[str], index: int) -> Route[T] | None:
    if index == len(parts):
        if node.end:
            return _route(node.end, parts)
    else:
        part = parts[index]
        # A path's own "*" is an id like any other, so it must not find the wildcard's node as a literal.
        literal = node.children.get(part) if part != ONE else None
        if literal and (route := _walk(literal, parts, index + 1)):
            return route
        wildcard = node.children.get(ONE) if part else None
        if wildcard and (route := _walk(wildcard, parts, index + 1)):
            return route
    return next((route for entry in node.many if (route := _route(entry, parts))), None)


def _route(entry: _Entry[T], parts: Sequence[str]) -> Route[T] | None:
    variables = entry.template.match_segments(parts[1:])
    return None if variables is None else Route(entry.target, variables)
