"""A student's answers, read by name and by type.

Everything a check may read can also travel as plain data (text, numbers, a resource's name), so that a grader in
another process runs the same checks without the student's objects.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any

from labkit.checking.verdict import Failed, NotAttempted, Verdict

# What a student leaves in place of an answer: "<your bucket>", "YOUR_BUCKET", "your-bucket-name", "TODO", "...".
_PLACEHOLDER = re.compile(r"\s*(<.*>|your[-_ ].*|todo\b.*|\.\.\.|…)?\s*", re.IGNORECASE | re.DOTALL)


class Unreadable(Exception):  # noqa: N818 - it carries a verdict, it is not an error of ours.
    """An answer that cannot be judged further; `verdict` says why. Raised by `Answers`, caught by `Exercise.judge`."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(str(verdict))
        self.verdict = verdict


class Answers:
    """Typed access to the names of a student's notebook.

    Each method raises `Unreadable`: *not attempted* for a name that is missing, None, `...` or an unfilled placeholder,
    *failed* for one of the wrong type.
    """

    def __init__(self, names: Mapping[str, object]) -> None:
        self._names = names

    def text(self, name: str) -> str:
        """A string, or the `name` of an object that has one, such as a storage `Bucket`."""
        value = self._given(name)
        found = value if isinstance(value, str) else _attribute(value, "name")
        if found is None:
            raise _wrong_type(name, value, "a name (text), or an object that has one")
        return found

    def resource(self, name: str, collection: str) -> str:
        """A full resource name such as `projects/p/locations/r/customJobs/1`, from text or from an SDK object."""
        value = self._given(name)
        try:
            found = value if isinstance(value, str) else _attribute(value, "resource_name")
        except RuntimeError as error:
            # The SDK's `resource_name` raises until the resource exists: "CustomJob resource has not been created."
            raise Unreadable(
                Failed(
                    f"{name} is a {type(value).__name__} that has not been created in the cloud.",
                    "an object that exists there",
                    f"Defining it is only half: submit it, for example with {name}.run().",
                )
            ) from error
        if found is None or f"/{collection}/" not in found:
            raise _wrong_type(name, value, f"one of {collection}, such as Google's SDK returns")
        return found

    def integers(self, name: str) -> tuple[int, ...]:
        """Whole numbers, from a list, a tuple or an array; 7.0 is taken as 7."""
        items = self._items(name, "a list of whole numbers")
        for item in items:
            if not _is_whole(item):
                raise _wrong_type(name, item, "a list of whole numbers", what="an item of ")
        return tuple(int(item) for item in items)

    def number(self, name: str) -> float:
        """A number, of any kind but True and False."""
        value = self._given(name)
        if isinstance(value, bool) or not isinstance(value, Real):
            raise _wrong_type(name, value, "a number")
        return float(value)

    def texts(self, name: str) -> tuple[str, ...]:
        """Strings, from a list or a tuple; one that is still a placeholder makes it *not attempted*."""
        items = self._items(name, "a list of names (text)")
        for item in items:
            if not isinstance(item, str):
                raise _wrong_type(name, item, "a list of names (text)", what="an item of ")
        if any(_PLACEHOLDER.fullmatch(item) for item in items):
            raise Unreadable(NotAttempted(f"{name} has a placeholder in it: {items}."))
        return tuple(items)

    def flag(self, name: str) -> bool:
        """True or False."""
        value = self._given(name)
        if not isinstance(value, bool):
            raise _wrong_type(name, value, "True or False")
        return value

    def given(self, name: str) -> None:
        """Nothing, once the name has a value: for an answer that is all in the cloud."""
        self._given(name)

    def _items(self, name: str, expected: str) -> list[Any]:
        value = self._given(name)
        if not isinstance(value, Iterable) or isinstance(value, str | bytes | Mapping):
            raise _wrong_type(name, value, expected)
        items = list(value)
        if not items or any(item is ... for item in items):
            raise Unreadable(NotAttempted(f"{name} has nothing in it yet."))
        return items

    def _given(self, name: str) -> object:
        value = self._names.get(name)
        if value is None or value is ...:
            raise Unreadable(NotAttempted(f"{name} has no value yet."))
        if isinstance(value, str) and _PLACEHOLDER.fullmatch(value):
            raise Unreadable(NotAttempted(f"{name} is still the placeholder {value!r}."))
        return value


def _attribute(value: object, attribute: str) -> str | None:
    found = getattr(value, attribute, None)
    return found if isinstance(found, str) else None


def _is_whole(item: object) -> bool:
    # numpy registers its scalars as numbers.Real.
    return isinstance(item, Real) and math.isfinite(item) and item == math.floor(item)


def _wrong_type(name: str, value: object, expected: str, *, what: str = "") -> Unreadable:
    shown = repr(value)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    return Unreadable(
        Failed(
            f"{what}{name} is of type {type(value).__name__}: {shown}",
            expected,
            f"Look at the line that sets {name}.",
        )
    )
