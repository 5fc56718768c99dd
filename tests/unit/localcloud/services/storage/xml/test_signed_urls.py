"""Signatures as Google's client library and Amazon's make them."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from google.cloud.storage import _signing
from google.oauth2 import service_account

SIGNER = "signer@student-lab.iam.gserviceaccount.com"
GET = "storage.objects.get"
OBJECT = "projects/_/buckets/lab-data/objects/dir/a b.csv"


@pytest.fixture
def credentials(xml):
    xml.accounts.with_key(SIGNER)
    return credentials_of(xml, SIGNER)


def credentials_of(xml, email):
    from google.auth.crypt import RSASigner

    signer = RSASigner(xml.accounts.keys[email])
    return service_account.Credentials(signer, email, "https://oauth2.googleapis.com/token")


@pytest.fixture
def sign(xml, credentials, monkeypatch):
    """Makes a signed URL as the cloud's clock stands."""
    monkeypatch.setattr(_signing, "_NOW", lambda _zone: xml.clock.now())
    client = storage.Client(project="student-lab", credentials=AnonymousCredentials())

    def sign(name="dir/a b.csv", version="v4", credentials=credentials, expiration=timedelta(minutes=15), **options):
        blob = client.bucket("lab-data").blob(name)
        return blob.generate_signed_url(expiration, version=version, credentials=credentials, **options)

    return sign


@pytest.fixture(autouse=True)
def stored(xml):
    xml.put("dir/a%20b.csv", b"1,2")


@pytest.fixture(params=["v4", "v2"])
def version(request):
    return request.param


def test_a_signed_url_needs_no_token(xml, sign, version):
    reply = xml.anonymously("GET", sign(version=version))

    assert (reply.status_code, reply.content) == (200, b"1,2")


def test_the_signer_is_the_caller(xml, sign, version):
    xml.access.only = {(GET, OBJECT)}
    xml.access.asked.clear()

    assert xml.anonymously("GET", sign(version=version)).status_code == 200
    assert {member for member, _, _ in xml.access.asked} == {f"serviceAccount:{SIGNER}"}


def test_a_signer_without_the_permission_cannot_give_it(xml, sign, version):
    xml.access.only = set()

    assert xml.refused(xml.anonymously("GET", sign(version=version))) == (403, "AccessDenied")


def test_an_upload_can_be_signed_with_its_headers(xml, sign, version):
    url = sign("new", version=version, method="PUT", content_type="text/csv", headers={"x-goog-meta-lab": "one"})
    headers = {"content-type": "text/csv", "x-goog-meta-lab": "one"}

    assert xml.anonymously("PUT", url, headers, content=b"3,4").status_code == 200
    assert xml("GET", "/lab-data/new").headers["x-goog-meta-lab"] == "one"


def test_a_resumable_upload_can_be_signed(xml, sign, version):
    started = xml.anonymously("POST", sign("new", version=version, method="RESUMABLE"), {"x-goog-resumable": "start"})

    assert started.status_code == 201
    assert xml.anonymously("PUT", started.headers["location"], content=b"3,4").status_code == 200
    assert xml("GET", "/lab-data/new").content == b"3,4"


@pytest.mark.parametrize("changed", ["lab-data/dir/other", "lab-data/dir/a%20b.csv?generation=1"])
def test_a_url_that_was_tampered_with_is_refused_and_shows_what_was_to_be_signed(xml, sign, changed):
    url = sign().replace("lab-data/dir/a%20b.csv", changed, 1).replace("?generation=1?", "?generation=1&")
    reply = xml.anonymously("GET", url)

    assert xml.refused(reply) == (403, "SignatureDoesNotMatch")
    assert xml.texts(reply, "StringToSign")[0].startswith("GOOG4-RSA-SHA256\n")
    assert xml.texts(reply, "CanonicalRequest")[0].startswith("GET\n")


def test_a_signature_that_was_tampered_with_is_refused(xml, sign):
    url = sign()
    last = "0" if url[-1] != "0" else "1"

    assert xml.refused(xml.anonymously("GET", url[:-1] + last)) == (403, "SignatureDoesNotMatch")


def test_another_method_is_refused(xml, sign, version):
    url = sign(version=version)

    assert xml.refused(xml.anonymously("PUT", url, content=b"x")) == (403, "SignatureDoesNotMatch")
    assert xml.refused(xml.anonymously("DELETE", url)) == (403, "SignatureDoesNotMatch")
    assert xml("GET", "/lab-data/dir/a%20b.csv").content == b"1,2"


def test_a_signed_header_must_come_as_it_was_signed(xml, sign):
    url = sign("new", method="PUT", content_type="text/csv")
    missing = xml.anonymously("PUT", url, content=b"x")
    other = xml.anonymously("PUT", url, {"content-type": "text/html"}, content=b"x")

    assert xml.refused(missing) == (400, "MalformedSecurityHeader")
    assert xml.texts(missing, "ParameterName") == ["content-type"]
    assert xml.refused(other) == (403, "SignatureDoesNotMatch")


@pytest.mark.parametrize("header", ["x-goog-copy-source", "x-amz-copy-source"])
def test_an_upload_cannot_be_turned_into_a_copy(xml, sign, version, header):
    xml.put("secret", b"secret")
    reply = xml.anonymously("PUT", sign("new", version=version, method="PUT"), {header: "/lab-data/secret"})

    expected = {"v4": (400, "MalformedSecurityHeader"), "v2": (403, "SignatureDoesNotMatch")}
    assert xml.refused(reply) == expected[version]
    assert xml("GET", "/lab-data/new").status_code == 404


def test_a_url_expires(xml, sign, version):
    url = sign(version=version)
    xml.advance(minutes=14, seconds=59)
    assert xml.anonymously("GET", url).status_code == 200
    xml.advance(seconds=1)

    assert xml.refused(xml.anonymously("GET", url)) == (400, "ExpiredToken")


def test_a_url_cannot_last_longer_than_seven_days(xml, sign):
    url = sign(expiration=timedelta(days=7)).replace("X-Goog-Expires=604800", "X-Goog-Expires=604801")

    assert xml.refused(xml.anonymously("GET", url)) == (400, "MalformedSecurityHeader")


def test_a_url_from_the_future_is_refused(xml, sign):
    url = sign()
    xml.advance(minutes=-16)

    assert xml.refused(xml.anonymously("GET", url)) == (403, "RequestTimeTooSkewed")


def test_a_signature_with_a_key_that_is_gone_is_refused(xml, sign):
    url = sign()
    xml.accounts.with_key(SIGNER)  # another one

    assert xml.refused(xml.anonymously("GET", url)) == (403, "SignatureDoesNotMatch")


def test_nobody_signs_for_another(xml, sign):
    xml.accounts.with_key("owner@student-lab.iam.gserviceaccount.com")
    forged = sign().replace(quote(SIGNER, safe=""), quote("owner@student-lab.iam.gserviceaccount.com", safe=""))

    assert xml.refused(xml.anonymously("GET", forged)) == (403, "SignatureDoesNotMatch")


def test_the_bucket_may_be_in_the_host_of_a_signed_url(xml, sign):
    url = sign(virtual_hosted_style=True)

    assert url.startswith("https://lab-data.storage.googleapis.com/")
    assert xml.anonymously("GET", url).content == b"1,2"


def test_a_signed_url_may_carry_parameters(xml, sign):
    reply = xml.anonymously("GET", sign(response_type="text/html", response_disposition="inline"))

    assert (reply.headers["content-type"], reply.headers["content-disposition"]) == ("text/html", "inline")


class TestHmacKeys:
    @pytest.fixture
    def key(self, xml, credentials):
        return xml.hmac_keys.create("student-lab", SIGNER)

    @pytest.fixture
    def s3(self, xml, key, monkeypatch):
        """Signs as Amazon's client library does; returns URL and headers."""
        from botocore import auth, awsrequest, credentials

        stamp = xml.clock.now().strftime("%Y%m%dT%H%M%SZ")

        def sign(method, path, kind=auth.S3SigV4Auth, data=b"", **options):
            secret = credentials.Credentials(key.key.access_id, key.secret)
            signer = kind(secret, "s3", "auto", **options)
            monkeypatch.setattr(auth, "get_current_datetime", lambda *_a, **_k: xml.clock.now())
            request = awsrequest.AWSRequest(method, f"https://storage.googleapis.com{path}", data=data)
            signer.add_auth(request)
            assert stamp in request.url or stamp in request.headers.values()
            return request.url, dict(request.headers)

        return sign

    def test_sign_requests_of_amazons_client(self, xml, s3):
        url, headers = s3("PUT", "/lab-data/new", data=b"3,4")

        assert xml.anonymously("PUT", url, headers, content=b"3,4").status_code == 200
        url, headers = s3("GET", "/lab-data/new")
        assert xml.anonymously("GET", url, headers).content == b"3,4"

    def test_sign_urls_of_amazons_client(self, xml, s3):
        from botocore.auth import S3SigV4QueryAuth

        url, _ = s3("GET", "/lab-data/dir/a%20b.csv", S3SigV4QueryAuth, expires=60)

        assert xml.anonymously("GET", url).content == b"1,2"
        xml.advance(seconds=60)
        assert xml.refused(xml.anonymously("GET", url)) == (400, "ExpiredToken")

    def test_the_bytes_are_those_that_were_signed(self, xml, s3):
        url, headers = s3("PUT", "/lab-data/new", data=b"3,4")

        assert xml.refused(xml.anonymously("PUT", url, headers, content=b"5,6")) == (400, "BadDigest")

    def test_a_request_grows_old(self, xml, s3):
        url, headers = s3("GET", "/lab-data/dir/a%20b.csv")
        xml.advance(minutes=16)

        assert xml.refused(xml.anonymously("GET", url, headers)) == (403, "RequestTimeTooSkewed")

    def test_the_account_of_the_key_is_the_caller(self, xml, s3):
        xml.access.only = set()
        url, headers = s3("GET", "/lab-data/dir/a%20b.csv")
        reply = xml.anonymously("GET", url, headers)

        assert xml.refused(reply) == (403, "AccessDenied")
        assert SIGNER in xml.texts(reply, "Details")[0]

    def test_a_key_that_is_off_signs_nothing(self, xml, s3, key):
        from labkit.localcloud.services.storage.hmac_keys import HmacKeyState

        url, headers = s3("GET", "/lab-data/dir/a%20b.csv")
        xml.hmac_keys.set_state("student-lab", key.key.access_id, HmacKeyState.INACTIVE)

        assert xml.refused(xml.anonymously("GET", url, headers)) == (403, "InvalidSecurity")

    def test_another_secret_does_not_match(self, xml, s3):
        url, headers = s3("GET", "/lab-data/dir/a%20b.csv")
        other, _ = s3("GET", "/lab-data/other")

        assert xml.refused(xml.anonymously("GET", other, headers)) == (403, "SignatureDoesNotMatch")
        assert url != other
