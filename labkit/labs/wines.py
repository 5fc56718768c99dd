"""The wines of lab 03: 178 wines of three growers, 13 measurements each, as one CSV file.

Source: `sklearn.datasets.load_wine` (Aeberhard and Forina 1991).
"""

from __future__ import annotations

import base64
import csv
import io
from functools import cache
from statistics import fmean

GROWERS = (0, 1, 2)


@cache
def csv_bytes() -> bytes:
    """The file that the notebook writes, to the byte."""
    from sklearn.datasets import load_wine

    table = load_wine(as_frame=True).frame.rename(columns={"target": "grower"})
    return bytes(table.to_csv(index=False, lineterminator="\n").encode())


def crc32c(data: bytes) -> str:
    """The checksum as Cloud Storage writes it: base64 of four bytes, big endian."""
    import google_crc32c

    return base64.b64encode(google_crc32c.Checksum(data).digest()).decode()


def alcohol(data: bytes) -> dict[int, float]:
    """The mean alcohol of each grower's wines in a file such as `csv_bytes`; none for a file of another kind."""
    rows = [row for row in csv.DictReader(io.StringIO(data.decode(errors="replace"))) if row.get("grower")]
    if not rows or "alcohol" not in rows[0]:
        return {}
    return {
        grower: fmean(measured)
        for grower in GROWERS
        if (measured := [float(row["alcohol"]) for row in rows if row["grower"] == str(grower)])
    }


def alcohol_of_all(data: bytes) -> float:
    """The mean over the whole file, whoever grew it."""
    return fmean(float(row["alcohol"]) for row in csv.DictReader(io.StringIO(data.decode(errors="replace"))))
