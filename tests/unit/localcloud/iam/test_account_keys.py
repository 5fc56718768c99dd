import pytest

from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.iam import key_material
from labkit.localcloud.iam.account_key import KeyOrigin, KeyType

ACCOUNT = "112233445566778899001"
DATA = b"what is signed"


@pytest.fixture
def keys(identity):
    return identity.accounts.keys


def verifies(certificate, signature):
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    key_material.public_key(certificate).verify(signature, DATA, padding.PKCS1v15(), hashes.SHA256())
    return True


def test_a_keys_private_half_is_given_away_and_kept_nowhere(keys, loop, tmp_path):
    made, private = loop.run_until_complete(keys.create(ACCOUNT, 2048))
    (kept,) = keys.of(ACCOUNT)

    assert verifies(kept.certificate, key_material.sign(private, DATA))
    assert (made.type, made.origin, kept.private_pem) == (KeyType.USER_MANAGED, KeyOrigin.GOOGLE_PROVIDED, "")
    secret = key_material.private_pem(private).splitlines()[5].encode()
    assert not any(secret in path.read_bytes() for path in tmp_path.glob("identity.db*"))


def test_an_account_has_ten_keys_of_its_users_at_most(keys, loop):
    certificate = loop.run_until_complete(keys.system_key(ACCOUNT)).certificate.encode()
    for _ in range(10):
        keys.upload(ACCOUNT, certificate)

    with pytest.raises(ApiError, match="has 10 keys") as refused:
        loop.run_until_complete(keys.create(ACCOUNT, 2048))
    assert refused.value.code is Code.FAILED_PRECONDITION


def test_a_user_may_bring_a_key(keys, clock):
    private = key_material.generate()
    after = clock.now().replace(microsecond=0)
    certificate = key_material.certify(private, "mine", after=after, before=after.replace(year=2030))
    key = keys.upload(ACCOUNT, certificate.encode())

    assert key.origin is KeyOrigin.USER_PROVIDED
    assert verifies(keys.find(ACCOUNT, key.id).certificate, key_material.sign(private, DATA))


@pytest.mark.parametrize(
    "data", [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_what_is_no_certificate_is_no_key(keys, data):
    with pytest.raises(ApiError, match="certificate") as refused:
        keys.upload(ACCOUNT, data)

    assert refused.value.code is Code.INVALID_ARGUMENT


def test_the_system_signs_with_one_key_for_two_weeks_and_the_last_one_is_still_good(keys, loop, clock):
    first = loop.run_until_complete(keys.system_key(ACCOUNT))
    clock.advance(days=13)
    assert loop.run_until_complete(keys.system_key(ACCOUNT)) == first

    clock.advance(days=1)
    second = loop.run_until_complete(keys.system_key(ACCOUNT))
    assert second.id != first.id
    assert len(keys.public_keys(ACCOUNT)) == 2
    assert verifies(second.certificate, key_material.sign(key_material.load_private(second.private_pem), DATA))


def test_two_calls_at_once_make_one_system_key(keys, loop):
    import asyncio

    async def both():
        return await asyncio.gather(keys.system_key(ACCOUNT), keys.system_key(ACCOUNT))

    first, second = loop.run_until_complete(both())

    assert first == second
    assert keys.of(ACCOUNT) == [first]


def test_a_disabled_key_verifies_nothing(keys, loop):
    key = loop.run_until_complete(keys.create(ACCOUNT, 2048))[0]
    keys.set_disabled(key, disabled=True)

    assert list(keys.public_keys(ACCOUNT)) == []


def test_a_key_belongs_to_one_account(keys, loop):
    key = loop.run_until_complete(keys.create(ACCOUNT, 2048))[0]

    assert keys.find("another", key.id) is None


def test_a_p12_file_opens_with_googles_password(keys, loop):
    from cryptography.hazmat.primitives.serialization import pkcs12

    key, private = loop.run_until_complete(keys.create(ACCOUNT, 2048))
    opened, certificate, _ = pkcs12.load_key_and_certificates(
        key_material.private_p12(private, key.certificate), b"notasecret"
    )

    assert opened.private_numbers() == private.private_numbers()
    assert certificate.public_key() == private.public_key()
