import stat
from datetime import datetime, timezone

import jwt
import pytest

from labkit.localcloud.core.identity import Principal
from labkit.localcloud.iam.credential import Credential, InvalidTokenError
from labkit.localcloud.iam.tokens import RefreshToken, Tokens, load_key

KEY = b"k" * 32
ALICE = Principal("alice@example.com")
CREDENTIAL = Credential(ALICE, "1", datetime(2026, 9, 1, tzinfo=timezone.utc), ("a", "b"), grant="g")


@pytest.fixture
def tokens():
    return Tokens(KEY)


def test_a_token_says_what_was_put_into_it(tokens):
    assert tokens.read_access(tokens.access(CREDENTIAL)) == CREDENTIAL


def test_a_token_outlives_the_server_that_minted_it(tokens):
    assert Tokens(KEY).read_access(tokens.access(CREDENTIAL)) == CREDENTIAL


def test_tools_know_a_token_by_googles_prefix(tokens):
    refresh = tokens.refresh(RefreshToken(ALICE, "client", "g"))

    assert tokens.access(CREDENTIAL).startswith("ya29.")
    assert refresh.startswith("1//")
    assert (tokens.is_access(tokens.access(CREDENTIAL)), tokens.is_access(refresh)) == (True, False)


def test_a_refresh_token_is_no_access_token_and_the_other_way_round(tokens):
    refresh = tokens.refresh(RefreshToken(ALICE, "client", "g"))

    assert tokens.read_refresh(refresh) == RefreshToken(ALICE, "client", "g")
    with pytest.raises(InvalidTokenError, match="no access token"):
        tokens.read_access("ya29." + refresh.removeprefix("1//"))
    with pytest.raises(InvalidTokenError, match="no refresh token"):
        tokens.read_refresh("1//" + tokens.access(CREDENTIAL).removeprefix("ya29."))


@pytest.mark.parametrize(
    "token",
    [
        Tokens(b"x" * 32).access(CREDENTIAL),
        "ya29." + jwt.encode({"sub": ALICE.email, "typ": "access", "exp": 4_000_000_000}, "", algorithm="none"),
        "ya29.",
        "ya29.a.b.c",
        "",
    ],
    ids=["another key", "unsigned", "empty", "nonsense", "nothing"],
)
def test_a_token_of_somebody_elses_making_is_refused(tokens, token):
    with pytest.raises(InvalidTokenError):
        tokens.read_access(token)


def test_the_key_is_kept_and_only_its_owner_reads_it(tmp_path):
    path = tmp_path / "tokens.key"

    assert load_key(path) == load_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(path.read_bytes()) == 32
