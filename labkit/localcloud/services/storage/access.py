"""Whether a caller may do what is asked of Cloud Storage: the same for JSON, XML, batches and signed URLs.

A surface finds out who calls and asks `Guard.caller` for a `Caller`. Before it acts it calls one of the `require_…`
methods, or `writes` for whatever makes an object; errors go through `told` on their way out.

Sources: https://cloud.google.com/storage/docs/access-control/iam-json and https://cloud.google.com/storage/docs/access-control/iam-xml
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from labkit.localcloud.core.access import Access, Resource
from labkit.localcloud.core.identity import Principal
from labkit.localcloud.core.projects import Project
from labkit.localcloud.core.service_state import ServiceState
from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage import acls, denials, refusals
from labkit.localcloud.services.storage.acl_requests import AclRequest
from labkit.localcloud.services.storage.attributes import ObjectAttributes
from labkit.localcloud.services.storage.authorship import Authorship
from labkit.localcloud.services.storage.entities import Bucket, StoredObject
from labkit.localcloud.services.storage.names import Address
from labkit.localcloud.services.storage.public_access import PublicAccess
from labkit.localcloud.services.storage.storage import Storage

_SERVICE = "storage.googleapis.com"
_PROJECTS = "cloudresourcemanager.googleapis.com"

# https://cloud.google.com/iam/docs/conditions-attribute-reference#storage-attributes
_LIST_PREFIX = "storage.googleapis.com/objectListPrefix"

# Whoever has it on the bucket's project pays for the bucket anyway, and need not say who pays for a request:
# https://cloud.google.com/storage/docs/requester-pays#include-a-billing-project
_PAYS = "resourcemanager.projects.createBillingAssignment"


@dataclass(frozen=True)
class _Place:
    """A bucket that is there, and the id of its project, empty where none of this cloud owns it."""

    bucket: Bucket
    project: str

    def resource(self, object_name: str | None = None, list_prefix: str | None = None) -> Resource:
        name = f"projects/_/buckets/{self.bucket.name}"
        if object_name is not None:
            return Resource(_SERVICE, f"{name}/objects/{object_name}", f"{_SERVICE}/Object", self.project)
        attributes = {} if list_prefix is None else {_LIST_PREFIX: list_prefix}
        return Resource(_SERVICE, name, f"{_SERVICE}/Bucket", self.project, attributes)


class Guard:
    """What stands before Cloud Storage, whichever surface a request comes by."""

    def __init__(
        self, storage: Storage, access: Access, service_state: ServiceState, public_access: PublicAccess
    ) -> None:
        self.storage = storage
        self.access = access
        self.public_access = public_access
        self._service_state = service_state

    def caller(self, principal: Principal, user_project: str = "") -> Caller:
        """For one request. `user_project` is the project that it says is to be billed."""
        return Caller(self, principal, user_project)

    def place(self, name: str) -> _Place:
        """Raises NOT_FOUND, and PERMISSION_DENIED where the API is off in the bucket's project."""
        bucket = self.storage.buckets.get(name)
        project = self.project_of(bucket)
        if project:
            self._service_state.require_enabled(project, _SERVICE)
        return _Place(bucket, project)

    def project_of(self, bucket: Bucket) -> str:
        """The id of a bucket's project; empty where none of this cloud owns it."""
        return self.storage.entities.project_id(bucket.project_number)

    def permits(self, principal: Principal, permission: str, resource: Resource, bucket: Bucket) -> bool:
        """By the policies of the bucket and its project."""
        if self.permits_privately(principal, permission, resource):
            return True
        return self.permits_publicly(principal, permission, resource, bucket)

    def permits_privately(self, principal: Principal, permission: str, resource: Resource) -> bool:
        """Whatever is open to everyone: mostly that decides it."""
        if principal.is_anonymous:
            return False
        return self.access.permits(principal, permission, replace(resource, closed_to_public=True))

    def permits_publicly(self, principal: Principal, permission: str, resource: Resource, bucket: Bucket) -> bool:
        """As one of allUsers or allAuthenticatedUsers, unless that is prevented."""
        if not self.storage.policies.is_public(bucket) or self.public_access.is_prevented(bucket, resource.project):
            return False
        return self.access.permits(principal, permission, resource)


class Caller:
    """Who makes a request, and what they may do in it."""

    def __init__(self, guard: Guard, principal: Principal, user_project: str) -> None:
        self.principal = principal
        self._guard = guard
        self._user_project = user_project
        self._places: dict[str, _Place] = {}

    def bucket(self, name: str) -> Bucket:
        """The bucket of this request. Raises NOT_FOUND."""
        return self._place(name).bucket

    def project_of(self, bucket: Bucket) -> str:
        """The id of the bucket's project; empty where none of this cloud owns it."""
        return self._guard.project_of(bucket)

    def require_on_project(self, permission: str, id_or_number: str) -> Project:
        """Raises PERMISSION_DENIED; INVALID_ARGUMENT for a project that is not there."""
        project = self._guard.storage.projects.find(id_or_number)
        if project is None:
            if self.principal.is_anonymous:
                raise denials.denied(self.principal, permission, denials.PROJECT)
            raise refusals.unknown_project(id_or_number)
        if not self._permits_on_project(permission, project.id):
            raise denials.denied(self.principal, permission, denials.PROJECT)
        return project

    def require_on_soft_deleted(self, permission: str, bucket: Bucket) -> None:
        """By the policy that the bucket had: legacy bucket owners may restore it. Raises PERMISSION_DENIED."""
        name = f"projects/_/softDeletedBuckets/{bucket.name}/{bucket.generation}"
        resource = Resource(_SERVICE, name, f"{_SERVICE}/Bucket", self.project_of(bucket))
        if not self._guard.permits(self.principal, permission, resource, bucket):
            raise denials.denied(self.principal, permission, denials.BUCKET)

    def permits_on_bucket(self, permission: str, name: str, list_prefix: str | None = None) -> bool:
        """Raises NOT_FOUND for a bucket that is not there: everyone may know which names are taken."""
        place = self._place(name)
        resource = place.resource(list_prefix=list_prefix)
        return self._guard.permits(self.principal, permission, resource, place.bucket)

    def require_on_bucket(self, permission: str, name: str, list_prefix: str | None = None) -> None:
        """`list_prefix` is of a list of objects; conditions may read it. Raises PERMISSION_DENIED, NOT_FOUND."""
        if not self.permits_on_bucket(permission, name, list_prefix):
            raise denials.denied(self.principal, permission, denials.BUCKET)

    def permits_on_object(self, permission: str, address: Address, generation: int | None = None) -> bool:
        """Whether the policy of the bucket gives it, or the list of the object, which may be not there yet."""
        place = self._place(address.bucket)
        resource = place.resource(address.name)
        return (
            self._guard.permits_privately(self.principal, permission, resource)
            or self._acl_permits(permission, address, generation, place)
            or self._guard.permits_publicly(self.principal, permission, resource, place.bucket)
        )

    def require_on_object(self, permission: str, address: Address, generation: int | None = None) -> None:
        """Raises PERMISSION_DENIED; NOT_FOUND for the bucket."""
        if not self.permits_on_object(permission, address, generation):
            raise denials.denied(self.principal, permission, denials.OBJECT)

    def writes(
        self, address: Address, attributes: ObjectAttributes | None = None, request: AclRequest | None = None
    ) -> Authorship:
        """The right to make an object: whether it may replace another is asked when it is stored.

        Raises PERMISSION_DENIED, NOT_FOUND for the bucket, and what is wrong with the lists asked for.
        """
        place = self._place(address.bucket)
        self.require_on_object("storage.objects.create", address)
        if attributes and attributes.retention:
            self.require_on_object("storage.objects.setRetention", address)
        if attributes and attributes.contexts:
            self.require_on_object("storage.objects.createContext", address)
        return Authorship(
            owner=self.principal.email,
            acl=self._acl(place, request) if request and request.is_made else None,
            may_replace=self.permits_on_object("storage.objects.delete", address),
        )

    def acl_of(self, bucket: Bucket) -> acls.Acl:
        """The list of the bucket itself."""
        return self._guard.storage.policies.acl(bucket)

    def sees_acl_of_bucket(self, bucket: Bucket) -> bool:
        return self.permits_on_bucket("storage.buckets.getIamPolicy", bucket.name)

    def sees_acl_of_object(self, stored: StoredObject) -> bool:
        return self.permits_on_object("storage.objects.getIamPolicy", stored.address, stored.generation)

    def require_change_of_contexts(self, address: Address, before: ObjectAttributes, after: ObjectAttributes) -> None:
        """https://cloud.google.com/storage/docs/object-contexts#required-permissions"""
        old, new = before.contexts, after.contexts
        if new.keys() - old.keys():
            self.require_on_object("storage.objects.createContext", address)
        if any(old[key].value != new[key].value for key in new.keys() & old.keys()):
            self.require_on_object("storage.objects.updateContext", address)
        if old.keys() - new.keys():
            self.require_on_object("storage.objects.deleteContext", address)

    def new_acl(self, stored: StoredObject, request: AclRequest) -> acls.Acl:
        """The list that an object is to have instead of its own. Raises as `require_change_of_acl`, and conflicts."""
        self.require_change_of_acl(stored)
        bucket = self.bucket(stored.address.bucket)
        acl = request.for_object(bucket, stored.owner, self._guard.storage.entities)
        self.check_public_access(bucket, is_public=acls.is_public(acl))
        return acl

    def require_change_of_acl(self, stored: StoredObject) -> None:
        """Raises PERMISSION_DENIED, and INVALID_ARGUMENT where uniform access has done away with lists."""
        if self.bucket(stored.address.bucket).configuration.uniform_access:
            raise refusals.uniform_access("update access control for an object")
        self.require_on_object("storage.objects.setIamPolicy", stored.address, stored.generation)

    def check_public_access(self, bucket: Bucket, *, is_public: bool) -> None:
        """Before something is opened to everyone. Raises conditionNotMet where public access is prevented."""
        if is_public and self._guard.public_access.is_prevented(bucket, self.project_of(bucket)):
            raise denials.public_access_prevented()

    def check_uniform_access(self, bucket: Bucket) -> None:
        """Before a bucket gets lists. Raises conditionNotMet where the organization wants none."""
        self._guard.public_access.check_uniform_access(bucket.configuration, self.project_of(bucket))

    def told(self, error: ApiError) -> ApiError:
        """What the caller may know of an error: that an object is not there is for those who may list."""
        if error.reason != refusals.NO_SUCH_OBJECT:
            return error
        if self.permits_on_bucket("storage.objects.list", error.metadata["bucket"]):
            return error
        return denials.denied(self.principal, "storage.objects.list", denials.BUCKET)

    def _place(self, name: str) -> _Place:
        if name not in self._places:
            place = self._guard.place(name)
            self._check_payer(place)
            self._places[name] = place
        return self._places[name]

    def _check_payer(self, place: _Place) -> None:
        if self._user_project:
            self.require_on_project("serviceusage.services.use", self._user_project)
        elif place.bucket.configuration.requester_pays and not self._permits_on_project(_PAYS, place.project):
            raise denials.no_user_project()

    def _permits_on_project(self, permission: str, project: str) -> bool:
        resource = Resource(_PROJECTS, f"projects/{project}", f"{_PROJECTS}/Project", project)
        return bool(project) and self._guard.access.permits(self.principal, permission, resource)

    def _acl_permits(self, permission: str, address: Address, generation: int | None, place: _Place) -> bool:
        roles = acls.roles_with(permission)
        if place.bucket.configuration.uniform_access or not roles:
            return False
        stored = self._guard.storage.objects.find(address, generation)
        if stored is None:
            # Nobody has a role on what is not there; but who may list is told so.
            return self.permits_on_bucket("storage.objects.list", address.bucket)
        entities = {entry.entity for entry in stored.acl if entry.role in roles}
        if acls.user(self.principal.email) in entities:
            return True
        if entities & acls.PUBLIC and self._guard.public_access.is_prevented(place.bucket, place.project):
            entities -= acls.PUBLIC
        return self._guard.access.is_any_of(
            self.principal, {self._guard.storage.entities.member_of(entity) for entity in entities}
        )

    def _acl(self, place: _Place, request: AclRequest) -> acls.Acl:
        if place.bucket.configuration.uniform_access:
            raise refusals.uniform_access("insert legacy ACL for an object")
        acl = request.for_object(place.bucket, self.principal.email, self._guard.storage.entities)
        self.check_public_access(place.bucket, is_public=acls.is_public(acl))
        return acl
