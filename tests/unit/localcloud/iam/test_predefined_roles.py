"""What Google's roles contain: the facts that lessons and refusals rest on."""

import pytest

OWNER, EDITOR, VIEWER = "roles/owner", "roles/editor", "roles/viewer"


def permissions(predefined, name):
    return predefined.find(name).permissions


def test_an_unknown_role_is_none(predefined):
    assert predefined.find("roles/storage.objectKing") is None


def test_the_documented_roles_have_the_permissions_google_lists(predefined):
    viewer = predefined.find("roles/storage.objectViewer")

    assert viewer.title == "Storage Object Viewer"
    assert {"storage.objects.get", "storage.objects.list"} < viewer.permissions
    assert "storage.buckets.get" not in viewer.permissions


def test_every_role_is_made_of_known_permissions(predefined):
    for name in predefined.names:
        role = predefined.find(name)
        assert role.name == name
        if name != "roles/browser":
            assert role.permissions
        assert role.permissions <= predefined.permission_set


def test_each_basic_role_has_what_the_lesser_one_has(predefined):
    assert permissions(predefined, VIEWER) < permissions(predefined, EDITOR) < permissions(predefined, OWNER)


@pytest.mark.parametrize(
    ("role", "has", "has_not"),
    [
        # The storage part of each: https://cloud.google.com/storage/docs/access-control/iam-roles#basic-roles
        (VIEWER, "storage.buckets.list", "storage.buckets.create"),
        (EDITOR, "storage.buckets.create", "storage.objects.get"),
        (OWNER, "storage.buckets.delete", "storage.objects.list"),
        (EDITOR, "iam.serviceAccounts.actAs", "iam.serviceAccounts.setIamPolicy"),
        (EDITOR, "iam.serviceAccountKeys.create", "iam.serviceAccounts.getAccessToken"),
        (OWNER, "iam.serviceAccounts.setIamPolicy", "iam.serviceAccounts.signBlob"),
        (OWNER, "iam.roles.create", "iam.serviceAccounts.implicitDelegation"),
        (EDITOR, "resourcemanager.projects.update", "resourcemanager.projects.setIamPolicy"),
        (OWNER, "resourcemanager.projects.delete", "resourcemanager.organizations.get"),
        (OWNER, "resourcemanager.projects.createBillingAssignment", "billing.accounts.get"),
        (EDITOR, "serviceusage.services.enable", "run.services.setIamPolicy"),
        (VIEWER, "logging.logEntries.list", "logging.privateLogEntries.list"),
        (EDITOR, "secretmanager.secrets.create", "secretmanager.versions.access"),
        (OWNER, "secretmanager.versions.access", "resourcemanager.folders.list"),
        (VIEWER, "compute.instances.get", "compute.instances.start"),
        (EDITOR, "compute.instances.start", "compute.instances.setIamPolicy"),
        (VIEWER, "aiplatform.customJobs.list", "aiplatform.customJobs.create"),
        (VIEWER, "serviceusage.services.list", "serviceusage.services.use"),
    ],
)
def test_basic_roles_have_what_google_gives_them_and_no_more(predefined, role, has, has_not):
    assert has in permissions(predefined, role)
    assert has_not not in permissions(predefined, role)
    assert has_not in predefined.permission_set


def test_viewer_changes_nothing_but_what_google_lets_slip(predefined):
    changing = ("create", "delete", "update", "set", "add", "remove", "start", "stop", "write", "actAs")

    assert [
        permission
        for permission in permissions(predefined, VIEWER)
        if permission.rpartition(".")[2].startswith(changing)
    ] == ["aiplatform.specialistPools.update"]  # In Google's own list of roles/aiplatform.viewer.


def test_the_compute_roles_for_a_gpu_machine_have_what_starting_one_needs(predefined):
    # The minimal list of a tool that starts machines for people, SkyPilot, without what other services add.
    needed = {
        "compute.disks.create",
        "compute.firewalls.get",
        "compute.globalOperations.get",
        "compute.instances.create",
        "compute.instances.delete",
        "compute.instances.setLabels",
        "compute.instances.setServiceAccount",
        "compute.instances.start",
        "compute.instances.stop",
        "compute.networks.get",
        "compute.projects.get",
        "compute.subnetworks.list",
        "compute.subnetworks.use",
        "compute.subnetworks.useExternalIp",
        "compute.zoneOperations.get",
    }

    assert needed <= permissions(predefined, "roles/compute.instanceAdmin.v1")


@pytest.mark.parametrize(
    ("role", "has", "has_not"),
    [
        ("instanceAdmin.v1", "compute.instances.osAdminLogin", "compute.firewalls.create"),
        ("instanceAdmin.v1", "compute.images.setIamPolicy", "compute.networks.create"),
        ("securityAdmin", "compute.firewalls.create", "compute.instances.create"),
        ("networkAdmin", "compute.networks.create", "compute.firewalls.create"),
        ("networkUser", "compute.subnetworks.use", "compute.subnetworks.create"),
        ("networkViewer", "compute.firewalls.list", "compute.disks.list"),
        ("storageAdmin", "compute.disks.create", "compute.instances.create"),
        ("loadBalancerAdmin", "compute.urlMaps.create", "compute.networks.create"),
        ("imageUser", "compute.images.useReadOnly", "compute.images.create"),
        ("osLogin", "compute.instances.osLogin", "compute.instances.osAdminLogin"),
        ("osAdminLogin", "compute.instances.osAdminLogin", "compute.instances.start"),
        ("viewer", "compute.instances.getIamPolicy", "compute.instances.reset"),
        ("admin", "compute.firewalls.create", "iam.serviceAccounts.actAs"),
    ],
)
def test_compute_roles_stop_where_googles_do(predefined, role, has, has_not):
    assert has in permissions(predefined, f"roles/compute.{role}")
    assert has_not not in permissions(predefined, f"roles/compute.{role}")
