"""The allow policies of this cloud, each under the full name of its resource."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace
from functools import lru_cache

from labkit.localcloud.core.clock import Clock
from labkit.localcloud.core.store import Store
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.iam import policy_json
from labkit.localcloud.iam.etags import next_etag
from labkit.localcloud.iam.policy import UNSET_ETAG, Policy, members_of

_SCHEMA = """
CREATE TABLE IF NOT EXISTS iam_policies (
    resource TEXT PRIMARY KEY,
    body TEXT NOT NULL
) WITHOUT ROWID;
"""

_UNSET = Policy(etag=UNSET_ETAG)


class Policies:
    """Keyed as Google names resources in full: "//storage.googleapis.com/projects/_/buckets/B".

    https://cloud.google.com/iam/docs/full-resource-names; a project or a service account is named by project id and
    e-mail address here, never by number: `Authorizer.locate` sees to it.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        store.create(_SCHEMA)

    def get(self, resource: str) -> Policy:
        """The resource's own policy, an empty one where none was set."""
        return self.read((resource,)).get(resource, _UNSET)

    def read(self, resources: Collection[str]) -> dict[str, Policy]:
        """Those of the resources that have a policy; the same value each time while it does not change."""
        marks = ",".join("?" * len(resources))
        rows = self._store.lookup(
            f"SELECT resource, body FROM iam_policies WHERE resource IN ({marks})",  # noqa: S608 - only "?".
            tuple(resources),
        )
        return {row["resource"]: _parse(row["body"]) for row in rows}

    def set(self, resource: str, policy: Policy) -> Policy:
        """Replaces the policy and returns it with its new etag; an empty etag overwrites whatever there is.

        Raises ABORTED where the policy changed since the etag was read.
        """
        with self._store.transaction() as connection:
            current = self.get(resource)
            if policy.etag and policy.etag != current.etag:
                raise ApiError(
                    Code.ABORTED,
                    "There were concurrent policy changes. "
                    "Please retry the whole read-modify-write with exponential backoff.",
                )
            kept = replace(policy.normalised(), etag=next_etag(current.etag, self._clock.now()))
            connection.execute(
                "INSERT INTO iam_policies VALUES (?, ?) ON CONFLICT (resource) DO UPDATE SET body = excluded.body",
                (resource, json.dumps(policy_json.to_json(kept))),
            )
        return kept

    def grant(self, resource: str, role: str, member: str) -> None:
        """Adds one member to the resource's policy."""
        with self._store.transaction():
            self.set(resource, self.get(resource).granting(role, member))

    def revoke(self, resource: str, role: str, member: str) -> None:
        """Takes one member out of a role on the resource."""
        with self._store.transaction():
            self.set(resource, self.get(resource).revoking(role, member))

    def rename_member(self, old: str, new: str) -> None:
        """In every policy: what happens to a service account's bindings when it is deleted, or undeleted."""
        with self._store.transaction() as connection:
            names = [row["resource"] for row in connection.execute("SELECT resource FROM iam_policies")]
            for name in names:
                policy = self.get(name)
                if old in members_of(policy.bindings):
                    self.set(name, policy.renaming(old, new))

    def delete(self, resource: str) -> None:
        """With the resource, and with all that lies below its name."""
        with self._store.transaction() as connection:
            connection.execute(
                "DELETE FROM iam_policies WHERE resource = ? OR (resource >= ? AND resource < ?)",
                (resource, f"{resource}/", f"{resource}/\U0010ffff"),
            )


@lru_cache(maxsize=4096)
def _parse(body: str) -> Policy:
    return policy_json.from_json(json.loads(body))
