"""Glob patterns against a model that tries every way to match."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage.globs import literal_prefix, to_regex

PATTERNS = st.lists(st.sampled_from(["a", "b", "/", "-", "*", "**", "?", "[ab]", "[!a]", "[a-b]"]), max_size=6)
NAMES = st.text(alphabet="ab/-", max_size=6)


def matches(tokens, name):
    """By the rules of the documentation, one token after the other."""
    if not tokens:
        return not name
    token, rest = tokens[0], tokens[1:]
    if token in ("*", "**"):
        longest = len(name) if token == "**" else len(name.split("/")[0])
        return any(matches(rest, name[length:]) for length in range(longest + 1))
    allowed = {"?": "ab-", "[ab]": "ab", "[!a]": "b/-", "[a-b]": "ab"}.get(token, token)
    return name[:1] != "" and name[0] in allowed and matches(rest, name[1:])


@given(tokens=PATTERNS, name=NAMES)
def test_a_pattern_matches_as_the_documentation_says(tokens, name):
    # Two lone stars in a row are read as one that crosses folders.
    merged = "".join(tokens).replace("***", "**")
    tokens = list(_split(merged))
    found = to_regex(merged).fullmatch(name) is not None

    assert found == matches(tokens, name)


@given(tokens=PATTERNS, name=NAMES)
def test_every_match_begins_with_the_literal_prefix(tokens, name):
    pattern = "".join(tokens)
    if to_regex(pattern).fullmatch(name):
        assert name.startswith(literal_prefix(pattern))


def _split(pattern):
    while pattern:
        size = 2 if pattern.startswith("**") else pattern.index("]") + 1 if pattern[0] == "[" else 1
        yield pattern[:size]
        pattern = pattern[size:]


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("train/*.{csv,json}", "train/a.json", True),
        ("train/*.{csv,json}", "train/a.txt", False),
        ("{a,b*}/c", "bee/c", True),
        (r"a\*b", "a*b", True),
        (r"a\*b", "axb", False),
        ("a.b", "axb", False),
        ("[a-c-]x", "-x", True),
        ("[]]x", "]x", True),
        ("[^a]x", "bx", True),
        ("a b+(c)", "a b+(c)", True),
    ],
)
def test_a_pattern_matches(pattern, name, expected):
    assert (to_regex(pattern).fullmatch(name) is not None) == expected


@pytest.mark.parametrize("pattern", ["[ab", "{a,b", "a\\", "[b-a]"])
def test_a_pattern_that_is_none_is_refused(pattern):
    with pytest.raises(ApiError, match="Invalid glob pattern"):
        to_regex(pattern)
