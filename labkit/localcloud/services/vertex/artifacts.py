"""Vertex AI's own copy of a model's files: what a container finds is what was uploaded, whatever happens to the source.

Source: https://cloud.google.com/vertex-ai/docs/predictions/custom-container-requirements#artifacts
"""

from __future__ import annotations

from typing import Any

from labkit.localcloud.core.identity import Principal
from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage.configuration import BucketConfiguration
from labkit.localcloud.services.storage.copies import Copy
from labkit.localcloud.services.storage.names import Address
from labkit.localcloud.services.storage.storage import Storage

# Google keeps the copies in a project of its own, which no list of the student's buckets shows.
_TENANT_PROJECT = "100000000000"
_BUCKET = "caip-tenant-labkit"
_READER = "roles/storage.objectViewer"
# Nobody restores these copies, so none is kept after its model.
_CONFIGURATION = BucketConfiguration(uniform_access=True, soft_delete_seconds=0)


class Artifacts:
    """Copies a model's folder when it is uploaded, and tells where a container finds it."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def uri(self, model: Any) -> str:
        """What AIP_STORAGE_URI says: the copy's folder, empty for a model without artifacts."""
        return f"gs://{_BUCKET}/{_folder(model)}" if model.artifact_uri else ""

    async def copy(self, model: Any) -> None:
        """Raises NOT_FOUND for a bucket that is not there, FAILED_PRECONDITION for a folder without files."""
        source = Address.parse(model.artifact_uri)
        prefix = f"{source.name.rstrip('/')}/" if source.name else ""
        found = list(self._storage.walk(source.bucket, prefix))
        if not found:
            raise ApiError.precondition(f'There are no files under "{model.artifact_uri}" to copy.')
        if self._storage.buckets.find(_BUCKET) is None:
            self._storage.buckets.insert(_BUCKET, _TENANT_PROJECT, _CONFIGURATION)
        for stored in found:
            relative = stored.address.name.removeprefix(prefix)
            await self._storage.copy(Copy(stored.address, Address(_BUCKET, f"{_folder(model)}/{relative}")))

    def share(self, account: str) -> None:
        """Let a model server read the copies, as AIP_STORAGE_URI promises.

        All of them, where Google lets it read its own model's: this bucket holds the student's models and no others.
        """
        bucket = self._storage.buckets.find(_BUCKET)
        if bucket is not None:
            policy = self._storage.policies.get(bucket)
            self._storage.policies.set(bucket, policy.granting(_READER, Principal(account).member))

    def delete(self, model: Any) -> None:
        """Remove the copy."""
        if model.artifact_uri:
            for stored in list(self._storage.walk(_BUCKET, f"{_folder(model)}/")):
                self._storage.objects.delete(stored.address)


def _folder(model: Any) -> str:
    return f"{model.name}/{model.version_id}"
