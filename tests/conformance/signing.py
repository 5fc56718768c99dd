"""Google's vectors of V4 signatures, both ways: its client makes the URL, the local cloud derives what was signed."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from google.cloud.storage import _signing
from google.oauth2.service_account import Credentials

from labkit.localcloud.services.storage import v4_signature
from labkit.localcloud.services.storage.v4_signature import SignedRequest
from tests.conformance.outcome import Outcome

Vector = Mapping[str, Any]

# The archive's canonical requests have another project than when they were signed: with it their digests are as given.
# The vectors as they were published: https://github.com/googleapis/conformance-tests/blob/main/storage/v1/v4_signatures.json
_RENAMED, _SIGNED = "test-project-id", "dummy-project-id"


def run(tests: Path) -> list[Outcome]:
    """`tests` is the archive's folder of that name."""
    vectors: list[Vector] = _json(tests / "unit" / "url_signer_v4_test_data.json")["signingV4Tests"]
    account = _json(tests / "unit" / "url_signer_v4_test_account.json")
    made = [each["description"] for each in vectors if _made_by_the_client(each, account) != each["expectedUrl"]]
    with_what_is_signed = [each for each in vectors if "expectedCanonicalRequest" in each]
    derived = [f"{each['description']}: {why}" for each in with_what_is_signed for why in _wrong(each, account)]
    return [
        _outcome("V4 vectors, URL made by the client", len(vectors), made),
        _outcome("V4 vectors, derived by the local cloud", len(with_what_is_signed), derived),
    ]


def _outcome(suite: str, cases: int, failed: list[str]) -> Outcome:
    return Outcome(suite, cases, cases - len(failed), cases, tuple(failed))


def _made_by_the_client(vector: Vector, account: Mapping[str, str]) -> str:
    style = vector.get("urlStyle")
    bucket, name = vector["bucket"], vector.get("object")
    endpoint, resource = "https://storage.googleapis.com", f"/{bucket}/{name}" if name else f"/{bucket}"
    if style == "BUCKET_BOUND_HOSTNAME":
        endpoint, resource = f"{vector['scheme']}://{vector['bucketBoundHostname']}", f"/{name or ''}"
    elif style == "VIRTUAL_HOSTED_STYLE":
        endpoint, resource = f"{vector['scheme']}://{bucket}.storage.googleapis.com", f"/{name}"
    return _signing.generate_signed_url_v4(
        Credentials.from_service_account_info(account),
        resource,
        expiration=vector["expiration"],
        api_access_endpoint=endpoint,
        method=vector["method"],
        _request_timestamp=vector["timestamp"],
        headers=vector.get("headers"),
        query_parameters=vector.get("queryParameters"),
    )


def _wrong(vector: Vector, account: Mapping[str, str]) -> Iterator[str]:
    """What the local cloud makes of the request of a vector, where it differs; at most the first difference."""
    key: Any = load_pem_private_key(account["private_key"].encode(), password=None)
    request = _as_sent(vector, key.sign(vector["expectedStringToSign"].encode(), padding.PKCS1v15(), SHA256()))
    signature = v4_signature.from_query(request.query)
    if signature is None:
        yield "no signature was found"
        return
    canonical = signature.canonical_request(request)
    to_sign = signature.string_to_sign(canonical)
    if canonical != _canonical_request(vector):
        yield f"the canonical request is {canonical!r}, not {_canonical_request(vector)!r}"
    elif to_sign != vector["expectedStringToSign"]:
        yield f"the string to sign is {to_sign!r}, not {vector['expectedStringToSign']!r}"
    else:
        key.public_key().verify(signature.signature, to_sign.encode(), padding.PKCS1v15(), SHA256())


def _as_sent(vector: Vector, signature: bytes) -> SignedRequest:
    # Not from the URL: this archive writes its dates in a form that only the test of the client knows.
    method, path, query, *rest = _canonical_request(vector).split("\n")
    host = next(line.removeprefix("host:") for line in rest if line.startswith("host:"))
    headers = {name.lower(): value for name, value in vector.get("headers", {}).items()} | {"host": host}
    pairs = [*parse_qsl(query, keep_blank_values=True), ("X-Goog-Signature", signature.hex())]
    return SignedRequest(method, path, pairs, headers)


def _canonical_request(vector: Vector) -> str:
    return str(vector["expectedCanonicalRequest"]).replace(_RENAMED, _SIGNED)


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8-sig"))
