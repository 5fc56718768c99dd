import pytest

from labkit.localcloud.core.identity import Principal
from labkit.localcloud.errors import ApiError, Code

PARENT = "projects/labkit-student"
READER = f"{PARENT}/roles/reader"
STUDENT = Principal("student@example.com")
GA, DISABLED = 2, 5
FULL = 1
SUPPORTED, NOT_SUPPORTED = 0, 2


def make(iam, **fields):
    role = {"title": "Reader", "included_permissions": ["storage.objects.get"], "stage": GA, **fields}
    return iam.call("CreateRole", parent=PARENT, role_id="reader", role=role)


def code_of(call, *given, **fields):
    with pytest.raises(ApiError) as refused:
        call(*given, **fields)
    return refused.value.code


def test_anybody_may_read_a_predefined_role(iam):
    role = iam.call("GetRole", STUDENT, name="roles/storage.objectViewer")

    assert role.title == "Storage Object Viewer"
    assert "storage.objects.get" in role.included_permissions
    assert list(role.included_permissions) == sorted(role.included_permissions)


def test_a_role_that_is_not_there_is_not_found_by_name(iam):
    with pytest.raises(ApiError, match=r"The role named roles/storage\.objectKing was not found"):
        iam.call("GetRole", name="roles/storage.objectKing")


def test_predefined_roles_are_listed_in_pages_without_permissions(iam):
    first = iam.call("ListRoles", STUDENT, page_size=100)
    second = iam.call("ListRoles", STUDENT, page_size=100, page_token=first.next_page_token)

    names = [role.name for role in (*first.roles, *second.roles)]
    assert len(set(names)) == 200
    assert names == sorted(names)
    assert not any(role.included_permissions for role in first.roles)


def test_the_full_view_has_the_permissions(iam):
    assert all(role.included_permissions for role in iam.call("ListRoles", page_size=10, view=FULL).roles)


@pytest.mark.parametrize("name", [READER, READER.replace("labkit-student", "100000000001")])
def test_a_custom_role_is_read_by_either_name_of_its_project(iam, name):
    made = make(iam)

    assert made.name == READER
    assert iam.call("GetRole", name=name) == made


def test_a_custom_role_is_guarded_by_its_project(iam):
    make(iam)

    assert code_of(iam.call, "GetRole", STUDENT, name=READER) is Code.PERMISSION_DENIED
    assert code_of(iam.call, "ListRoles", STUDENT, parent=PARENT) is Code.PERMISSION_DENIED
    assert code_of(iam.call, "CreateRole", STUDENT, parent=PARENT, role_id="x") is Code.PERMISSION_DENIED
    assert code_of(iam.call, "UpdateRole", STUDENT, name=READER) is Code.PERMISSION_DENIED
    assert code_of(iam.call, "DeleteRole", STUDENT, name=READER) is Code.PERMISSION_DENIED
    assert code_of(iam.call, "UndeleteRole", STUDENT, name=READER) is Code.PERMISSION_DENIED


def test_there_is_no_organization_to_make_a_role_in(iam):
    assert code_of(iam.call, "CreateRole", parent="organizations/1", role_id="reader") is Code.PERMISSION_DENIED


def test_a_permission_that_is_none_is_refused(iam):
    with pytest.raises(ApiError, match=r"Permission storage\.objects\.eat is not valid\."):
        make(iam, included_permissions=["storage.objects.eat"])


def test_an_update_changes_what_its_mask_names(iam):
    make(iam)

    role = iam.call(
        "UpdateRole",
        name=READER,
        role={"title": "Lister", "included_permissions": ["storage.objects.list"], "stage": DISABLED},
        update_mask={"paths": ["included_permissions"]},
    )

    assert (role.title, list(role.included_permissions), role.stage) == ("Reader", ["storage.objects.list"], GA)


def test_an_update_without_a_mask_changes_what_is_set(iam):
    made = make(iam)

    role = iam.call("UpdateRole", name=READER, role={"title": "Lister", "etag": made.etag})

    assert (role.title, list(role.included_permissions), role.stage) == ("Lister", ["storage.objects.get"], GA)
    assert code_of(iam.call, "UpdateRole", name=READER, role={"title": "x", "etag": made.etag}) is Code.ABORTED


def test_a_mask_that_names_what_cannot_change_is_refused(iam):
    make(iam)

    assert code_of(iam.call, "UpdateRole", name=READER, update_mask={"paths": ["name"]}) is Code.INVALID_ARGUMENT


def test_a_deleted_role_is_listed_when_asked_for_and_can_be_had_back(iam):
    made = make(iam)

    assert iam.call("DeleteRole", name=READER, etag=made.etag).deleted
    assert not iam.call("ListRoles", parent=PARENT).roles
    assert [role.deleted for role in iam.call("ListRoles", parent=PARENT, show_deleted=True).roles] == [True]
    assert not iam.call("UndeleteRole", name=READER).deleted
    assert [role.name for role in iam.call("ListRoles", parent=PARENT).roles] == [READER]


def test_grantable_roles_are_those_that_say_something_of_the_resource(iam):
    def names(full_name):
        reply = iam.call("QueryGrantableRoles", STUDENT, full_resource_name=full_name, page_size=1000)
        return {role.name for role in reply.roles}

    on_project = names("//cloudresourcemanager.googleapis.com/projects/labkit-student")
    on_bucket = names("//storage.googleapis.com/projects/_/buckets/b")

    assert {"roles/owner", "roles/aiplatform.user"} <= on_project
    assert "roles/storage.legacyBucketReader" not in on_project
    assert {"roles/storage.legacyBucketReader", "roles/storage.objectViewer"} <= on_bucket
    assert not {"roles/owner", "roles/aiplatform.user"} & on_bucket


def test_testable_permissions_say_which_a_custom_role_may_have(iam):
    def levels(full_name):
        found, token = {}, ""
        while True:
            reply = iam.call("QueryTestablePermissions", full_resource_name=full_name, page_size=1000, page_token=token)
            found |= {permission.name: permission.custom_roles_support_level for permission in reply.permissions}
            token = reply.next_page_token
            if not token:
                return found

    of_project = levels("//cloudresourcemanager.googleapis.com/projects/labkit-student")
    of_bucket = levels("//storage.googleapis.com/projects/_/buckets/b")

    assert of_project["storage.objects.get"] == SUPPORTED
    assert of_project["resourcemanager.projects.list"] == NOT_SUPPORTED
    assert "storage.objects.get" in of_bucket
    assert "aiplatform.models.get" not in of_bucket


@pytest.mark.parametrize("name", ["projects/p", "//", "//storage.googleapis.com", "storage.googleapis.com/b"])
def test_a_full_resource_name_has_to_be_one(iam, name):
    assert code_of(iam.call, "QueryGrantableRoles", full_resource_name=name) is Code.INVALID_ARGUMENT
