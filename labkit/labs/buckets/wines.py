"""The wines of lab 03: 178 wines of three growers, 13 measurements each, as one CSV file.

Source: `sklearn.datasets.load_wine` (Aeberhard and Forina 1991).
"""

from __future__ import annotations

import base64
import csv
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from statistics import fmean

GROWERS = (0, 1, 2)


@dataclass(frozen=True)
class Alcohol:
    """The mean alcohol of the wines of each grower, and of all wines: NaN where there are none."""

    by_grower: Mapping[int, float]
    of_all: float


@cache
def csv_bytes() -> bytes:
    """The file that the notebook writes, to the byte."""
    # scikit-learn publishes no types.
    from sklearn.datasets import load_wine  # type: ignore[import-untyped]

    table = load_wine(as_frame=True).frame.rename(columns={"target": "grower"})
    return bytes(table.to_csv(index=False, lineterminator="\n").encode())


def crc32c(data: bytes) -> str:
    """The checksum as Cloud Storage writes it: base64 of four bytes, big endian."""
    import google_crc32c

    return base64.b64encode(google_crc32c.Checksum(data).digest()).decode()


def alcohol(data: bytes) -> Alcohol:
    """The means of a file such as `csv_bytes`; of a file of another kind there are none."""
    rows = csv.DictReader(io.StringIO(data.decode(errors="replace")))
    try:
        measured = [(int(row["grower"]), float(row["alcohol"])) for row in rows]
    except (KeyError, TypeError, ValueError):
        measured = []
    by_grower = {
        grower: fmean(found) for grower in GROWERS if (found := [value for of, value in measured if of == grower])
    }
    return Alcohol(by_grower, fmean(value for _, value in measured) if measured else math.nan)
