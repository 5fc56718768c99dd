"""Roles through Google's clients, as the project's owner."""

import json
import uuid

import pytest
from google.api_core import exceptions
from google.cloud import iam_admin_v1


@pytest.fixture(scope="module")
def iam(student):
    # Google publishes no REST transport of this client.
    with iam_admin_v1.IAMClient(credentials=student) as client:
        yield client


@pytest.fixture
def role(cloud, iam):
    """A custom role that reads objects; deleted, it cannot be made again for weeks, so each has an id of its own."""
    made = iam.create_role(
        request=iam_admin_v1.CreateRoleRequest(
            parent=f"projects/{cloud.project}",
            role_id=f"reader_{uuid.uuid4().hex[:8]}",
            role=iam_admin_v1.Role(
                title="Reader",
                included_permissions=["storage.objects.get", "storage.objects.list"],
                stage=iam_admin_v1.Role.RoleLaunchStage.GA,
            ),
        )
    )
    yield made
    if not iam.get_role(request=iam_admin_v1.GetRoleRequest(name=made.name)).deleted:
        iam.delete_role(request=iam_admin_v1.DeleteRoleRequest(name=made.name))


def test_a_predefined_role_has_its_permissions(iam):
    role = iam.get_role(request=iam_admin_v1.GetRoleRequest(name="roles/storage.objectViewer"))

    assert role.title == "Storage Object Viewer"
    assert {"storage.objects.get", "storage.objects.list"} <= set(role.included_permissions)


def test_predefined_roles_are_listed_over_pages(iam):
    names = [role.name for role in iam.list_roles(request=iam_admin_v1.ListRolesRequest(page_size=100))]

    assert {"roles/owner", "roles/storage.objectViewer", "roles/compute.instanceAdmin.v1"} <= set(names)
    assert len(names) == len(set(names))


def test_a_custom_role_is_made_read_changed_and_listed(cloud, iam, role):
    changed = iam.update_role(
        request=iam_admin_v1.UpdateRoleRequest(
            name=role.name,
            role=iam_admin_v1.Role(included_permissions=["storage.objects.get"], etag=role.etag),
            update_mask={"paths": ["included_permissions"]},
        )
    )

    assert list(changed.included_permissions) == ["storage.objects.get"]
    assert changed.title == "Reader"
    assert iam.get_role(request=iam_admin_v1.GetRoleRequest(name=role.name)) == changed
    listed = iam.list_roles(request=iam_admin_v1.ListRolesRequest(parent=f"projects/{cloud.project}"))
    assert role.name in [one.name for one in listed]


def test_a_stale_etag_is_aborted(iam, role):
    def rename(title):
        return iam.update_role(
            request=iam_admin_v1.UpdateRoleRequest(
                name=role.name,
                role=iam_admin_v1.Role(title=title, etag=role.etag),
                update_mask={"paths": ["title"]},
            )
        )

    rename("first")
    with pytest.raises(exceptions.Aborted):
        rename("second")


def test_a_permission_that_no_custom_role_has_is_not_valid(cloud, iam):
    with pytest.raises(exceptions.InvalidArgument, match=r"Permission storage\.objects\.eat is not valid"):
        iam.create_role(
            request=iam_admin_v1.CreateRoleRequest(
                parent=f"projects/{cloud.project}",
                role_id=f"bad_{uuid.uuid4().hex[:8]}",
                role=iam_admin_v1.Role(included_permissions=["storage.objects.eat"]),
            )
        )


def test_a_deleted_role_can_be_had_back(cloud, iam, role):
    def shown(deleted):
        request = iam_admin_v1.ListRolesRequest(parent=f"projects/{cloud.project}", show_deleted=deleted)
        return role.name in [one.name for one in iam.list_roles(request=request)]

    assert iam.delete_role(request=iam_admin_v1.DeleteRoleRequest(name=role.name)).deleted
    assert (shown(deleted=False), shown(deleted=True)) == (False, True)
    with pytest.raises(exceptions.FailedPrecondition, match="marked for deletion"):
        iam.create_role(
            request=iam_admin_v1.CreateRoleRequest(
                parent=f"projects/{cloud.project}", role_id=role.name.rpartition("/")[2], role=iam_admin_v1.Role()
            )
        )
    assert not iam.undelete_role(request=iam_admin_v1.UndeleteRoleRequest(name=role.name)).deleted


def test_a_role_that_is_not_there_is_not_found(iam):
    with pytest.raises(exceptions.NotFound, match=r"roles/storage\.objectKing"):
        iam.get_role(request=iam_admin_v1.GetRoleRequest(name="roles/storage.objectKing"))


def test_the_roles_that_a_project_can_grant_do_not_include_those_of_buckets_alone(cloud, iam):
    request = iam_admin_v1.QueryGrantableRolesRequest(
        full_resource_name=f"//cloudresourcemanager.googleapis.com/projects/{cloud.project}"
    )
    names = {role.name for role in iam.query_grantable_roles(request=request)}

    assert {"roles/owner", "roles/aiplatform.user"} <= names
    assert "roles/storage.legacyBucketReader" not in names


def test_gcloud_describes_creates_and_deletes_roles(local_cloud, gcloud_of):
    role_id = f"gcloud_{uuid.uuid4().hex[:8]}"

    def gcloud(*command):
        return json.loads(gcloud_of("iam", "roles", *command, "--format=json"))

    described = gcloud("describe", "roles/iam.serviceAccountUser")
    project = f"--project={local_cloud.project}"
    made = gcloud("create", role_id, project, "--title=Made by gcloud", "--permissions=storage.objects.get")
    deleted = gcloud("delete", role_id, project)

    assert "iam.serviceAccounts.actAs" in described["includedPermissions"]
    assert made["includedPermissions"] == ["storage.objects.get"]
    assert deleted["deleted"]
