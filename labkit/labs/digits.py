"""The handwritten digits of lab 06, split once and for all into what training may see and what it may not.

Source: `sklearn.datasets.load_digits`, 1,797 images of 8 x 8 pixels, grey values 0 to 16 (Alpaydin and Kaynak 1998).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from typing import Any

PIXELS = 64
BRIGHTEST = 16  # A pixel's greatest value in the data as published; a network wants 0 to 1.
HELD_OUT = 360  # A fifth of the images.
SEED = 6


@dataclass(frozen=True)
class Digits:
    """`images` holds one tuple of 64 floats in 0..1 per image, `labels` the digit that each shows."""

    images: tuple[tuple[float, ...], ...]
    labels: tuple[int, ...]


@dataclass(frozen=True)
class Split:
    """Images for training, and images held out to measure what it learnt."""

    training: Digits
    held_out: Digits


class NotACsv(ValueError):  # noqa: N818 - its text is the finding of a check, not an error of ours.
    """A table that is not the one asked for; the text says what it is instead."""


@cache
def split() -> Split:
    """The split that the notebook makes with the same seed."""
    # scikit-learn publishes no types.
    from sklearn.datasets import load_digits  # type: ignore[import-untyped]
    from sklearn.model_selection import train_test_split  # type: ignore[import-untyped]

    published = load_digits()
    train_x, test_x, train_y, test_y = train_test_split(
        published.data, published.target, test_size=HELD_OUT, random_state=SEED, stratify=published.target
    )
    return Split(_digits(train_x, train_y), _digits(test_x, test_y))


def parse_csv(text: str) -> Digits:
    """The digits of a table with a header, a label first and 64 pixels after it; NotACsv says what is wrong with it."""
    try:
        rows = list(csv.reader(text.splitlines()))
    except csv.Error as error:
        raise NotACsv(f"The file is no table: {error}.") from error
    if not rows:
        raise NotACsv("The file is empty.")
    if rows[0] and _is_number(rows[0][0]):
        raise NotACsv(f"The first line is no header; it begins with the number {rows[0][0]}.")
    widths = {len(row) for row in rows}
    if widths != {1 + PIXELS}:
        raise NotACsv(f"The rows have {' or '.join(map(str, sorted(widths)))} columns.")
    try:
        labels = tuple(int(float(row[0])) for row in rows[1:])
        images = tuple(tuple(map(float, row[1:])) for row in rows[1:])
    except (ValueError, OverflowError) as error:
        raise NotACsv(f"A value is no number: {error}.") from error
    return Digits(images, labels)


def _digits(images: Any, labels: Any) -> Digits:
    return Digits(tuple(map(tuple, (images / BRIGHTEST).tolist())), tuple(labels.tolist()))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
