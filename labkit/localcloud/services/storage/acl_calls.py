"""`storage.bucketAccessControls`, `defaultObjectAccessControls` and `objectAccessControls` of the JSON API."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from starlette.responses import Response

from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.services.storage import acls, denials, refusals
from labkit.localcloud.services.storage.acl_representations import AclRepresentations
from labkit.localcloud.services.storage.acl_requests import AclKind, entry_of, role_of
from labkit.localcloud.services.storage.acls import Acl, AclEntry, AclRole
from labkit.localcloud.services.storage.call import Call
from labkit.localcloud.services.storage.entities import StoredObject
from labkit.localcloud.services.storage.storage import Storage


class AclCalls(ABC):
    """Each method answers the call of the same name; what a list belongs to is for the subclasses."""

    kind: AclKind
    list_kind: str

    def check(self, call: Call) -> None:
        """Raises INVALID_ARGUMENT in a bucket with uniform access, which has no lists."""
        if call.caller.bucket(call.bucket).configuration.uniform_access:
            raise self._no_lists(is_read=call.request.method == "GET")

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def list(self, call: Call) -> Response:
        entries = [self._shown(call, entry) for entry in self._read(call)]
        return call.reply({"kind": self.list_kind, **({"items": entries} if entries else {})})

    async def get(self, call: Call) -> Response:
        return call.reply(self._shown(call, self._entry(call)))

    async def insert(self, call: Call) -> Response:
        entry = entry_of(await call.body(), self.kind, self._storage.entities)
        return self._changed(call, entry)

    async def patch(self, call: Call) -> Response:
        """Only the role of an entry can change."""
        body = await call.body()
        entity = self._storage.entities.normalised(call.variables["entity"])
        if body.fields.get("role"):
            return self._changed(call, AclEntry(entity, role_of(body, self.kind)))
        return call.reply(self._shown(call, self._entry(call)))

    async def update(self, call: Call) -> Response:
        body = await call.body()
        entity = self._storage.entities.normalised(call.variables["entity"])
        return self._changed(call, AclEntry(entity, role_of(body, self.kind)))

    async def delete(self, call: Call) -> Response:
        entry = self._entry(call)
        if entry.entity == self._owner(call):
            raise denials.owner_keeps_access()
        self._write(call, acls.without(self._read(call), entry.entity))
        return Response(status_code=204)

    def _changed(self, call: Call, entry: AclEntry) -> Response:
        if entry.entity == self._owner(call) and entry.role is not AclRole.OWNER:
            raise denials.owner_keeps_access()
        bucket = call.caller.bucket(call.bucket)
        call.caller.check_public_access(bucket, is_public=entry.entity in acls.PUBLIC)
        self._write(call, acls.with_entry(self._read(call), entry))
        return call.reply(self._shown(call, entry))

    def _entry(self, call: Call) -> AclEntry:
        entry = acls.find(self._read(call), self._storage.entities.normalised(call.variables["entity"]))
        if entry is None:
            raise ApiError(Code.NOT_FOUND, "The specified key does not exist.")
        return entry

    def _no_lists(self, *, is_read: bool) -> ApiError:
        if is_read:
            return refusals.uniform_access_of_bucket()
        return refusals.uniform_access("use ACL API to update bucket policy")

    @abstractmethod
    def _read(self, call: Call) -> Acl:
        """The list."""

    @abstractmethod
    def _write(self, call: Call, acl: Acl) -> None: ...

    @abstractmethod
    def _owner(self, call: Call) -> str:
        """The entity that keeps its access; empty where none does."""

    @abstractmethod
    def _shown(self, call: Call, entry: AclEntry) -> dict[str, Any]:
        """An entry as the reply has it."""


class BucketAclCalls(AclCalls):
    """Who may do what with the bucket itself."""

    kind = AclKind.BUCKET
    list_kind = "storage#bucketAccessControls"

    def _read(self, call: Call) -> Acl:
        return self._storage.policies.acl(self._storage.buckets.get(call.bucket))

    def _write(self, call: Call, acl: Acl) -> None:
        with self._storage.objects.transaction():
            self._storage.policies.set_acl(self._storage.buckets.touch(call.bucket), acl)

    def _owner(self, call: Call) -> str:
        return acls.project_owners(call.caller.bucket(call.bucket).project_number)

    def _shown(self, call: Call, entry: AclEntry) -> dict[str, Any]:
        return AclRepresentations(call.base).of_bucket(self._storage.buckets.get(call.bucket), entry)


class DefaultObjectAclCalls(AclCalls):
    """What new objects get."""

    kind = AclKind.DEFAULT_OBJECT
    list_kind = "storage#objectAccessControls"

    def _read(self, call: Call) -> Acl:
        return self._storage.buckets.get(call.bucket).default_object_acl

    def _write(self, call: Call, acl: Acl) -> None:
        self._storage.buckets.set_default_object_acl(call.bucket, acl)

    def _owner(self, call: Call) -> str:
        return ""

    def _shown(self, call: Call, entry: AclEntry) -> dict[str, Any]:
        return AclRepresentations(call.base).of_new_objects(self._storage.buckets.get(call.bucket), entry)


class ObjectAclCalls(AclCalls):
    """Who may do what with one object."""

    kind = AclKind.OBJECT
    list_kind = "storage#objectAccessControls"

    def _read(self, call: Call) -> Acl:
        return self._stored(call).acl

    def _write(self, call: Call, acl: Acl) -> None:
        self._storage.objects.change(call.address, lambda same: same, generation=call.generation, acl=acl)

    def _owner(self, call: Call) -> str:
        owner = self._stored(call).owner
        return acls.user(owner) if owner else ""

    def _shown(self, call: Call, entry: AclEntry) -> dict[str, Any]:
        return AclRepresentations(call.base).of_object(self._stored(call), entry)

    def _no_lists(self, *, is_read: bool) -> ApiError:
        return refusals.uniform_access(
            "get legacy ACL for an object" if is_read else "update access control for an object"
        )

    def _stored(self, call: Call) -> StoredObject:
        return self._storage.objects.get(call.address, call.generation)
