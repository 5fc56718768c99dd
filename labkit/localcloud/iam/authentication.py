"""Who calls: every Authorization header of every API, on every transport.

The refusals are Google's: https://cloud.google.com/apis/docs/troubleshooting and google/api/error_reason.proto.
"""

from __future__ import annotations

from labkit.localcloud.contract.apis import canonical_host
from labkit.localcloud.core.clock import Clock
from labkit.localcloud.core.identity import Principal
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.iam import scopes
from labkit.localcloud.iam.assertions import Assertion, Assertions, Flaw, InvalidAssertionError
from labkit.localcloud.iam.credential import Credential, InvalidTokenError
from labkit.localcloud.iam.revocations import Revocations
from labkit.localcloud.iam.service_accounts import ServiceAccounts
from labkit.localcloud.iam.tokens import Tokens

_INVALID = "Request had invalid authentication credentials."
_MISSING = "Request is missing required authentication credential."
_EXPECTED = (
    "Expected OAuth 2 access token, login cookie or other valid authentication credential. "
    "See https://developers.google.com/identity/sign-in/web/devconsole-project."
)
_SCOPES = "Request had insufficient authentication scopes."
_DOMAIN = "googleapis.com"  # error_reason.proto: of every reason in it.

_MISSING_REASON = "CREDENTIALS_MISSING"
_TYPE_REASON = "ACCESS_TOKEN_TYPE_UNSUPPORTED"
_EXPIRED_REASON = "ACCESS_TOKEN_EXPIRED"
_STATE_REASON = "ACCOUNT_STATE_INVALID"
_SCOPE_REASON = "ACCESS_TOKEN_SCOPE_INSUFFICIENT"

_REASONS = {Flaw.EXPIRED: _EXPIRED_REASON, Flaw.ACCOUNT: _STATE_REASON}

# A signature is verified once; a notebook's few tokens stay known.
_MOST_KNOWN = 1024


class Bearers:
    """core.identity.Authenticator: this cloud's own tokens, and JWTs that service accounts sign themselves."""

    def __init__(
        self,
        tokens: Tokens,
        assertions: Assertions,
        accounts: ServiceAccounts,
        revocations: Revocations,
        clock: Clock,
    ) -> None:
        self._tokens = tokens
        self._assertions = assertions
        self._accounts = accounts
        self._revocations = revocations
        self._clock = clock
        self._known: dict[str, Credential] = {}

    def authenticate(self, authorization: str, service: str) -> Principal:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise _refusal(_MISSING, _MISSING_REASON, service)
        credential = self._known.get(token) or self._verified(token, service)
        self._require_current(credential, service)
        if not _is_meant_for(credential, service):
            raise _refusal(_INVALID, _TYPE_REASON, service)
        if credential.scopes and not scopes.covers(credential.scopes, _api(service)):
            raise ApiError(
                Code.PERMISSION_DENIED, _SCOPES, reason=_SCOPE_REASON, domain=_DOMAIN, metadata={"service": service}
            )
        return credential.principal

    def credential(self, access_token: str) -> Credential | None:
        """What a token of this cloud's own says, if it is good now."""
        try:
            credential = self._tokens.read_access(access_token)
            self._require_current(credential, "")
        except (InvalidTokenError, ApiError):
            return None
        return credential

    def _verified(self, token: str, service: str) -> Credential:
        try:
            credential = (
                self._tokens.read_access(token)
                if self._tokens.is_access(token)
                else _self_signed(self._assertions.verify(token))
            )
        except InvalidTokenError as error:
            raise _refusal(_INVALID, _TYPE_REASON, service) from error
        except InvalidAssertionError as error:
            raise _refusal(_INVALID, _REASONS.get(error.flaw, _TYPE_REASON), service) from error
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[token] = credential
        return credential

    def _require_current(self, credential: Credential, service: str) -> None:
        """What may have changed since the signature was verified."""
        now = self._clock.now()
        if credential.expires <= now or self._revocations.holds(credential.grant):
            raise _refusal(_INVALID, _EXPIRED_REASON, service)
        if self._accounts.subject(credential.principal) != credential.subject:
            raise _refusal(_INVALID, _STATE_REASON, service, email=credential.principal.email)
        if credential.key:
            key = self._accounts.keys.find(credential.subject, credential.key)
            if key is None or not key.counts(now):
                raise _refusal(_INVALID, _TYPE_REASON, service)


def _self_signed(assertion: Assertion) -> Credential:
    """Raises InvalidAssertionError for one that names another subject, which only the token endpoint could take."""
    if assertion.subject != assertion.account.email or not (assertion.scope or assertion.audience):
        raise InvalidAssertionError(Flaw.FORM)
    return Credential(
        principal=assertion.account.principal,
        subject=assertion.account.unique_id,
        expires=assertion.expires,
        scopes=scopes.parse(assertion.scope),
        audience="" if assertion.scope else assertion.audience,
        key=assertion.key,
    )


def _is_meant_for(credential: Credential, service: str) -> bool:
    """A self-signed JWT without scopes names its API: "https://storage.googleapis.com/", or a service below it."""
    if not credential.audience:
        return True
    scheme, _, rest = credential.audience.partition("://")
    return scheme == "https" and _api(rest.partition("/")[0]) == _api(service)


def _api(host: str) -> str:
    """The API of a host, whatever region the host names."""
    return canonical_host(host) or host


def _refusal(message: str, reason: str, service: str, *, email: str = "") -> ApiError:
    metadata = {"service": service, "email": email} if email else {"service": service}
    return ApiError(Code.UNAUTHENTICATED, f"{message} {_EXPECTED}", reason=reason, domain=_DOMAIN, metadata=metadata)
