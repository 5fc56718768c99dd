"""Where a bucket's data would be on Google Cloud.

Source: https://cloud.google.com/storage/docs/locations
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from labkit.localcloud.errors import ApiError

_MULTI_REGIONS = frozenset({"US", "EU", "ASIA"})
_DUAL_REGIONS = frozenset({"ASIA1", "EUR4", "EUR5", "EUR7", "EUR8", "NAM4"})
# The shape, not a list: a region that opens next year is as good.
_REGION = re.compile(r"[A-Z]+(-[A-Z]+)?-[A-Z]+[0-9]{1,2}")


@dataclass(frozen=True)
class Location:
    """A location in the upper case Cloud Storage stores it in, with its type as the API names it."""

    name: str
    type: str


def parse(text: str) -> Location:
    """The location a client names in either case; nothing means the US multi-region, as on Google Cloud.

    Raises INVALID_ARGUMENT for what no location looks like.
    """
    name = text.upper() or "US"
    if name in _MULTI_REGIONS:
        return Location(name, "multi-region")
    if name in _DUAL_REGIONS:
        return Location(name, "dual-region")
    if _REGION.fullmatch(name):
        return Location(name, "region")
    raise ApiError.invalid(
        f"The specified location constraint is not valid: '{text}'. Use a region such as us-central1, or US, EU, ASIA."
    )
