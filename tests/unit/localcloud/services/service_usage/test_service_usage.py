import pytest

from labkit.localcloud.core.constraints import DISABLE_AUTOMATIC_GRANTS
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.iam.hierarchy import project_policy_name
from labkit.localcloud.services.service_usage.catalogue import CATALOGUE, DEFAULTS

USAGE = "google.api.serviceusage.v1.ServiceUsage"
PARENT = "projects/labkit-student"
VERTEX = "aiplatform.googleapis.com"


def names(services):
    return [service.name.rpartition("/")[2] for service in services]


def test_a_new_project_has_what_google_enables_and_nothing_else(setup):
    reply = setup.call(f"{USAGE}/ListServices", {"parent": PARENT, "filter": "state:ENABLED", "pageSize": 200})

    assert set(names(reply.services)) == set(DEFAULTS)
    assert VERTEX not in DEFAULTS


def test_a_list_is_paged_and_filtered(setup):
    found, token = [], ""
    while True:
        request = {"parent": PARENT, "filter": "state:DISABLED", "pageSize": 7, "pageToken": token}
        reply = setup.call(f"{USAGE}/ListServices", request)
        assert len(reply.services) <= 7
        found += names(reply.services)
        token = reply.next_page_token
        if not token:
            break

    assert found == [name for name in CATALOGUE if name not in DEFAULTS]
    with pytest.raises(ApiError, match=r"state:ENABLED and state:DISABLED"):
        setup.call(f"{USAGE}/ListServices", {"parent": PARENT, "filter": "name:storage"})


def test_an_api_that_is_off_is_refused_with_all_that_google_says(setup):
    with pytest.raises(ApiError) as refused:
        setup.parts.enabled.require_enabled("labkit-student", VERTEX)

    error, number = refused.value, setup.project.number
    url = f"https://console.developers.google.com/apis/api/{VERTEX}/overview?project={number}"
    assert error.code is Code.PERMISSION_DENIED
    assert error.message == (
        f"Vertex AI API has not been used in project {number} before or it is disabled. Enable it by visiting {url} "
        "then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems "
        "and retry."
    )
    assert (error.reason, error.domain) == ("SERVICE_DISABLED", "googleapis.com")
    assert error.metadata == {
        "consumer": f"projects/{number}",
        "service": VERTEX,
        "serviceTitle": "Vertex AI API",
        "containerInfo": number,
        "activationUrl": url,
    }
    assert [detail["@type"].rpartition(".")[2] for detail in error.details] == ["LocalizedMessage", "Help"]


def test_an_enabled_api_lets_calls_through_and_its_agents_have_their_roles(setup):
    done = setup.call(f"{USAGE}/EnableService", {"name": f"{PARENT}/services/{VERTEX}"})

    setup.parts.enabled.require_enabled("labkit-student", VERTEX)
    assert done.done
    assert done.name.startswith(f"operations/acf.p2-{setup.project.number}-")
    agent = f"serviceAccount:service-{setup.project.number}@gcp-sa-aiplatform.iam.gserviceaccount.com"
    bindings = {each.role: each.members for each in setup.policies.get(project_policy_name("labkit-student")).bindings}
    assert agent in bindings["roles/aiplatform.serviceAgent"]


def test_the_default_account_gets_no_editor_role_where_the_organization_forbids_it(setup):
    project = setup.parts.new_projects.create("another-lab", setup.student)
    setup.parts.accounts.link(project.id, setup.trial.name)
    setup.call(
        "google.cloud.orgpolicy.v2.OrgPolicy/CreatePolicy",
        _enforced(DISABLE_AUTOMATIC_GRANTS, project.id),
        caller=_policy_admin(setup, project),
    )
    setup.parts.enabled.enable(project, ["compute.googleapis.com"])

    assert setup.service_accounts.exists(project.default_service_account)
    bindings = {each.role: each.members for each in setup.policies.get(project_policy_name("another-lab")).bindings}
    assert f"serviceAccount:{project.default_service_account}" not in bindings["roles/editor"]


def test_a_batch_is_enabled_as_a_whole_or_not_at_all(setup):
    with pytest.raises(ApiError, match=r"Not found or permission denied for service\(s\): nosuch.googleapis.com"):
        setup.call(f"{USAGE}/BatchEnableServices", {"parent": PARENT, "serviceIds": [VERTEX, "nosuch.googleapis.com"]})
    assert not setup.parts.enabled.is_enabled("labkit-student", VERTEX)

    setup.call(f"{USAGE}/BatchEnableServices", {"parent": PARENT, "serviceIds": [VERTEX, "notebooks.googleapis.com"]})
    assert setup.parts.enabled.is_enabled("labkit-student", "compute.googleapis.com")  # Notebooks needs it.


@pytest.mark.parametrize("count", [0, 21])
def test_a_batch_has_from_one_to_twenty_services(setup, count):
    with pytest.raises(ApiError, match=f"{count} services in one request"):
        setup.call(f"{USAGE}/BatchEnableServices", {"parent": PARENT, "serviceIds": [VERTEX] * count})


def test_without_billing_nothing_billable_is_enabled(setup):
    setup.parts.accounts.unlink("labkit-student")
    setup.enable("pubsub")

    with pytest.raises(ApiError) as refused:
        setup.enable("aiplatform", "iam")
    assert refused.value.code is Code.FAILED_PRECONDITION
    assert refused.value.reason == "UREQ_PROJECT_BILLING_NOT_FOUND"
    assert refused.value.metadata["services"] == VERTEX
    assert not setup.parts.enabled.is_enabled("labkit-student", "iam.googleapis.com")


def test_an_enabled_api_that_bills_is_refused_once_billing_is_gone(setup):
    setup.enable("aiplatform", "pubsub")
    setup.parts.accounts.unlink("labkit-student")

    setup.parts.enabled.require_enabled("labkit-student", "pubsub.googleapis.com")
    with pytest.raises(ApiError, match=r"requires billing to be enabled") as refused:
        setup.parts.enabled.require_enabled("labkit-student", VERTEX)
    assert (refused.value.reason, refused.value.domain) == ("BILLING_DISABLED", "googleapis.com")


def test_nothing_works_in_a_project_that_is_shut_down_but_its_restoring(setup):
    setup.projects.request_deletion(setup.project)

    setup.parts.enabled.require_enabled("labkit-student", "cloudresourcemanager.googleapis.com")
    for host in ("storage.googleapis.com", "serviceusage.googleapis.com"):
        with pytest.raises(ApiError, match=f"Project #{setup.project.number} has been deleted"):
            setup.parts.enabled.require_enabled("labkit-student", host)


def test_what_another_service_needs_is_disabled_only_with_it(setup):
    setup.enable("notebooks")
    compute = f"{PARENT}/services/compute.googleapis.com"
    with pytest.raises(ApiError, match=r"depended on by the following active service\(s\): notebooks.googleapis.com"):
        setup.call(f"{USAGE}/DisableService", {"name": compute})

    setup.call(f"{USAGE}/DisableService", {"name": compute, "disableDependentServices": True})
    assert not setup.parts.enabled.is_enabled("labkit-student", "notebooks.googleapis.com")
    with pytest.raises(ApiError, match=r"Service compute.googleapis.com is not enabled"):
        setup.call(f"{USAGE}/DisableService", {"name": compute})


def test_services_are_got_one_by_one_and_in_batches_of_one_parent(setup):
    setup.enable("aiplatform")
    one = setup.call(f"{USAGE}/GetService", {"name": f"{PARENT}/services/{VERTEX}"})
    batch = {"parent": PARENT, "names": [f"{PARENT}/services/{VERTEX}", f"{PARENT}/services/run.googleapis.com"]}
    both = setup.call(f"{USAGE}/BatchGetServices", batch)

    assert (one.config.title, one.parent) == ("Vertex AI API", f"projects/{setup.project.number}")
    assert [service.state for service in both.services] == [2, 1]
    setup.parts.new_projects.create("another-lab", setup.student)
    with pytest.raises(ApiError, match=r"not of the parent"):
        setup.call(f"{USAGE}/BatchGetServices", {**batch, "parent": "projects/another-lab"})


def test_an_unknown_service_and_an_ill_formed_name_are_refused(setup):
    with pytest.raises(ApiError, match=r"nosuch.googleapis.com") as refused:
        setup.call(f"{USAGE}/GetService", {"name": f"{PARENT}/services/nosuch.googleapis.com"})
    assert refused.value.reason == "SERVICE_CONFIG_NOT_FOUND_OR_PERMISSION_DENIED"
    with pytest.raises(ApiError, match=r"is not projects/PROJECT/services/SERVICE") as refused:
        setup.call(f"{USAGE}/GetService", {"name": f"{PARENT}/service/x"})
    assert refused.value.code is Code.INVALID_ARGUMENT


def _enforced(constraint, project):
    return {
        "parent": f"projects/{project}",
        "policy": {"name": f"projects/{project}/policies/{constraint}", "spec": {"rules": [{"enforce": True}]}},
    }


def _policy_admin(setup, project):
    setup.policies.grant(project_policy_name(project.id), "roles/orgpolicy.policyAdmin", setup.student.member)
    setup.parts.enabled.enable(project, ["orgpolicy.googleapis.com"])
    return setup.student
