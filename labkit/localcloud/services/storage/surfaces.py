"""The ways to Cloud Storage: JSON, batches of it, XML. All stand behind one guard."""

from __future__ import annotations

from typing import Protocol

from labkit.localcloud.core.clock import Clock
from labkit.localcloud.core.hand_routed import HandRouted
from labkit.localcloud.core.identity import Authenticator
from labkit.localcloud.core.store import Store
from labkit.localcloud.iam.policy_rules import PolicyRules
from labkit.localcloud.services.storage.access import Guard
from labkit.localcloud.services.storage.api import StorageApi
from labkit.localcloud.services.storage.batch import BatchApi
from labkit.localcloud.services.storage.callers import Callers, VerificationKeys
from labkit.localcloud.services.storage.hmac_keys import Accounts, HmacKeys
from labkit.localcloud.services.storage.xml.api import XmlApi


class SigningAccounts(Accounts, VerificationKeys, Protocol):
    """Service accounts, and the public keys of those that sign."""


def surfaces(
    guard: Guard,
    authenticator: Authenticator,
    accounts: SigningAccounts,
    *,
    rules: PolicyRules,
    store: Store,
    clock: Clock,
) -> tuple[HandRouted, ...]:
    """In the order they are asked in: the XML API has what is left of the paths."""
    hmac_keys = HmacKeys(store, clock, accounts)
    json = StorageApi(guard, authenticator, rules, hmac_keys, clock)
    return BatchApi(json), json, XmlApi(guard, Callers(authenticator, accounts, hmac_keys, clock))
