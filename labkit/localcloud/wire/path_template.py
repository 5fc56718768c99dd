"""Path templates of google.api.http: `/v1/{name=projects/*/locations/*}/jobs:run`.

Grammar, from google/api/http.proto:

    Template = "/" Segments [ ":" verb ]        Segment  = "*" | "**" | LITERAL | Variable
    Segments = Segment { "/" Segment }          Variable = "{" field.path [ "=" Segments ] "}"

`*` is one segment that is not empty, `**` is zero or more. Google lets `**` stand only at the end; here it may stand
anywhere, once, which says `{name=**/operations/*}` where Google's own service configuration lists a hundred templates.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

_TOKEN = re.compile(r"/?(?:\{(?P<field>[\w.]+)(?:=(?P<pattern>[^{}]+))?\}|(?P<segment>[^/{}]+))")
_VERB = re.compile(r":([^/{}:]+)$")
_ENCODED_SLASH = re.compile("(%2F)", re.IGNORECASE)

ONE = "*"
MANY = "**"


@dataclass(frozen=True)
class Variable:
    """A field, and the pattern it captures from the template's segment number `start` on."""

    field: str
    start: int
    pattern: tuple[str, ...]

    @property
    def end(self) -> int:
        return self.start + len(self.pattern)


@dataclass(frozen=True)
class Template:
    """A template taken apart: "/v1/{name=jobs/*}:run" is segments ("v1", "jobs", "*"), one variable, verb "run"."""

    text: str
    segments: tuple[str, ...]
    variables: tuple[Variable, ...]
    verb: str

    @classmethod
    def parse(cls, text: str) -> Template:
        """Raises ValueError, naming the template and the place, for what the grammar does not allow."""
        verb = _VERB.search(text)
        body = text[: verb.start()] if verb else text
        segments: list[str] = []
        variables: list[Variable] = []
        position = 0
        while position < len(body):
            token = _TOKEN.match(body, position)
            if token is None or body[position] != "/":
                raise ValueError(f"Path template {text!r}: expected '/' and a segment at {body[position:]!r}.")
            pattern = (token["segment"] or token["pattern"] or ONE).split("/")
            if token["field"]:
                variables.append(Variable(token["field"], len(segments), tuple(pattern)))
            segments += pattern
            position = token.end()
        _refuse(text, segments)
        return cls(text, tuple(segments), tuple(variables), verb[1] if verb else "")

    def match(self, path: str) -> dict[str, str] | None:
        """The variables of a raw (still percent-encoded) path, or None.

        A variable of one segment is decoded wholly; in one of several, %2F stays, or it would look like a separator.
        """
        if self.verb:
            path, colon, verb = path.rpartition(":")
            if not colon or verb != self.verb:
                return None
        return self.match_segments(path.split("/")[1:]) if path.startswith("/") else None

    def match_segments(self, parts: Sequence[str]) -> dict[str, str] | None:
        """As `match`, for a path already split and without its verb."""
        many = self.segments.index(MANY) if MANY in self.segments else len(self.segments)
        # How much longer the path is than the template; only "**" can take up a difference.
        stretch = len(parts) - len(self.segments)
        if stretch < -1 or (stretch and many == len(self.segments)):
            return None
        for index, segment in enumerate(self.segments):
            if index != many and not _fits(segment, parts[index + (stretch if index > many else 0)]):
                return None
        return {
            variable.field: _decode(
                parts[_shift(variable.start, many, stretch) : _shift(variable.end, many, stretch)],
                variable,
            )
            for variable in self.variables
        }


def _refuse(text: str, segments: list[str]) -> None:
    if not segments:
        raise ValueError(f"Path template {text!r} has no segments.")
    if segments.count(MANY) > 1:
        raise ValueError(f"Path template {text!r} has more than one '**': which segments each takes would be a guess.")
    for segment in segments:
        if not segment or ("*" in segment and segment not in (ONE, MANY)):
            raise ValueError(f"Path template {text!r}: {segment!r} is neither a literal, '*' nor '**'.")


def _fits(segment: str, part: str) -> bool:
    return bool(part) if segment == ONE else segment == part


def _shift(index: int, many: int, stretch: int) -> int:
    return index + stretch if index > many else index


def _decode(parts: Sequence[str], variable: Variable) -> str:
    if variable.pattern == (ONE,):
        return unquote(parts[0])
    pieces = _ENCODED_SLASH.split("/".join(parts))
    return "".join(piece if index % 2 else unquote(piece) for index, piece in enumerate(pieces))
