"""Where a bucket's data would be on Google Cloud.

Source: https://cloud.google.com/storage/docs/locations
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from labkit.localcloud.errors import ApiError

_MULTI_REGIONS = frozenset({"US", "EU", "ASIA"})
_DUAL_REGIONS = frozenset({"ASIA1", "EUR4", "EUR5", "EUR7", "EUR8", "NAM4"})
# The shape, not a list: a region that opens next year is as good.
_REGION = re.compile(r"[A-Z]+(-[A-Z]+)?-[A-Z]+[0-9]{1,2}")


@dataclass(frozen=True)
class Location:
    """A location in the upper case Cloud Storage stores it in, with its type as the API names it.

    `regions` are the two a client chose for a dual-region of its own, else none.
    """

    name: str
    type: str
    regions: tuple[str, ...] = ()


def parse(text: str, regions: Sequence[str] = ()) -> Location:
    """The location a client names in either case; nothing means the US multi-region, as on Google Cloud.

    Raises INVALID_ARGUMENT for what no location looks like.
    """
    name = text.upper() or "US"
    if regions:
        return _configurable_dual_region(name, regions)
    if name in _MULTI_REGIONS:
        return Location(name, "multi-region")
    if name in _DUAL_REGIONS:
        return Location(name, "dual-region")
    if _REGION.fullmatch(name):
        return Location(name, "region")
    raise ApiError.invalid(
        f"The specified location constraint is not valid: '{text}'. Use a region such as us-central1, or US, EU, ASIA."
    )


def _configurable_dual_region(name: str, regions: Sequence[str]) -> Location:
    # https://cloud.google.com/storage/docs/locations#configurable: two regions within one multi-region.
    chosen = tuple(region.upper() for region in regions)
    if len(set(chosen)) != 2 or not all(_REGION.fullmatch(region) for region in chosen):
        raise ApiError.invalid(f"Invalid custom placement config: two regions are needed, got {list(regions)}.")
    if name not in _MULTI_REGIONS:
        raise ApiError.invalid(
            f"Invalid location '{name}' for a custom placement config: name the multi-region of both regions."
        )
    return Location(name, "dual-region", chosen)
