"""What other services of the local cloud ask of Cloud Storage, without HTTP."""

import pytest

from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage.attributes import ObjectAttributes
from labkit.localcloud.services.storage.names import Address
from labkit.localcloud.services.storage.storage import Copy


@pytest.mark.parametrize(
    ("uri", "address"),
    [
        ("gs://lab-data/train/digits.csv", Address("lab-data", "train/digits.csv")),
        ("gs://lab-data/", Address("lab-data", "")),
        ("gs://lab-data", Address("lab-data", "")),
    ],
)
def test_a_uri_is_read_as_an_address(uri, address):
    assert Address.parse(uri) == address


@pytest.mark.parametrize("uri", ["", "lab-data/a", "s3://lab-data/a", "gs://", "gs:///a"])
def test_what_is_no_uri_of_cloud_storage_is_refused(uri):
    with pytest.raises(ApiError, match="gs://BUCKET/PATH"):
        Address.parse(uri)


def test_a_walk_goes_over_all_pages(gcs):
    blob = gcs.storage.objects.get(_uploaded(gcs, "first")).blob
    with gcs.store.transaction():
        for number in range(1500):
            gcs.storage.objects.put(Address("lab-data", f"train/{number:04}"), ObjectAttributes(), blob)

    names = [stored.address.name for stored in gcs.storage.walk("lab-data", "train/")]
    assert names == [f"train/{number:04}" for number in range(1500)]


def test_bytes_are_written_and_found_as_a_file(gcs):
    async def pieces():
        yield b"layers"
        yield b" and weights"

    stored = gcs.run(
        gcs.storage.write(
            Address("lab-data", "model.pt"), pieces(), ObjectAttributes(content_type="application/x-torch")
        )
    )

    assert gcs.storage.path(stored).read_bytes() == b"layers and weights"
    assert gcs("GET", "/storage/v1/b/lab-data/o/model.pt").json()["contentType"] == "application/x-torch"


def test_a_copy_takes_after_its_source(gcs):
    gcs.bucket("lab-models")
    source = _uploaded(gcs, "model.pt")
    copy = gcs.run(gcs.storage.copy(Copy(source, Address("lab-models", "v1/model.pt"))))

    assert copy.blob == gcs.storage.objects.get(source).blob
    assert copy.generation > gcs.storage.objects.get(source).generation


def _uploaded(gcs, name):
    assert gcs.upload(name, b"bytes").status_code == 200
    return Address("lab-data", name)
