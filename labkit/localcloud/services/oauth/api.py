"""Google's sign-in endpoints over HTTP: none is in a proto, so their routes stand here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.oauth.oauth_error import OAuthError
from labkit.localcloud.services.oauth.profiles import Profiles
from labkit.localcloud.services.oauth.published_keys import DISCOVERY, PublishedKeys
from labkit.localcloud.services.oauth.token_endpoint import TokenEndpoint
from labkit.localcloud.wire.request import raw_path
from labkit.localcloud.wire.router import Router

_OAUTH = "oauth2.googleapis.com"
_OPENID = "openidconnect.googleapis.com"
_WWW = "www.googleapis.com"
_ACCOUNTS = "accounts.google.com"
_HOSTS = frozenset({_OAUTH, _OPENID, _WWW, _ACCOUNTS})


@dataclass(frozen=True)
class _Call:
    """`form` holds the parameters of the query and of the body, which Google takes alike."""

    variables: Mapping[str, str]
    form: Mapping[str, str]
    bearer: str

    @property
    def access_token(self) -> str:
        return self.form.get("access_token", "") or self.bearer


_Handler = Callable[[_Call], Awaitable[Any]]


class OAuthApi:
    """`core.hand_routed.HandRouted`. Callers are known by what they show, never by the Authorization header alone."""

    title = "oauth2.googleapis.com (OAuth 2.0 and OpenID Connect)"
    stored: tuple[str, ...] = ()

    def __init__(self, endpoint: TokenEndpoint, profiles: Profiles, keys: PublishedKeys) -> None:
        self._endpoint = endpoint
        self._profiles = profiles
        self._keys = keys
        routes = self._routes()
        self.calls = tuple(f"{verb} {host}{template}" for verb, host, template, _ in routes)
        self._routers = {host: Router[_Handler]() for host in _HOSTS}
        for verb, host, template, handler in routes:
            self._routers[host].add(verb, template, handler)

    def serves(self, host: str, path: str) -> bool:
        return host in _HOSTS

    async def respond(self, request: Request) -> Response:
        host = request.headers.get("host", "").partition(":")[0].lower()
        path = raw_path(request)
        route = self._routers[host].match(request.method, path)
        if route is None:
            raise ApiError.unimplemented(f"{request.method} https://{host}{path}")
        try:
            return JSONResponse(await route.target(await _call(request, route.variables)))
        except OAuthError as error:
            return JSONResponse({"error": error.error, "error_description": error.description}, error.status)

    def refuse(self, request: Request, error: ApiError) -> Response:
        return JSONResponse({"error": error.code.name.lower(), "error_description": error.message}, error.code.http)

    def _routes(self) -> tuple[tuple[str, str, str, _Handler], ...]:
        robot = "/robot/v1/metadata"
        return (
            ("POST", _OAUTH, "/token", self._token),
            ("POST", _WWW, "/oauth2/v4/token", self._token),
            ("POST", _ACCOUNTS, "/o/oauth2/token", self._token),
            ("POST", _OAUTH, "/revoke", self._revoke),
            ("POST", _ACCOUNTS, "/o/oauth2/revoke", self._revoke),
            ("GET", _OAUTH, "/tokeninfo", self._token_info),
            ("POST", _OAUTH, "/tokeninfo", self._token_info),
            ("GET", _WWW, "/oauth2/v3/tokeninfo", self._token_info),
            ("GET", _WWW, "/oauth2/v1/tokeninfo", self._token_info_v1),
            ("POST", _WWW, "/oauth2/v1/tokeninfo", self._token_info_v1),
            ("GET", _OPENID, "/v1/userinfo", self._user_info),
            ("GET", _WWW, "/oauth2/v3/userinfo", self._user_info),
            ("GET", _WWW, "/oauth2/v2/userinfo", self._user_info_v1),
            ("GET", _WWW, "/oauth2/v1/userinfo", self._user_info_v1),
            ("GET", _WWW, "/oauth2/v1/certs", self._certificates),
            ("GET", _WWW, "/oauth2/v3/certs", self._jwks),
            ("GET", _WWW, robot + "/x509/{email}", self._account_certificates),
            ("GET", _WWW, robot + "/jwk/{email}", self._account_jwks),
            ("GET", _WWW, "/service_accounts/v1/metadata/x509/{email}", self._account_certificates),
            ("GET", _WWW, "/service_accounts/v1/jwk/{email}", self._account_jwks),
            ("GET", _ACCOUNTS, "/.well-known/openid-configuration", self._discovery),
        )

    async def _token(self, call: _Call) -> Any:
        return self._endpoint.exchange(call.form)

    async def _revoke(self, call: _Call) -> Any:
        self._endpoint.revoke(call.form.get("token", ""))
        return {}

    async def _token_info(self, call: _Call) -> Any:
        return self._profiles.token_info(call.access_token, call.form.get("id_token", ""))

    async def _token_info_v1(self, call: _Call) -> Any:
        return self._profiles.token_info_v1(call.access_token)

    async def _user_info(self, call: _Call) -> Any:
        return self._profiles.user_info(call.access_token)

    async def _user_info_v1(self, call: _Call) -> Any:
        return self._profiles.user_info_v1(call.access_token)

    async def _certificates(self, _call: _Call) -> Any:
        return self._keys.certificates()

    async def _jwks(self, _call: _Call) -> Any:
        return self._keys.jwks()

    async def _account_certificates(self, call: _Call) -> Any:
        return await self._keys.account_certificates(call.variables["email"])

    async def _account_jwks(self, call: _Call) -> Any:
        return await self._keys.account_jwks(call.variables["email"])

    async def _discovery(self, _call: _Call) -> Any:
        return DISCOVERY


async def _call(request: Request, variables: Mapping[str, str]) -> _Call:
    body = (await request.body()).decode("latin-1")
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    bearer = token if scheme.lower() == "bearer" else ""
    return _Call(variables, {**request.query_params, **dict(parse_qsl(body, keep_blank_values=True))}, bearer)
