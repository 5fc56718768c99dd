import base64

import pytest

from labkit.labs.buckets import wines

WINES = wines.csv_bytes()
CHECKSUM = wines.crc32c(WINES)
IMAGES = [f"digits/{folder}/{name}" for folder in ("train", "test", "train/small") for name in ("1-7.pgm", "2-3.pgm")]


def upload(judge, local_crc32c=CHECKSUM, data="raw/wine.csv"):
    return judge("upload", data=data, local_crc32c=local_crc32c)


def test_the_file_with_its_type_and_checksum_passes(judge, held):
    held.write("raw/wine.csv", WINES)

    assert upload(judge).outcome == "passed"


def test_an_object_that_was_only_named_is_not_there(judge):
    assert "There is no object raw/wine.csv" in upload(judge).text


def test_an_object_of_another_name_fails(judge, held):
    held.write("wine.csv", WINES)

    assert "The object is called wine.csv" in upload(judge, data="wine.csv").text


def test_a_truncated_file_earns_nothing(judge, held):
    held.write("raw/wine.csv", WINES[:5000])

    result = upload(judge)

    assert (result.earned, "5000 bytes" in result.text) == (0, True)


def test_another_content_type_earns_a_point(judge, held):
    held.write("raw/wine.csv", WINES, content_type="text/plain")

    assert upload(judge).earned == 1


@pytest.mark.parametrize("cache_control", [None, "private, max-age=3600"])
def test_an_object_that_may_be_kept_earns_two(judge, held, cache_control):
    held.write("raw/wine.csv", WINES, cache_control=cache_control)

    assert upload(judge).earned == 2


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (base64.b64decode(CHECKSUM).hex(), "in hexadecimal"),
        ("md5", "the file's MD5"),
        ("AAAAAA==", "not the checksum of this file"),
    ],
)
def test_a_checksum_written_otherwise_is_named_and_earns_two(judge, held, given, named):
    held.write("raw/wine.csv", WINES)

    result = upload(judge, local_crc32c=given)

    assert (result.earned, named in result.text) == (2, True)


def test_the_first_writers_claim_and_a_412_pass(judge, held):
    held.write("claims/train.txt", b"job-a")

    assert judge("claim", refused=412).outcome == "passed"


def test_without_any_claim_the_condition_was_wrong(judge):
    assert "neither job got its claim" in judge("claim", refused=412).text


@pytest.mark.parametrize(("refused", "named"), [(200, "wrote over the first"), (412, "wrote all the same")])
def test_the_second_writers_claim_fails(judge, held, refused, named):
    held.write("claims/train.txt", b"job-b")

    assert named in judge("claim", refused=refused).text


def test_a_claim_without_its_refusal_earns_a_point(judge, held):
    held.write("claims/train.txt", b"job-a")

    assert judge("claim", refused=409).earned == 1


@pytest.fixture
def images(held):
    for name in (*IMAGES, "digits/readme.txt"):
        held.write(name)


SEVENS = ["digits/train/1-7.pgm", "digits/test/1-7.pgm"]
FOLDERS = ["digits/train/", "digits/test"]  # With and without its slash: both are understood.


@pytest.mark.usefixtures("images")
def test_folders_and_names_in_any_order_pass(judge):
    assert judge("listing", folders=FOLDERS, sevens=SEVENS[::-1]).outcome == "passed"


@pytest.mark.usefixtures("images")
@pytest.mark.parametrize(
    ("sevens", "named"),
    [
        ([*SEVENS, "digits/train/small/1-7.pgm"], "1 of them lie deeper"),
        (SEVENS[:1], "sevens lacks 1"),
        (IMAGES, "are no image of a 7"),
    ],
)
def test_other_names_earn_what_the_folders_are_worth(judge, sevens, named):
    result = judge("listing", folders=FOLDERS, sevens=sevens)

    assert (result.earned, named in result.text) == (1, True)


@pytest.mark.usefixtures("images")
@pytest.mark.parametrize(("sevens", "earned"), [(SEVENS, 1), (IMAGES, 0)])
def test_other_folders_earn_what_the_names_are_worth(judge, sevens, earned):
    result = judge("listing", folders=["digits/"], sevens=sevens)

    assert (result.earned, "folders is digits." in result.text) == (earned, True)


@pytest.mark.parametrize("given", [13.744745762711865, 13.74])
def test_the_mean_of_the_grower_passes_rounded_or_not(judge, held, given):
    held.write("raw/wine.csv", WINES)

    assert judge("read", alcohol=given).outcome == "passed"


@pytest.mark.parametrize(("given", "named"), [(13.0006, "all the wines"), (12.28, "grower 1"), (7, "no mean of gs://")])
def test_another_mean_is_named(judge, held, given, named):
    held.write("raw/wine.csv", WINES)

    assert named in judge("read", alcohol=given).text


def test_the_mean_is_of_the_object_as_it_is_now(judge, held):
    held.write("raw/wine.csv", b"alcohol,grower\n9.5,0\n")

    assert judge("read", alcohol=9.5).outcome == "passed"
    assert judge("read", alcohol=13.74).outcome == "failed"


def test_of_an_object_that_is_no_table_no_mean_is_right(judge, held):
    held.write("raw/wine.csv", b"")

    assert "no mean" in judge("read", alcohol=0).text
