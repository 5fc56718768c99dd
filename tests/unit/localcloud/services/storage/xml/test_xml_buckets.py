import pytest


def test_a_bucket_is_made_seen_and_deleted(xml):
    document = (
        b"<CreateBucketConfiguration><LocationConstraint>europe-west4</LocationConstraint>"
        b"<StorageClass>NEARLINE</StorageClass></CreateBucketConfiguration>"
    )

    assert xml("PUT", "/new-bucket", content=document).status_code == 200
    assert xml("HEAD", "/new-bucket").headers["x-goog-storage-class"] == "NEARLINE"
    assert xml.texts(xml("GET", "/new-bucket?location"), "LocationConstraint") == ["EUROPE-WEST4"]
    assert xml.texts(xml("GET", "/"), "Name") == ["lab-data", "new-bucket"]
    assert xml("DELETE", "/new-bucket").status_code == 204
    assert xml.refused(xml("GET", "/new-bucket?location")) == (404, "NoSuchBucket")


def test_a_bucket_that_cannot_be_made_or_deleted(xml):
    xml.put("a", b"x")

    assert xml.refused(xml("PUT", "/lab-data")) == (409, "BucketAlreadyOwnedByYou")
    assert xml.refused(xml("PUT", "/UPPER")) == (400, "InvalidBucketName")
    assert xml.refused(xml("DELETE", "/lab-data")) == (409, "BucketNotEmpty")
    assert xml.refused(xml("PUT", "/other-bucket", headers={"x-goog-project-id": "nobodys"}))[0] == 400


def test_versioning_is_switched_on(xml):
    document = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
    before = xml.texts(xml("GET", "/lab-data?versioning"), "Status")

    assert xml("PUT", "/lab-data?versioning", content=document).status_code == 200
    assert (before, xml.texts(xml("GET", "/lab-data?versioning"), "Status")) == (["Suspended"], ["Enabled"])


class TestTheListOfObjects:
    @pytest.fixture(autouse=True)
    def objects(self, xml):
        for name in ("a", "dir/1", "dir/2", "dir/sub/3", "z"):
            xml.put(name, name.encode())

    def test_is_in_the_order_of_names(self, xml):
        reply = xml("GET", "/lab-data")

        assert xml.texts(reply, "Key") == ["a", "dir/1", "dir/2", "dir/sub/3", "z"]
        assert xml.texts(reply, "Size") == ["1", "5", "5", "9", "1"]
        assert xml.texts(reply, "IsTruncated") == ["false"]

    def test_folds_what_is_after_a_delimiter(self, xml):
        reply = xml("GET", "/lab-data?prefix=dir/&delimiter=/")

        assert xml.texts(reply, "Key") == ["dir/1", "dir/2"]
        assert xml.texts(reply, "Prefix") == ["dir/", "dir/sub/"]

    @pytest.mark.parametrize("delimiter", ["", "/"])
    def test_goes_on_at_the_marker(self, xml, delimiter):
        whole = xml("GET", f"/lab-data?delimiter={delimiter}")
        found, marker = [], ""
        for _ in range(6):
            page = xml("GET", f"/lab-data?max-keys=1&marker={marker}&delimiter={delimiter}")
            found += xml.texts(page, "Key") + [prefix for prefix in xml.texts(page, "Prefix") if prefix]
            if xml.texts(page, "IsTruncated") == ["false"]:
                break
            marker = xml.texts(page, "NextMarker")[0]

        assert sorted(found) == sorted(xml.texts(whole, "Key") + [p for p in xml.texts(whole, "Prefix") if p])

    def test_goes_on_at_the_continuation_token(self, xml):
        first = xml("GET", "/lab-data?list-type=2&max-keys=3&start-after=a")
        token = xml.texts(first, "NextContinuationToken")[0]
        second = xml("GET", "/lab-data", params={"list-type": "2", "continuation-token": token})

        assert xml.texts(first, "KeyCount") == ["3"]
        assert xml.texts(first, "Key") + xml.texts(second, "Key") == ["dir/1", "dir/2", "dir/sub/3", "z"]
        assert xml.texts(second, "NextContinuationToken") == []

    def test_can_be_empty_by_request(self, xml):
        reply = xml("GET", "/lab-data?max-keys=0")

        assert xml.texts(reply, "Key") == []

    def test_encodes_names_on_request(self, xml):
        xml("PUT", "/lab-data/a%01b", content=b"x")

        assert "a%01b" in xml.texts(xml("GET", "/lab-data?encoding-type=url"), "Key")
        assert "a\N{REPLACEMENT CHARACTER}b" in xml.texts(xml("GET", "/lab-data"), "Key")


def test_all_versions_are_listed_and_paged(xml):
    xml.new_bucket("versions", versioning=True)
    for data in (b"1", b"2", b"3"):
        xml("PUT", "/versions/a", content=data)
    whole = xml("GET", "/versions?versions")
    first = xml("GET", "/versions?versions&max-keys=2")
    generation = xml.texts(first, "NextGenerationMarker")[0]
    rest = xml("GET", f"/versions?versions&marker=a&generation-marker={generation}")

    assert xml.texts(whole, "IsLatest") == ["false", "false", "true"]
    assert len(xml.texts(whole, "DeletedTime")) == 2
    listed = [g for page in (first, rest) for g in xml.texts(page, "}Generation")]
    assert listed == xml.texts(whole, "}Generation")
