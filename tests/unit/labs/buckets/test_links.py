import pytest

from labkit.labs.buckets.links import Link

QUERY = "X-Goog-Credential=a%40p.iam.gserviceaccount.com%2F20261124%2Fauto%2Fstorage%2Fgoog4_request&X-Goog-Expires=900"


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("https://storage.googleapis.com/b/raw/wine.csv", "/b/raw/wine.csv"),
        ("https://storage.googleapis.com/b/raw%2Fwine.csv", "/b/raw/wine.csv"),
        ("https://b.storage.googleapis.com/raw/wine.csv", "/b/raw/wine.csv"),
        ("https://my.bucket.storage.googleapis.com/raw/wine.csv", "/my.bucket/raw/wine.csv"),
        ("https://example.com/b/raw/wine.csv", ""),
        ("https://storage.googleapis.com.example.com/b/raw/wine.csv", ""),
        ("https://storage.googleapis.com@example.com/b/raw/wine.csv", ""),
        ("gs://b/raw/wine.csv", ""),
        ("", ""),
    ],
)
def test_a_path_is_that_of_an_object_on_cloud_storage_and_of_nothing_else(address, path):
    assert Link.parse(address).path == path


def test_a_signed_link_says_who_signed_and_for_how_long():
    link = Link.parse(f"https://storage.googleapis.com/b/o?{QUERY}&X-Goog-Signature=1ccb")

    assert (link.signer, link.seconds) == ("a@p.iam.gserviceaccount.com", 900)


def test_without_its_signature_nobody_signed():
    assert Link.parse(f"https://storage.googleapis.com/b/o?{QUERY}").signer == ""


def test_the_plain_address_has_no_query():
    assert Link.parse(f"https://storage.googleapis.com/b/o?{QUERY}#top").plain == "https://storage.googleapis.com/b/o"


@pytest.mark.parametrize("seconds", ["", "soon", "-5", "9.5"])
def test_a_time_that_is_no_number_is_none(seconds):
    assert Link.parse(f"https://storage.googleapis.com/b/o?X-Goog-Expires={seconds}").seconds == 0
