import csv
import io

import pytest

from labkit.labs import digits


def as_csv(labels, images, *, header=True):
    text = io.StringIO()
    table = csv.writer(text)
    if header:
        table.writerow(["label", *(f"pixel_{number}" for number in range(64))])
    table.writerows([label, *image] for label, image in zip(labels, images, strict=True))
    return text.getvalue()


def test_the_split_holds_out_a_fifth_and_nothing_is_in_both_parts():
    split = digits.split()

    assert (len(split.training.labels), len(split.held_out.labels)) == (1437, 360)
    assert not set(split.training.images) & set(split.held_out.images)


def test_every_digit_is_in_both_parts():
    split = digits.split()

    assert set(split.training.labels) == set(split.held_out.labels) == set(range(10))


def test_pixels_lie_between_0_and_1():
    images = digits.split().training.images

    assert all(len(image) == 64 for image in images)
    assert (min(map(min, images)), max(map(max, images))) == (0, 1)


def test_a_table_written_by_csv_is_read_back_exactly():
    training = digits.split().training

    assert digits.parse_csv(as_csv(training.labels, training.images)) == training


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "empty"),
        (as_csv([1], [[0.5] * 64], header=False), "no header; it begins with the number 1"),
        (as_csv([1], [[0.5] * 63]), "have 64 or 65 columns"),
        (as_csv([1], [["x"] * 64]), "no number"),
        (as_csv(["seven"], [[0.5] * 64]), "no number"),
        (as_csv(["inf"], [[0.5] * 64]), "no number"),
        ("x" * 200_000, "no table"),
        ("\nlabel\n", "The rows have 0 or 1 columns"),
    ],
)
def test_another_table_is_refused_with_what_it_is(text, problem):
    with pytest.raises(digits.NotACsv, match=problem):
        digits.parse_csv(text)
