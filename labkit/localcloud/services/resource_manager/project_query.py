"""The query language of Resource Manager's project search, v1's `filter` and v3's `query` alike.

    name:how* labels.color:red          either of them
    lifecycleState:ACTIVE AND (id:lab-*) both of them

Source: google/cloud/resourcemanager/v3/projects.proto, SearchProjectsRequest. gcloud adds AND and parentheses.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import fnmatchcase

from labkit.localcloud.core.projects import Project
from labkit.localcloud.errors import ApiError

# Does a project pass?
Predicate = Callable[[Project], bool]

_TOKEN = re.compile(
    r'\s*(?:(?P<paren>[()])|(?P<key>[\w.-]+)\s*[:=]\s*(?:"(?P<quoted>[^"]*)"|(?P<plain>[^\s()]+))|(?P<word>\w+))'
)


def parse(text: str) -> Predicate:
    """An empty query finds every project. Raises INVALID_ARGUMENT with the place."""
    if not text.strip():
        return lambda project: True
    return _Parser(text).parse()


class _Parser:
    """Terms side by side are alternatives, as Google has it; AND joins the two sides of it."""

    def __init__(self, text: str) -> None:
        self._text = text.rstrip()
        self._at = 0

    def parse(self) -> Predicate:
        predicate = self._alternatives()
        if self._at < len(self._text):
            raise self._error()
        return predicate

    def _alternatives(self) -> Predicate:
        options = [self._conjunction()]
        while self._at < len(self._text) and not self._follows(")"):
            self._accept("OR")
            options.append(self._conjunction())
        return lambda project: any(option(project) for option in options)

    def _conjunction(self) -> Predicate:
        parts = [self._term()]
        while self._accept("AND"):
            parts.append(self._term())
        return lambda project: all(part(project) for part in parts)

    def _term(self) -> Predicate:
        if self._accept("NOT"):
            inner = self._term()
            return lambda project: not inner(project)
        if self._accept("("):
            inner = self._alternatives()
            if not self._accept(")"):
                raise self._error()
            return inner
        match = _TOKEN.match(self._text, self._at)
        if match is None or match["key"] is None:
            raise self._error()
        self._at = match.end()
        key, wanted = match["key"].lower(), (match["quoted"] or match["plain"] or "").lower()
        return lambda project: _holds(project, key, wanted)

    def _follows(self, token: str) -> bool:
        match = _TOKEN.match(self._text, self._at)
        return match is not None and token in {match["paren"], (match["word"] or "").upper()}

    def _accept(self, token: str) -> bool:
        match = _TOKEN.match(self._text, self._at)
        if match is None or token not in {match["paren"], (match["word"] or "").upper()}:
            return False
        self._at = match.end()
        return True

    def _error(self) -> ApiError:
        return ApiError.invalid(
            f"The query {self._text!r} cannot be read at column {self._at + 1}. Write it as in "
            "name:lab* labels.course:ml.",
            field="query",
        )


def _holds(project: Project, key: str, wanted: str) -> bool:
    return any(fnmatchcase(value.lower(), wanted) for value in _values(project, key))


def _values(project: Project, key: str) -> tuple[str, ...]:
    if key == "labels":
        return (*project.labels, *project.labels.values())
    if key.startswith("labels."):
        label = key.removeprefix("labels.")
        return tuple(value for name, value in project.labels.items() if name.lower() == label)
    if key in {"id", "projectid"}:
        return (project.id,)
    if key in {"name", "displayname"}:
        return (project.display_name,)
    if key in {"state", "lifecyclestate"}:
        return (project.state.value,)
    if key == "projectnumber":
        return (project.number,)
    return ()  # A parent, which no project here has; another field is none that Google searches.
