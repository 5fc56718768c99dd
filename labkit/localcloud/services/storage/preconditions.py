"""`ifGenerationMatch` and its kin: what must hold of a resource before a call may act.

Source: https://cloud.google.com/storage/docs/request-preconditions
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage import refusals


class Versioned(Protocol):
    """A bucket or an object."""

    @property
    def generation(self) -> int: ...

    @property
    def metageneration(self) -> int: ...


@dataclass(frozen=True)
class Preconditions:
    """Numbers a call names; None where it names none. An object that is not there has generation 0."""

    generation_match: int | None = None
    generation_not_match: int | None = None
    metageneration_match: int | None = None
    metageneration_not_match: int | None = None

    @classmethod
    def from_query(cls, query: Mapping[str, str], prefix: str = "if") -> Preconditions:
        """Read from a query; of a copy's source, with the prefix "ifSource". Raises INVALID_ARGUMENT."""
        return cls(
            generation_match=integer(query, f"{prefix}GenerationMatch"),
            generation_not_match=integer(query, f"{prefix}GenerationNotMatch"),
            metageneration_match=integer(query, f"{prefix}MetagenerationMatch"),
            metageneration_not_match=integer(query, f"{prefix}MetagenerationNotMatch"),
        )

    def check(self, current: Versioned | None) -> None:
        """Before a change. Raises conditionNotMet, which is HTTP 412."""
        if not (self._matches(current) and self._differs(current)):
            raise refusals.condition_not_met()

    def check_read(self, current: Versioned) -> None:
        """Before a read: a `…NotMatch` that names what is stored means the caller has it, which is HTTP 304."""
        if not self._matches(current):
            raise refusals.condition_not_met()
        if not self._differs(current):
            raise refusals.not_modified()

    def _matches(self, current: Versioned | None) -> bool:
        generation, metageneration = _numbers(current)
        return self.generation_match in (None, generation) and self.metageneration_match in (None, metageneration)

    def _differs(self, current: Versioned | None) -> bool:
        unwanted = (self.generation_not_match, self.metageneration_not_match)
        if current is None:
            # https://cloud.google.com/storage/docs/json_api/v1/objects/get: without a live object, `…NotMatch` fails.
            return unwanted == (None, None)
        return current.generation != unwanted[0] and current.metageneration != unwanted[1]


NONE = Preconditions()


def integer(query: Mapping[str, str], name: str) -> int | None:
    """An int64 parameter, or None where it is left out. Raises INVALID_ARGUMENT."""
    text = query.get(name)
    if text is None:
        return None
    try:
        return int(text)
    except ValueError:
        raise ApiError.invalid(f"Invalid value '{text}' for parameter '{name}': it is not a whole number.") from None


def _numbers(current: Versioned | None) -> tuple[int, int]:
    # No metageneration is 0, so a precondition on the metadata of what is not there never holds.
    return (current.generation, current.metageneration) if current else (0, 0)
