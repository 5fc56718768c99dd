"""Google's sign-in endpoints over HTTP: what is given, and each refusal in Google's words."""

import asyncio
import json
from dataclasses import replace

import httpx
import pytest
from starlette.requests import Request

from labkit.localcloud.core.failures import as_api_error
from labkit.localcloud.core.identity import Principal
from labkit.localcloud.iam import key_material
from labkit.localcloud.services.oauth.api import OAuthApi
from labkit.localcloud.services.oauth.client import CLIENT_ID, CLIENT_SECRET
from labkit.localcloud.services.oauth.profiles import Profiles
from labkit.localcloud.services.oauth.published_keys import PublishedKeys
from labkit.localcloud.services.oauth.token_endpoint import TokenEndpoint
from tests.unit.localcloud.iam.signed import assertion

STUDENT = Principal("student@example.com")
TOKEN = "https://oauth2.googleapis.com/token"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"


@pytest.fixture
def api(identity, clock):
    endpoint = TokenEndpoint(identity.tokens, identity.issuer, identity.assertions, identity.revocations, clock)
    profiles = Profiles(identity.bearers, identity.id_tokens, clock)
    return OAuthApi(endpoint, profiles, PublishedKeys(identity.id_tokens, identity.accounts, clock))


@pytest.fixture
def ask(api):
    async def app(scope, receive, send):
        request = Request(scope, receive)
        assert api.serves(request.headers["host"], request.url.path)
        try:
            response = await api.respond(request)
        except Exception as error:  # noqa: BLE001 - as the HTTP transport does.
            response = api.refuse(request, as_api_error(error))
        await response(scope, receive, send)

    async def request(verb, url, options):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
            return await client.request(verb, url, **options)

    return lambda verb, url, **options: asyncio.run(request(verb, url, options))


@pytest.fixture
def account(identity):
    return identity.accounts.create("labkit-student", "trainer")


@pytest.fixture
def key(identity, account):
    made, private = asyncio.run(identity.accounts.keys.create(account.unique_id, 2048))
    return made.id, private


@pytest.fixture
def exchange(ask, clock, account, key):
    """Trades an assertion of the account's, changed as a test wants it."""

    def exchange(url=TOKEN, *, signer=key, **changes):
        claims = {"aud": TOKEN, "scope": SCOPE, "sub": None, **changes}
        form = {"grant_type": JWT_BEARER, "assertion": assertion(*signer, clock, account.email, **claims)}
        return ask("POST", url, data=form)

    return exchange


@pytest.fixture
def refresh_token(identity):
    return identity.issuer.refresh_token(STUDENT, CLIENT_ID)


@pytest.fixture
def refresh(ask, refresh_token):
    def refresh(**changes):
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        form |= {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        return ask("POST", TOKEN, data={**form, **changes})

    return refresh


@pytest.mark.parametrize(
    "url", [TOKEN, "https://www.googleapis.com/oauth2/v4/token", "https://accounts.google.com/o/oauth2/token"]
)
def test_a_key_is_traded_for_an_access_token(exchange, identity, account, url):
    reply = exchange(url).json()

    assert (reply["token_type"], reply["scope"]) == ("Bearer", SCOPE)
    assert 3600 <= reply["expires_in"] <= 3601
    assert identity.bearers.credential(reply["access_token"]).principal == account.principal


def test_a_key_is_traded_for_an_id_token(exchange, identity, account):
    claims = identity.id_tokens.claims(exchange(scope=None, target_audience="https://x.run.app").json()["id_token"])

    assert (claims["aud"], claims["email"]) == ("https://x.run.app", account.email)


WINDOW = (
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
    "Check your iat and exp values in the JWT claim."
)


@pytest.mark.parametrize(
    ("changes", "status", "error", "description"),
    [
        ({"exp": 1}, 400, "invalid_grant", WINDOW),
        ({"exp": 4_000_000_000}, 400, "invalid_grant", WINDOW),
        ({"iat": None}, 400, "invalid_grant", WINDOW),
        (
            {"iss": "gone@labkit-student.iam.gserviceaccount.com"},
            400,
            "invalid_grant",
            "Invalid grant: account not found",
        ),
        ({"aud": "https://example.com"}, 400, "invalid_grant", "Invalid JWT: Failed audience check."),
        ({"scope": None}, 400, "invalid_scope", "Invalid OAuth scope or ID token audience provided."),
        (
            {"sub": "student@example.com"},
            401,
            "unauthorized_client",
            "Client is unauthorized to retrieve access tokens",
        ),
    ],
    ids=str,
)
def test_an_assertion_is_refused_in_googles_words(exchange, changes, status, error, description):
    reply = exchange(**changes)

    assert (reply.status_code, reply.json()["error"]) == (status, error)
    assert reply.json()["error_description"].startswith(description)


def test_a_forged_assertion_is_refused_in_googles_words(exchange, key):
    reply = exchange(signer=(key[0], key_material.generate()))

    assert reply.status_code == 400
    assert reply.json() == {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}


def test_a_disabled_account_is_as_if_it_were_not_there(exchange, identity, account):
    identity.accounts.update(replace(account, disabled=True))

    assert exchange().json()["error_description"] == "Invalid grant: account not found"


def test_a_disabled_key_signs_nothing(exchange, identity, account, key):
    identity.accounts.keys.set_disabled(identity.accounts.keys.find(account.unique_id, key[0]), disabled=True)

    assert exchange().json()["error_description"] == "Invalid JWT Signature."


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "unsupported_grant_type"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": JWT_BEARER}, "invalid_grant"),
        ({"grant_type": JWT_BEARER, "assertion": "a.b.c"}, "invalid_grant"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "1//x"}, "invalid_grant"),
    ],
    ids=str,
)
def test_a_form_that_asks_for_nothing_is_refused(ask, form, error):
    reply = ask("POST", TOKEN, data=form)

    assert (reply.status_code, reply.json()["error"]) == (400, error)


def test_a_users_refresh_token_is_traded_for_both_tokens(refresh, identity):
    reply = refresh().json()

    assert identity.bearers.authenticate(f"Bearer {reply['access_token']}", "aiplatform.googleapis.com") == STUDENT
    assert identity.id_tokens.claims(reply["id_token"])["email"] == STUDENT.email
    assert SCOPE in reply["scope"].split()


@pytest.mark.parametrize(
    ("changes", "error"),
    [({"client_id": "another"}, "unauthorized_client"), ({"client_secret": "wrong"}, "invalid_client")],
    ids=str,
)
def test_a_refresh_token_is_good_for_its_own_client_only(refresh, changes, error):
    assert (refresh(**changes).status_code, refresh(**changes).json()["error"]) == (401, error)


def test_a_revoked_refresh_token_ends_what_came_of_it(ask, refresh, refresh_token, identity):
    token = refresh().json()["access_token"]
    assert ask("POST", "https://oauth2.googleapis.com/revoke", data={"token": refresh_token}).json() == {}

    assert identity.bearers.credential(token) is None
    assert refresh().json() == {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}


def test_revoking_an_access_token_ends_the_grant_it_came_of(ask, refresh):
    token = refresh().json()["access_token"]
    ask("POST", f"https://accounts.google.com/o/oauth2/revoke?token={token}")

    assert refresh().json()["error"] == "invalid_grant"


@pytest.mark.parametrize("token", ["", "ya29.x", "1//x"])
def test_what_was_never_given_cannot_be_revoked(ask, token):
    reply = ask("POST", "https://oauth2.googleapis.com/revoke", data={"token": token})

    assert (reply.status_code, reply.json()["error"]) == (400, "invalid_token")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://oauth2.googleapis.com/tokeninfo", "email"),
        ("https://www.googleapis.com/oauth2/v1/tokeninfo", "email"),
        ("https://openidconnect.googleapis.com/v1/userinfo", "email"),
        ("https://www.googleapis.com/oauth2/v3/userinfo", "email"),
        ("https://www.googleapis.com/oauth2/v2/userinfo", "email"),
    ],
)
def test_a_token_tells_its_owner(ask, refresh, url, name):
    token = refresh().json()["access_token"]

    assert ask("GET", url, params={"access_token": token}).json()[name] == STUDENT.email
    assert ask("GET", url, headers={"authorization": f"Bearer {token}"}).json()[name] == STUDENT.email
    assert ask("GET", url, params={"access_token": "ya29.x"}).json()["error"] == "invalid_token"


def test_an_id_token_tells_what_it_says(ask, refresh):
    token = refresh().json()["id_token"]
    told = ask("GET", "https://oauth2.googleapis.com/tokeninfo", params={"id_token": token}).json()

    assert (told["email"], told["email_verified"], told["aud"]) == (STUDENT.email, "true", CLIENT_ID)


def test_a_token_tells_how_long_it_lasts_and_what_for(ask, refresh, clock):
    token = refresh().json()["access_token"]
    clock.advance(minutes=10)
    told = ask("GET", "https://oauth2.googleapis.com/tokeninfo", params={"access_token": token}).json()

    assert 3000 <= int(told["expires_in"]) <= 3001
    assert SCOPE in told["scope"].split()


@pytest.mark.parametrize("path", ["robot/v1/metadata/x509", "service_accounts/v1/metadata/x509"])
def test_an_accounts_certificates_are_public(ask, account, key, path):
    found = ask("GET", f"https://www.googleapis.com/{path}/{account.email}").json()

    assert key_material.public_key(found[key[0]]) == key[1].public_key()
    assert len(found) == 2  # And the system's own.


def test_an_accounts_keys_are_public_as_jwks_too(ask, account, key):
    found = ask("GET", f"https://www.googleapis.com/robot/v1/metadata/jwk/{account.email}").json()["keys"]

    assert key[0] in {each["kid"] for each in found}


def test_an_account_that_is_not_there_has_none(ask):
    assert ask("GET", "https://www.googleapis.com/robot/v1/metadata/x509/nobody@example.com").status_code == 404


def test_the_keys_of_id_tokens_are_public(ask):
    certificates = ask("GET", "https://www.googleapis.com/oauth2/v1/certs").json()
    (jwk,) = ask("GET", "https://www.googleapis.com/oauth2/v3/certs").json()["keys"]

    assert list(certificates) == [jwk["kid"]]


def test_every_endpoint_that_discovery_names_is_there(ask, api):
    found = ask("GET", "https://accounts.google.com/.well-known/openid-configuration").json()
    named = [found[name] for name in ("token_endpoint", "userinfo_endpoint", "revocation_endpoint", "jwks_uri")]

    assert found["issuer"] == "https://accounts.google.com"
    for url in named:
        assert any(call.endswith(url.removeprefix("https://")) for call in api.calls), url


def test_what_is_not_written_says_so(ask):
    reply = ask("GET", "https://accounts.google.com/o/oauth2/auth")

    assert (reply.status_code, json.loads(reply.content)["error"]) == (501, "unimplemented")
