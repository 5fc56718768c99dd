"""RSA keys and the certificates that carry their public halves. cryptography is imported at the call that needs it."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from labkit.localcloud.errors import ApiError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

_BITS = 2048
_EXPONENT = 65537
_SMALLEST = 1024
_UPLOADED = "public_key_data"

# The password of every P12 file that Google makes: iam.proto, ServiceAccountPrivateKeyType.
_P12_PASSWORD = b"notasecret"


def generate(bits: int = _BITS) -> RSAPrivateKey:
    """A new private key: 50 ms and more, so not on the event loop."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(_EXPONENT, bits)


def certify(key: RSAPrivateKey, name: str, *, after: datetime, before: datetime) -> str:
    """A certificate for the key, signed with it, as Google publishes one for each key of a service account."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import NameOID

    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(after).not_valid_after(before)
    return _text(builder.sign(key, hashes.SHA256()))


def accept_certificate(data: bytes) -> str:
    """What a user uploads as a public key, checked. Raises INVALID_ARGUMENT."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    try:
        certificate = x509.load_pem_x509_certificate(data)
    except ValueError as error:
        raise ApiError.invalid(f"The key is no X.509 certificate in PEM form: {error}.", field=_UPLOADED) from error
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey) or key.key_size < _SMALLEST:
        raise ApiError.invalid(
            f"The certificate does not hold an RSA key of {_SMALLEST} bits or more.", field=_UPLOADED
        )
    return _text(certificate)


@lru_cache(maxsize=256)
def public_key(certificate: str) -> RSAPublicKey:
    """The key in a certificate that `certify` or `accept_certificate` gave."""
    from cryptography import x509

    return x509.load_pem_x509_certificate(certificate.encode()).public_key()  # type: ignore[return-value]


def public_pem(certificate: str) -> str:
    """The public key alone."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return public_key(certificate).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def private_pem(key: RSAPrivateKey) -> str:
    """As a service account's JSON key holds it."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def private_p12(key: RSAPrivateKey, certificate: str) -> bytes:
    """As a service account's P12 key holds it."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
    from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

    holder = x509.load_pem_x509_certificate(certificate.encode())
    return serialize_key_and_certificates(b"privatekey", key, holder, None, BestAvailableEncryption(_P12_PASSWORD))


@lru_cache(maxsize=256)
def load_private(pem: str) -> RSAPrivateKey:
    """The key that `private_pem` wrote."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    return load_pem_private_key(pem.encode(), None)  # type: ignore[return-value]


def sign(key: RSAPrivateKey, data: bytes) -> bytes:
    """RSA PKCS #1 v1.5 over SHA-256: what Google signs with, and verifies."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    return key.sign(data, padding.PKCS1v15(), hashes.SHA256())


def jwk(certificate: str, key_id: str) -> dict[str, Any]:
    """The public key as RFC 7517 writes it."""
    from jwt.algorithms import RSAAlgorithm

    members = RSAAlgorithm.to_jwk(public_key(certificate), as_dict=True)
    return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": key_id, "n": members["n"], "e": members["e"]}


def _text(certificate: Any) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding

    encoded: bytes = certificate.public_bytes(Encoding.PEM)
    return encoded.decode()
