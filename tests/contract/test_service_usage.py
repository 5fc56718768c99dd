import pytest
from google.api_core import exceptions
from google.cloud import aiplatform_v1, service_usage_v1
from google.oauth2.credentials import Credentials

VERTEX = "aiplatform.googleapis.com"
RUN = "run.googleapis.com"


@pytest.fixture
def usage(client_of):
    return client_of(service_usage_v1.ServiceUsageClient)


@pytest.fixture
def project(new_project, token_of):
    """A project of the student's with billing, and nothing enabled but Google's defaults."""
    from google.cloud import billing_v1

    made = new_project()
    with billing_v1.CloudBillingClient(credentials=Credentials(token_of("student@example.com"))) as client:
        account = next(iter(client.list_billing_accounts()))
        name = f"projects/{made.project_id}"
        client.update_project_billing_info(name=name, project_billing_info={"billing_account_name": account.name})
        yield made
        client.update_project_billing_info(name=name, project_billing_info={})  # An account pays for five.


def enabled(usage, project):
    listed = usage.list_services(request={"parent": project.name, "filter": "state:ENABLED"})
    return {service.config.name for service in listed}


def test_an_api_is_off_until_it_is_enabled(usage, project, token_of, transport):
    credentials = Credentials(token_of("student@example.com"))
    endpoint = {"api_endpoint": "us-central1-aiplatform.googleapis.com"}
    parent = f"{project.name}/locations/us-central1"
    with aiplatform_v1.ModelServiceClient(
        transport=transport, credentials=credentials, client_options=endpoint
    ) as models:
        with pytest.raises(exceptions.Forbidden) as refused:
            models.list_models(parent=parent)
        assert (refused.value.reason, refused.value.domain) == ("SERVICE_DISABLED", "googleapis.com")
        assert refused.value.metadata["service"] == VERTEX
        assert refused.value.metadata["consumer"] == project.name
        assert "Vertex AI API has not been used in project" in refused.value.message

        response = usage.enable_service(request={"name": f"{project.name}/services/{VERTEX}"}).result(timeout=10)
        assert response.service.state == service_usage_v1.State.ENABLED
        assert list(models.list_models(parent=parent)) == []


def test_a_batch_is_enabled_and_a_service_disabled_again(usage, project):
    request = {"parent": project.name, "service_ids": [VERTEX, RUN]}
    response = usage.batch_enable_services(request=request).result(timeout=10)
    assert [service.config.name for service in response.services] == [VERTEX, RUN]
    assert {VERTEX, RUN, "artifactregistry.googleapis.com"} <= enabled(usage, project)

    usage.disable_service(request={"name": f"{project.name}/services/{RUN}"}).result(timeout=10)
    assert RUN not in enabled(usage, project)
    names = [f"{project.name}/services/{name}" for name in (VERTEX, RUN)]
    got = usage.batch_get_services(request={"parent": project.name, "names": names})
    assert [service.state.name for service in got.services] == ["ENABLED", "DISABLED"]


def test_a_failed_batch_enables_nothing(usage, project):
    with pytest.raises(exceptions.Forbidden) as refused:
        usage.batch_enable_services(request={"parent": project.name, "service_ids": [RUN, "nosuch.googleapis.com"]})

    assert refused.value.reason == "SERVICE_CONFIG_NOT_FOUND_OR_PERMISSION_DENIED"
    assert RUN not in enabled(usage, project)


def test_without_billing_what_bills_is_not_enabled(usage, new_project):
    project = new_project()
    with pytest.raises(exceptions.GoogleAPICallError) as refused:
        usage.enable_service(request={"name": f"{project.name}/services/{VERTEX}"})

    assert refused.value.reason == "UREQ_PROJECT_BILLING_NOT_FOUND"


def test_enabling_takes_its_permission(client_of, project):
    strangers = client_of(service_usage_v1.ServiceUsageClient, "stranger@example.com")
    with pytest.raises(exceptions.Forbidden) as refused:
        strangers.enable_service(request={"name": f"{project.name}/services/{VERTEX}"})

    assert refused.value.metadata["permission"] == "serviceusage.services.enable"


def test_gcloud_enables_lists_and_disables(gcloud_of, project):
    on = f"--project={project.project_id}"
    gcloud_of("services", "enable", VERTEX, "notebooks.googleapis.com", on)
    listed = gcloud_of("services", "list", "--enabled", on, "--format=value(config.name)").split()
    assert {VERTEX, "notebooks.googleapis.com", "compute.googleapis.com"} <= set(listed)

    needed = gcloud_of("services", "disable", "compute.googleapis.com", on, fails=True)
    assert "notebooks.googleapis.com" in needed
    gcloud_of("services", "disable", "compute.googleapis.com", "--force", on)
    assert "compute.googleapis.com" not in gcloud_of("services", "list", on, "--format=value(config.name)")
