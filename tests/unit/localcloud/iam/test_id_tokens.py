import stat

import jwt
import pytest

from labkit.localcloud.core.identity import Principal
from labkit.localcloud.iam import key_material
from labkit.localcloud.iam.id_tokens import IdTokens

ALICE = Principal("alice@example.com")


@pytest.fixture
def id_tokens(tmp_path, clock):
    return IdTokens(tmp_path / "id_tokens.pem", clock)


def test_a_token_is_verified_by_the_published_certificate(id_tokens, clock):
    token = id_tokens.mint(ALICE, "1", "https://service.run.app")
    key_id = jwt.get_unverified_header(token)["kid"]
    claims = jwt.decode(
        token,
        key_material.public_key(id_tokens.certificates()[key_id]),
        algorithms=["RS256"],
        audience="https://service.run.app",
        issuer="https://accounts.google.com",
        options={"verify_exp": False, "verify_iat": False},
    )

    assert (claims["email"], claims["email_verified"], claims["sub"], claims["azp"]) == (ALICE.email, True, "1", "1")
    assert claims["exp"] - clock.now().timestamp() == 3600


def test_an_address_is_said_only_where_it_is_wanted(id_tokens):
    assert "email" not in id_tokens.claims(id_tokens.mint(ALICE, "1", "a", with_email=False))


def test_a_token_counts_until_it_expires(id_tokens, clock):
    token = id_tokens.mint(ALICE, "1", "a")
    assert id_tokens.claims(token)["aud"] == "a"

    clock.advance(hours=1)
    assert id_tokens.claims(token) is None


@pytest.mark.parametrize("token", ["", "a.b.c", jwt.encode({"exp": 4_000_000_000}, "", algorithm="none")])
def test_a_token_of_another_making_says_nothing(id_tokens, token):
    assert id_tokens.claims(token) is None


def test_the_key_is_the_same_after_a_restart_and_its_owners_alone(id_tokens, tmp_path, clock):
    before = id_tokens.mint(ALICE, "1", "a")
    again = IdTokens(tmp_path / "id_tokens.pem", clock)

    assert again.claims(before) is not None
    assert again.jwks() == id_tokens.jwks()
    assert stat.S_IMODE((tmp_path / "id_tokens.pem").stat().st_mode) == 0o600
