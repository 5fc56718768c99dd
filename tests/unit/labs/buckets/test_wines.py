import math

import pytest

from labkit.labs.buckets import wines


def test_the_file_has_a_header_and_178_wines():
    lines = wines.csv_bytes().decode().splitlines()

    assert (lines[0].split(",")[0], lines[0].split(",")[-1], len(lines)) == ("alcohol", "grower", 179)


def test_a_checksum_is_written_as_cloud_storage_writes_it():
    # The check value of CRC-32C, for the digits 1 to 9: https://reveng.sourceforge.io/crc-catalogue/all.htm
    assert wines.crc32c(b"123456789") == "4waSgw=="


def test_the_mean_is_of_each_grower_and_of_all():
    means = wines.alcohol(b"alcohol,ash,grower\n13.0,1.0,0\n14.0,1.0,0\n12.0,1.0,2\n")

    assert means.by_grower == pytest.approx({0: 13.5, 2: 12.0})
    assert means.of_all == pytest.approx(13.0)


@pytest.mark.parametrize(
    "content", [b"", b"a,b\n1,2\n", b"grower\n0\n", b"\xff\xfe\n", b"alcohol,grower\n12,\n", b"alcohol,grower\n12\n"]
)
def test_a_file_of_another_kind_has_no_means(content):
    means = wines.alcohol(content)

    assert (means.by_grower, math.isnan(means.of_all)) == ({}, True)
