"""Names the cloud chooses: numeric resource ids and opaque tokens, from a source that a test can seed."""

from __future__ import annotations

import random
import secrets


class Ids:
    """Draws ids. Vertex AI's are decimal, up to 19 digits; deployed models' up to 10 (facts of the public API)."""

    def __init__(self, source: random.Random | None = None) -> None:
        self._source = source or secrets.SystemRandom()

    def numeric(self, digits: int = 19) -> str:
        """A decimal id of exactly `digits` digits that fits a signed 64-bit integer."""
        low = 10 ** (digits - 1)
        return str(self._source.randrange(low, min(10 * low, 2**63)))

    def opaque(self) -> str:
        """32 hexadecimal digits: for blobs, upload sessions and etags."""
        return f"{self._source.getrandbits(128):032x}"
