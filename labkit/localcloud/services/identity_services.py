"""The services that are about identity, put together: IAM, the credentials of service accounts, signing in."""

from __future__ import annotations

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.clock import Clock
from labkit.localcloud.core.constraints import Constraints
from labkit.localcloud.core.dispatch import Service
from labkit.localcloud.core.hand_routed import HandRouted
from labkit.localcloud.core.service_state import ServiceState
from labkit.localcloud.iam.access_control import AccessControl
from labkit.localcloud.iam.identity import Identity
from labkit.localcloud.services.iam.allowed_locations import AllowedLocations
from labkit.localcloud.services.iam.credentials import IAMCredentials
from labkit.localcloud.services.iam.policy_calls import PolicyCalls
from labkit.localcloud.services.iam.service import IAM, IamParts
from labkit.localcloud.services.oauth.api import OAuthApi
from labkit.localcloud.services.oauth.profiles import Profiles
from labkit.localcloud.services.oauth.published_keys import PublishedKeys
from labkit.localcloud.services.oauth.token_endpoint import TokenEndpoint


class IdentityServices:
    """`services` are dispatched, `hand_routed` have routes of their own."""

    def __init__(
        self,
        registry: Registry,
        identity: Identity,
        control: AccessControl,
        constraints: Constraints,
        state: ServiceState,
        clock: Clock,
    ) -> None:
        accounts, issuer = identity.accounts, identity.issuer
        policies = PolicyCalls(registry, control)
        self.services: tuple[Service, ...] = (
            IAM(IamParts(registry, accounts, control.roles, policies, constraints)),
            IAMCredentials(registry, accounts, issuer, state, clock),
        )
        endpoint = TokenEndpoint(identity.tokens, issuer, identity.assertions, identity.revocations, clock)
        self.hand_routed: tuple[HandRouted, ...] = (
            AllowedLocations(registry, identity.bearers),
            OAuthApi(
                endpoint,
                Profiles(identity.bearers, identity.id_tokens, clock),
                PublishedKeys(identity.id_tokens, accounts, clock),
            ),
        )
