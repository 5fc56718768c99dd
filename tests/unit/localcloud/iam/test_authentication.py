"""Whom the APIs take a caller for, and how they refuse: by the clock of this cloud, and at once."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import jwt
import pytest

from labkit.localcloud.core.identity import Principal
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.iam import key_material
from labkit.localcloud.iam.issuer import UnusableAccountError
from tests.unit.localcloud.iam.signed import assertion

ALICE = Principal("alice@example.com")
VERTEX = "aiplatform.googleapis.com"
STORAGE = "storage.googleapis.com"


@pytest.fixture
def account(identity):
    return identity.accounts.create("labkit-student", "trainer")


@pytest.fixture
def key(identity, account):
    """A key's id, and its private half."""
    made, private = asyncio.run(identity.accounts.keys.create(account.unique_id, 2048))
    return made.id, private


@pytest.fixture
def caller(identity):
    """Whom an API takes the bearer of a token for."""
    return lambda token, service=VERTEX: identity.bearers.authenticate(f"Bearer {token}", service)


@pytest.fixture
def reason(identity):
    """Why a header is refused with 401."""

    def reason(token, service=VERTEX):
        with pytest.raises(ApiError) as refused:
            identity.bearers.authenticate(f"Bearer {token}", service)
        assert refused.value.code is Code.UNAUTHENTICATED
        assert refused.value.domain == "googleapis.com"
        assert refused.value.metadata["service"] == service
        return refused.value.reason

    return reason


def token_of(identity, principal, **options):
    return identity.issuer.access_token(principal, **options).token


def test_a_token_names_its_owner(identity, caller, account):
    assert caller(token_of(identity, ALICE)) == ALICE
    assert caller(token_of(identity, account.principal)) == account.principal


def test_the_accounts_of_googles_own_services_call_too(identity, caller):
    agent = Principal("service-100000000001@gcp-sa-aiplatform-cc.iam.gserviceaccount.com")

    assert caller(token_of(identity, agent)) == agent


def test_an_account_that_is_not_there_is_given_nothing(identity):
    with pytest.raises(UnusableAccountError):
        identity.issuer.access_token(Principal("nobody@labkit-student.iam.gserviceaccount.com"))


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi"])
def test_a_call_without_a_token_is_told_so(identity, header):
    with pytest.raises(ApiError, match="missing required authentication credential") as refused:
        identity.bearers.authenticate(header, VERTEX)

    assert (refused.value.code, refused.value.reason) == (Code.UNAUTHENTICATED, "CREDENTIALS_MISSING")


def test_a_token_expires_after_its_hour_however_often_it_was_seen(identity, caller, clock, reason):
    token = token_of(identity, ALICE)
    clock.advance(minutes=59)
    caller(token)
    clock.advance(minutes=2)

    assert reason(token) == "ACCESS_TOKEN_EXPIRED"


@pytest.mark.parametrize("token", ["ya29.forged", "a.b.c", "x", jwt.encode({"iss": "a"}, "", algorithm="none")])
def test_what_nobody_signed_is_refused(reason, token):
    assert reason(token) == "ACCESS_TOKEN_TYPE_UNSUPPORTED"


def test_a_revoked_grant_takes_its_tokens_with_it(identity, caller, reason):
    token = token_of(identity, ALICE, grant="one")
    caller(token)
    identity.revocations.add("one")

    assert reason(token) == "ACCESS_TOKEN_EXPIRED"


def test_a_revocation_outlives_the_server(identity, tmp_path):
    from labkit.localcloud.core.store import Store
    from labkit.localcloud.iam.revocations import Revocations

    identity.revocations.add("one")
    again = Revocations(Store(tmp_path / "identity.db"))

    assert (again.holds("one"), again.holds("two")) == (True, False)


def test_a_scope_that_does_not_cover_the_api_is_403_and_says_so(identity, caller):
    token = token_of(identity, ALICE, scopes=("https://www.googleapis.com/auth/devstorage.read_write",))

    assert caller(token, STORAGE) == ALICE
    with pytest.raises(ApiError, match="insufficient authentication scopes") as refused:
        caller(token, VERTEX)
    assert refused.value.code is Code.PERMISSION_DENIED
    assert refused.value.reason == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"


def test_tokens_of_a_disabled_account_stop_at_once_and_start_again(identity, account, caller, reason):
    token = token_of(identity, account.principal)
    caller(token)
    disabled = identity.accounts.update(replace(account, disabled=True))

    assert reason(token) == "ACCOUNT_STATE_INVALID"
    identity.accounts.update(replace(disabled, disabled=False))
    assert caller(token) == account.principal


def test_an_account_made_again_does_not_get_the_tokens_of_the_first(identity, account, reason):
    token = token_of(identity, account.principal)
    identity.accounts.delete(account)
    identity.accounts.create("labkit-student", "trainer")

    assert reason(token) == "ACCOUNT_STATE_INVALID"


def test_a_self_signed_jwt_is_good_for_the_api_it_names(clock, account, key, caller, reason):
    token = assertion(*key, clock, account.email, aud=f"https://{VERTEX}/")

    assert caller(token) == account.principal
    assert caller(token, f"us-central1-{VERTEX}") == account.principal
    assert reason(token, STORAGE) == "ACCESS_TOKEN_TYPE_UNSUPPORTED"


def test_a_self_signed_jwt_with_a_scope_is_good_for_what_the_scope_covers(clock, account, key, caller):
    token = assertion(*key, clock, account.email, scope="https://www.googleapis.com/auth/cloud-platform")

    assert caller(token, STORAGE) == caller(token, VERTEX) == account.principal


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"sub": "alice@example.com"}, "ACCESS_TOKEN_TYPE_UNSUPPORTED"),
        ({"aud": None}, "ACCESS_TOKEN_TYPE_UNSUPPORTED"),
        ({"aud": "https://nosuch.example/"}, "ACCESS_TOKEN_TYPE_UNSUPPORTED"),
        ({"aud": f"http://{VERTEX}/"}, "ACCESS_TOKEN_TYPE_UNSUPPORTED"),
        ({"exp": None}, "ACCESS_TOKEN_TYPE_UNSUPPORTED"),
        ({"exp": "soon"}, "ACCESS_TOKEN_TYPE_UNSUPPORTED"),
        ({"iat": None}, "ACCESS_TOKEN_TYPE_UNSUPPORTED"),
        ({"exp": 4_000_000_000}, "ACCESS_TOKEN_TYPE_UNSUPPORTED"),
        ({"iat": 4_000_000_000, "exp": 4_000_003_000}, "ACCESS_TOKEN_TYPE_UNSUPPORTED"),
        ({"exp": 1}, "ACCESS_TOKEN_EXPIRED"),
        ({"iss": "nobody@labkit-student.iam.gserviceaccount.com"}, "ACCOUNT_STATE_INVALID"),
        ({"iss": None}, "ACCOUNT_STATE_INVALID"),
        ({"iss": "\ud800"}, "ACCESS_TOKEN_TYPE_UNSUPPORTED"),
        ({"exp": True}, "ACCESS_TOKEN_EXPIRED"),
        ({"exp": float("inf")}, "ACCESS_TOKEN_TYPE_UNSUPPORTED"),
        ({"exp": [1]}, "ACCESS_TOKEN_TYPE_UNSUPPORTED"),
    ],
    ids=str,
)
def test_a_self_signed_jwt_must_be_right_in_every_claim(clock, account, key, reason, changes, expected):
    token = assertion(*key, clock, account.email, **{"aud": f"https://{VERTEX}/", **changes})

    assert reason(token) == expected


def test_a_jwt_of_another_key_is_refused_whatever_key_it_names(clock, account, key, reason):
    forged = assertion(key[0], key_material.generate(), clock, account.email, aud=f"https://{VERTEX}/")

    assert reason(forged) == "ACCESS_TOKEN_TYPE_UNSUPPORTED"


def test_a_jwt_that_is_no_longer_than_the_public_key_cannot_be_signed_with_it(clock, identity, account, key, reason):
    """The classic confusion: HS256 with the public key as its secret."""
    certificate = identity.accounts.keys.of(account.unique_id)[0].certificate
    now = int(clock.now().timestamp())
    claims = {"iss": account.email, "sub": account.email, "iat": now, "exp": now + 60, "aud": f"https://{VERTEX}/"}
    forged = jwt.PyJWS().encode(
        __import__("json").dumps(claims).encode(), certificate[30:].encode(), algorithm="HS256", headers={"kid": key[0]}
    )

    assert reason(forged) == "ACCESS_TOKEN_TYPE_UNSUPPORTED"


def test_a_key_that_was_disabled_or_deleted_signs_nothing_more(identity, clock, account, key, caller, reason):
    token = assertion(*key, clock, account.email, aud=f"https://{VERTEX}/")
    caller(token)
    kept = identity.accounts.keys.find(account.unique_id, key[0])
    identity.accounts.keys.set_disabled(kept, disabled=True)
    assert reason(token) == "ACCESS_TOKEN_TYPE_UNSUPPORTED"

    identity.accounts.keys.set_disabled(kept, disabled=False)
    assert caller(token) == account.principal

    identity.accounts.keys.delete(kept)
    assert reason(token) == "ACCESS_TOKEN_TYPE_UNSUPPORTED"


def test_a_jwt_expires_though_it_was_seen_before(clock, account, key, caller, reason):
    token = assertion(*key, clock, account.email, aud=f"https://{VERTEX}/")
    caller(token)
    clock.advance(seconds=3000)

    assert reason(token) == "ACCESS_TOKEN_EXPIRED"


def test_a_token_says_how_long_it_lasts(identity, clock):
    issued = identity.issuer.access_token(ALICE, lifetime=timedelta(minutes=5))

    assert timedelta(0) <= issued.expires - clock.now() - timedelta(minutes=5) <= timedelta(seconds=1)
