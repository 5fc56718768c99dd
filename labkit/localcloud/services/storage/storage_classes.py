"""What an object's storage costs at rest and in use, from the dearest at rest to the cheapest.

Source: https://cloud.google.com/storage/docs/storage-classes
"""

from __future__ import annotations

from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage.json_body import Body

# The older classes stand where Google's lifecycle management puts them.
_BY_PRICE_AT_REST = (
    "MULTI_REGIONAL",
    "STANDARD",
    "REGIONAL",
    "DURABLE_REDUCED_AVAILABILITY",
    "NEARLINE",
    "COLDLINE",
    "ARCHIVE",
)

STORAGE_CLASSES = frozenset(_BY_PRICE_AT_REST)


def coldness(name: str) -> int:
    """Greater for the class that is cheaper at rest."""
    return _BY_PRICE_AT_REST.index(name)


def storage_class(body: Body) -> str:
    """The `storageClass` of a resource in upper case, or empty. Raises INVALID_ARGUMENT for one that does not exist."""
    name = body.text("storageClass").upper()
    if name and name not in STORAGE_CLASSES:
        raise ApiError.invalid(
            f"Invalid argument: storage class '{name}' does not exist. Use STANDARD, NEARLINE, COLDLINE or ARCHIVE."
        )
    return name
