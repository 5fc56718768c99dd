"""CustomJobSpec → what the runtime runs. Pure: a bad spec is refused before anything is stored or started."""

from __future__ import annotations

from typing import Any

from labkit.localcloud.errors import ApiError

# Vertex AI's own default: https://cloud.google.com/vertex-ai/docs/reference/rest/v1/CustomJobSpec#Scheduling
DEFAULT_TIMEOUT_SECONDS = 7 * 24 * 3600


def check(spec: Any) -> None:
    """Raises INVALID_ARGUMENT with every error found, in the words of Vertex AI."""
    errors = list(_errors(spec))
    if errors:
        listed = "\t".join(f"{number}.{error}" for number, error in enumerate(errors, start=1))
        raise ApiError.invalid(f"List of found errors:\t{listed}\t")
