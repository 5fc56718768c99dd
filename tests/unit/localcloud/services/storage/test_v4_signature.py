"""The canonical request by itself; that real clients' signatures hold is in xml/test_signed_urls.py."""

from datetime import datetime, timedelta, timezone

import pytest

from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage import v4_signature
from labkit.localcloud.services.storage.v4_signature import SignedRequest

CREDENTIAL = "me@x.iam.gserviceaccount.com/20260131/auto/storage/goog4_request"
PARAMETERS = {
    "X-Goog-Algorithm": "GOOG4-RSA-SHA256",
    "X-Goog-Credential": CREDENTIAL,
    "X-Goog-Date": "20260131T235959Z",
    "X-Goog-Expires": "900",
    "X-Goog-SignedHeaders": "host;x-goog-meta-lab",
    "X-Goog-Signature": "00ff",
}
HEADERS = {"host": "storage.googleapis.com", "x-goog-meta-lab": "  one   two "}


def read(**changes):
    changed = {**PARAMETERS, **{f"X-Goog-{name}": value for name, value in changes.items()}}
    return v4_signature.from_query([(name, value) for name, value in changed.items() if value is not None])


def canonical(path="/b/o", query=(), headers=None, **changes):
    request = SignedRequest("GET", path, [*PARAMETERS.items(), *query], HEADERS if headers is None else headers)
    return read(**changes).canonical_request(request)


def test_a_url_says_who_signed_when_and_for_how_long():
    signature = read()

    assert signature.signer == "me@x.iam.gserviceaccount.com"
    assert signature.scope == "20260131/auto/storage/goog4_request"
    assert signature.time == datetime(2026, 1, 31, 23, 59, 59, tzinfo=timezone.utc)
    assert signature.lifetime == timedelta(minutes=15)
    assert signature.signature == b"\x00\xff"


def test_the_canonical_request_is_as_documented():
    encoded = "me%40x.iam.gserviceaccount.com%2F20260131%2Fauto%2Fstorage%2Fgoog4_request"
    assert canonical(path="/b/dir/a%20b", query=[("a", "1 2"), ("generation", "")]) == "\n".join(
        [
            "GET",
            "/b/dir/a%20b",
            "X-Goog-Algorithm=GOOG4-RSA-SHA256"
            f"&X-Goog-Credential={encoded}"
            "&X-Goog-Date=20260131T235959Z&X-Goog-Expires=900&X-Goog-SignedHeaders=host%3Bx-goog-meta-lab"
            "&a=1%202&generation=",
            "host:storage.googleapis.com",
            "x-goog-meta-lab:one two",
            "",
            "host;x-goog-meta-lab",
            "UNSIGNED-PAYLOAD",
        ]
    )


def test_the_string_to_sign_has_the_hash_of_the_canonical_request():
    assert read().string_to_sign("") == (
        "GOOG4-RSA-SHA256\n20260131T235959Z\n20260131/auto/storage/goog4_request\n"
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # SHA-256 of nothing
    )


@pytest.mark.parametrize(("came", "signed"), [("/b/a~b", "/b/a~b"), ("/b/a%7Eb", "/b/a~b"), ("/b/a+b", "/b/a%2Bb")])
def test_a_path_is_encoded_in_one_way(came, signed):
    assert canonical(path=came).split("\n")[1] == signed


def test_a_request_without_a_signature_has_none():
    assert v4_signature.from_query([("prefix", "a")]) is None
    assert v4_signature.from_authorization("Bearer x", {}) is None
    assert v4_signature.from_authorization("", {}) is None


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("Algorithm", "GOOG4-MD5"),
        ("Algorithm", "AWS4-HMAC-SHA256"),
        ("Credential", "me@x/20260131/auto/s3/aws4_request"),
        ("Credential", "me"),
        ("Date", "2026-01-31"),
        ("Date", None),
        ("Expires", "0"),
        ("Expires", "604801"),
        ("Expires", "soon"),
        ("SignedHeaders", ""),
        ("Signature", "xyz"),
        ("Signature", None),
    ],
)
def test_a_signature_that_cannot_be_read_is_refused_by_the_name_of_the_parameter(parameter, value):
    with pytest.raises(ApiError) as refused:
        read(**{parameter: value})

    assert refused.value.reason == "MalformedSecurityHeader"
    assert refused.value.metadata == {"ParameterName": f"x-goog-{parameter.lower()}"}


def test_a_header_that_was_signed_must_come():
    with pytest.raises(ApiError, match="Header was included in signedheaders, but not in the request"):
        canonical(headers={"host": "storage.googleapis.com"})


@pytest.mark.parametrize("name", ["x-goog-copy-source", "x-amz-copy-source"])
def test_an_extension_header_that_came_must_be_signed(name):
    with pytest.raises(ApiError) as refused:
        canonical(headers={**HEADERS, name: "/secret/object"})

    assert refused.value.metadata == {"ParameterName": name}


def test_the_host_must_be_signed():
    with pytest.raises(ApiError, match="host must be signed"):
        canonical(SignedHeaders="x-goog-meta-lab")


def test_the_hash_of_the_payload_is_signed_where_it_is_given():
    headers = {**HEADERS, "x-goog-content-sha256": "ab" * 32}

    assert canonical(headers=headers, SignedHeaders="host;x-goog-meta-lab;x-goog-content-sha256").endswith("ab" * 32)


@pytest.mark.parametrize("authorization", ["GOOG4-HMAC-SHA256 Credential=a", "AWS4-HMAC-SHA256 Signature=ab"])
def test_an_authorization_header_must_be_whole(authorization):
    with pytest.raises(ApiError) as refused:
        v4_signature.from_authorization(authorization, {})

    assert refused.value.reason == "MalformedSecurityHeader"
