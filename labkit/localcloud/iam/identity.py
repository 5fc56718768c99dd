"""Who is who, put together: the accounts, what proves to be them, and what hands out such proofs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from labkit.localcloud.core.clock import Clock
from labkit.localcloud.core.ids import Ids
from labkit.localcloud.core.store import Store
from labkit.localcloud.iam.assertions import Assertions
from labkit.localcloud.iam.authentication import Bearers
from labkit.localcloud.iam.id_tokens import IdTokens
from labkit.localcloud.iam.issuer import Issuer
from labkit.localcloud.iam.policies import Policies
from labkit.localcloud.iam.revocations import Revocations
from labkit.localcloud.iam.service_accounts import ServiceAccounts
from labkit.localcloud.iam.tokens import Tokens, load_key


@dataclass(frozen=True)
class Identity:
    """`bearers` is the Authenticator of every API, `issuer` the only source of tokens."""

    accounts: ServiceAccounts
    tokens: Tokens
    id_tokens: IdTokens
    assertions: Assertions
    revocations: Revocations
    issuer: Issuer
    bearers: Bearers

    @classmethod
    def over(cls, home: Path, *, store: Store, policies: Policies, clock: Clock, ids: Ids) -> Identity:
        """`home` holds the keys that this cloud itself signs with: they outlive what is in the store."""
        accounts = ServiceAccounts(store, clock, ids, policies)
        tokens = Tokens(load_key(home / "tokens.key"))
        id_tokens = IdTokens(home / "id_tokens.pem", clock)
        assertions = Assertions(accounts, clock)
        revocations = Revocations(store)
        return cls(
            accounts=accounts,
            tokens=tokens,
            id_tokens=id_tokens,
            assertions=assertions,
            revocations=revocations,
            issuer=Issuer(tokens, id_tokens, accounts, clock, ids),
            bearers=Bearers(tokens, assertions, accounts, revocations, clock),
        )
