import stat

import jwt
import pytest

from labkit.localcloud.core.identity import Principal
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.iam.tokens import Tokens, load_key
from tests.fakes import FakeClock

KEY = b"k" * 32
ALICE = Principal("alice@example.com")


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def tokens(clock):
    return Tokens(KEY, clock)


def reason(tokens, header):
    with pytest.raises(ApiError) as refused:
        tokens.authenticate(header, "aiplatform.googleapis.com")
    assert refused.value.code is Code.UNAUTHENTICATED
    return refused.value.reason


def test_a_token_names_its_principal(tokens):
    assert tokens.authenticate(f"Bearer {tokens.mint(ALICE)}", "storage.googleapis.com") == ALICE


def test_a_token_outlives_the_server_that_minted_it(tokens, clock):
    token = tokens.mint(ALICE)

    assert Tokens(KEY, clock).authenticate(f"Bearer {token}", "storage.googleapis.com") == ALICE


def test_a_token_expires_after_an_hour_of_the_clouds_clock(tokens, clock):
    token = tokens.mint(ALICE)
    clock.advance(minutes=59)
    tokens.authenticate(f"Bearer {token}", "x")
    clock.advance(minutes=2)

    assert reason(tokens, f"Bearer {token}") == "ACCESS_TOKEN_EXPIRED"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi"])
def test_a_call_without_a_token_is_told_so(tokens, header):
    assert reason(tokens, header) == "CREDENTIALS_MISSING"


def test_a_forged_token_is_refused(tokens, clock):
    forged = Tokens(b"x" * 32, clock).mint(ALICE)

    assert reason(tokens, f"Bearer {forged}") == "ACCESS_TOKEN_TYPE_UNSUPPORTED"


def test_an_unsigned_token_is_refused(tokens):
    unsigned = jwt.encode({"sub": ALICE.email, "exp": 4_000_000_000}, "", algorithm="none")

    assert reason(tokens, f"Bearer ya29.{unsigned}") == "ACCESS_TOKEN_TYPE_UNSUPPORTED"


def test_the_key_is_kept_and_only_its_owner_reads_it(tmp_path):
    path = tmp_path / "tokens.key"

    assert load_key(path) == load_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(path.read_bytes()) == 32
