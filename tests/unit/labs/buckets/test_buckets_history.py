import pytest

from labkit.labs.buckets import wines

WINES = wines.csv_bytes()


@pytest.fixture
def notes(held):
    """The generations of notes.txt, oldest first."""
    return [held.write("notes.txt", b"one"), held.write("notes.txt", b"two")]


def test_two_generations_oldest_first_pass(judge, notes):
    assert judge("versions", generations=notes).outcome == "passed"


def test_without_versioning_nothing_is_earned(judge, held, notes):
    held.versioning_enabled = False

    result = judge("versions", generations=notes)

    assert (result.earned, "Versioning is off" in result.text) == (0, True)


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        (lambda old, new: [new, old], "begins with the newer one"),
        (lambda old, new: [new, new], "names 1 of them"),
        (lambda old, new: [old], "names 1 of them"),
        (lambda old, new: [1, 2], "metageneration"),
        (lambda old, new: [old, new + 1], "is not kept"),
    ],
)
def test_other_numbers_are_named_and_earn_the_point_for_versioning(judge, notes, answer, named):
    result = judge("versions", generations=answer(*notes))

    assert (result.earned, named in result.text) == (1, True)


def test_the_good_content_over_a_damaged_one_that_is_kept_passes(judge, held):
    for content in (WINES, b"damaged", WINES):
        held.write("raw/wine.csv", content)

    assert judge("restore", restored=True).outcome == "passed"


def test_a_damaged_live_generation_fails_and_the_good_one_is_named(judge, held):
    good = held.write("raw/wine.csv", WINES)
    held.write("raw/wine.csv", b"damaged")

    result = judge("restore", restored=True)

    assert (result.outcome, f"as in generation {good}" in result.text) == ("failed", True)


def test_after_a_delete_there_is_no_live_generation(judge, held):
    held.write("raw/wine.csv", WINES)
    held.delete("raw/wine.csv")

    assert "has no live generation" in judge("restore", restored=True).text


def test_a_damaged_generation_that_was_deleted_costs_a_point(judge, held):
    held.write("raw/wine.csv", WINES)
    damaged = held.write("raw/wine.csv", b"damaged")
    held.write("raw/wine.csv", WINES)
    held.delete_for_good(damaged)

    result = judge("restore", restored=True)

    assert (result.earned, "is nowhere" in result.text) == (2, True)


def test_an_object_whose_name_goes_on_is_another_object(judge, held):
    held.write("raw/wine.csv", WINES)
    held.write("raw/wine.csv.bak", b"damaged")
    held.write("raw/wine.csv", WINES)

    assert "is nowhere" in judge("restore", restored=True).text


RUN_1, RUN_2 = b"weights of run 1, accuracy 0.91", b"weights of run 2, accuracy 0.97"


@pytest.mark.parametrize(
    ("content", "outcome", "earned"), [(RUN_2, "passed", 3), (RUN_1, "failed", 1), (b"weights of run 3", "failed", 0)]
)
def test_the_model_of_the_newer_run_is_the_right_one(judge, held, content, outcome, earned):
    held.write("models/wine.txt", content)

    result = judge("undelete", model="models/wine.txt")

    assert (result.outcome, result.earned) == (outcome, earned)


def test_a_model_that_was_only_found_is_not_back(judge):
    assert "There is no live models/wine.txt" in judge("undelete", model="models/wine.txt").text


@pytest.fixture
def billed(held):
    """Bytes that are live, noncurrent, soft-deleted."""
    for size in (1000, 200, 30):
        held.write("a", b"x" * size)
    held.write("b", b"x" * 4)
    held.delete_for_good(held.kept[0].generation)
    return [34, 200, 1000]


def test_the_three_sums_pass(judge, billed):
    assert judge("cost", billed=billed).outcome == "passed"


@pytest.mark.parametrize(
    ("answer", "earned", "named"),
    [
        ([34, 234, 1000], 2, "the live bytes a second time"),
        ([2, 1, 1], 0, "so many objects"),
        ([34, 200, 0], 2, "The soft-deleted number is 0."),
        ([1234], 0, "billed has 1 numbers"),
    ],
)
@pytest.mark.usefixtures("billed")
def test_other_sums_are_named_and_each_right_one_earns_a_point(judge, answer, earned, named):
    result = judge("cost", billed=answer)

    assert (result.outcome, result.earned) == ("failed", earned)
    assert named in result.text


def test_an_empty_bucket_costs_nothing(judge):
    assert judge("cost", billed=[0, 0, 0]).outcome == "passed"
