"""Cloud Storage's glob patterns.

Source: https://cloud.google.com/storage/docs/json_api/v1/objects/list#list-object-glob
"""

from __future__ import annotations

import re
from functools import lru_cache

from labkit.localcloud.errors import ApiError

_SPECIAL = frozenset("*?[{\\")
_TOKEN = re.compile(
    r"(?P<any>\*\*)|(?P<level>\*)|(?P<one>\?)|\\(?P<escaped>.)"
    r"|\[(?P<negation>!|\^)?(?P<set>\]?[^\]]*)\]|\{(?P<choices>[^{}]*)\}|(?P<plain>[^*?\[{\\])",
    re.DOTALL,
)

# A "-" stays what it is in a glob: a range.
_ACTIVE_IN_SET = re.compile(r"[\\\]\[&~|^]")
_ESCAPED = r"\\\g<0>"


def literal_prefix(pattern: str) -> str:
    """What every name that matches begins with.

    >>> literal_prefix("train/2026-*.csv")
    'train/2026-'
    """
    end = next((index for index, character in enumerate(pattern) if character in _SPECIAL), len(pattern))
    return pattern[:end]


@lru_cache(maxsize=64)
def to_regex(pattern: str) -> re.Pattern[str]:
    """`*` and `?` stay within a "/", `**` does not; `[a-z]` is a set, `{a,b}` a choice. Raises INVALID_ARGUMENT.

    >>> bool(to_regex("**.{csv,json}").fullmatch("a/b.csv")), bool(to_regex("*.csv").fullmatch("a/b.csv"))
    (True, False)
    """
    try:
        return re.compile(_translated(pattern), re.DOTALL)
    except (ValueError, re.error):
        raise ApiError.invalid(f"Invalid glob pattern: '{pattern}'") from None


def _translated(pattern: str) -> str:
    parts: list[str] = []
    position = 0
    while position < len(pattern):
        token = _TOKEN.match(pattern, position)
        if token is None:
            raise ValueError(position)
        parts.append(_regex_of(token))
        position = token.end()
    return "".join(parts)


def _regex_of(token: re.Match[str]) -> str:
    match token.lastgroup:
        case "any":
            return ".*"
        case "level":
            return "[^/]*"
        case "one":
            return "[^/]"
        case "choices":
            return f"(?:{'|'.join(map(_translated, token['choices'].split(',')))})"
        case "set":
            return _set(token["set"], "^" if token["negation"] else "")
        case "escaped":
            return re.escape(token["escaped"])
        case _:
            return re.escape(token["plain"])


def _set(characters: str, negation: str) -> str:
    return f"[{negation}{_ACTIVE_IN_SET.sub(_ESCAPED, characters)}]"
