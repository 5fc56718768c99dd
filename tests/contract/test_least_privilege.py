"""Each permission a lab uses: refused without it, by name; allowed with the smallest predefined role that has it."""

import pytest
from google.api_core import exceptions
from google.cloud import aiplatform_v1 as vertex
from google.cloud import iam_admin_v1, iam_credentials_v1, resourcemanager_v3, service_usage_v1
from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2Client
from google.iam.v1 import policy_pb2

REGION = "us-central1"
ENDPOINT = "us-central1-aiplatform.googleapis.com"

VERTEX_VIEWER, VERTEX_USER = "roles/aiplatform.viewer", "roles/aiplatform.user"


def vertex_rows():
    """(permission, role, client, RPC, request): what is named does not exist, since IAM is asked first."""
    collections = {
        "customJobs": (vertex.JobServiceClient, "custom_job", ("get", "list", "cancel", "delete")),
        "trainingPipelines": (vertex.PipelineServiceClient, "training_pipeline", ("get", "list", "cancel", "delete")),
        "models": (vertex.ModelServiceClient, "model", ("get", "list", "delete")),
        "endpoints": (vertex.EndpointServiceClient, "endpoint", ("get", "list", "delete")),
    }
    for collection, (client, noun, verbs) in collections.items():
        for verb in verbs:
            plural = "s" if verb == "list" else ""
            request = {"parent": "{parent}"} if verb == "list" else {"name": f"{{parent}}/{collection}/404"}
            role = VERTEX_VIEWER if verb in ("get", "list") else VERTEX_USER
            yield f"aiplatform.{collection}.{verb}", role, client, f"{verb}_{noun}{plural}", request
    endpoint = {"endpoint": "{parent}/endpoints/404"}
    yield from [
        (
            "aiplatform.customJobs.create",
            VERTEX_USER,
            vertex.JobServiceClient,
            "create_custom_job",
            {"parent": "{parent}"},
        ),
        (
            "aiplatform.trainingPipelines.create",
            VERTEX_USER,
            vertex.PipelineServiceClient,
            "create_training_pipeline",
            {"parent": "{parent}"},
        ),
        ("aiplatform.models.upload", VERTEX_USER, vertex.ModelServiceClient, "upload_model", {"parent": "{parent}"}),
        (
            "aiplatform.endpoints.create",
            VERTEX_USER,
            vertex.EndpointServiceClient,
            "create_endpoint",
            {"parent": "{parent}"},
        ),
        ("aiplatform.endpoints.deploy", VERTEX_USER, vertex.EndpointServiceClient, "deploy_model", endpoint),
        ("aiplatform.endpoints.undeploy", VERTEX_USER, vertex.EndpointServiceClient, "undeploy_model", endpoint),
        ("aiplatform.endpoints.predict", VERTEX_USER, vertex.PredictionServiceClient, "predict", endpoint),
    ]


def other_rows():
    project = {"resource": "projects/{project}"}
    logs, projects = LoggingServiceV2Client, resourcemanager_v3.ProjectsClient
    usage = service_usage_v1.ServiceUsageClient
    storage = {"name": "projects/{project}/services/storage.googleapis.com"}
    get, enable = "serviceusage.services.get", "serviceusage.services.enable"
    viewer, admin = "roles/serviceusage.serviceUsageViewer", "roles/serviceusage.serviceUsageAdmin"
    yield from [
        (
            "logging.logEntries.list",
            "roles/logging.viewer",
            logs,
            "list_log_entries",
            {"resource_names": ["projects/{project}"]},
        ),
        ("resourcemanager.projects.get", "roles/browser", projects, "get_project", {"name": "projects/{project}"}),
        ("resourcemanager.projects.getIamPolicy", "roles/iam.securityReviewer", projects, "get_iam_policy", project),
        (get, viewer, usage, "get_service", storage),
        ("serviceusage.services.list", viewer, usage, "list_services", {"parent": "projects/{project}"}),
        (enable, admin, usage, "enable_service", storage),
    ]


ROWS = [*vertex_rows(), *other_rows()]


@pytest.fixture(scope="module")
def account(student, new_account):
    """A service account without a role, which the student may impersonate."""
    made = new_account("caller")
    policy = policy_pb2.Policy()
    policy.bindings.add(role="roles/iam.serviceAccountTokenCreator", members=["user:student@example.com"])
    iam_admin_v1.IAMClient(credentials=student).set_iam_policy(request={"resource": made.name, "policy": policy})
    return made


@pytest.fixture(scope="module")
def account_credentials(account, student):
    from google.oauth2.credentials import Credentials

    client = iam_credentials_v1.IAMCredentialsClient(credentials=student)
    scope = ["https://www.googleapis.com/auth/cloud-platform"]
    return Credentials(
        client.generate_access_token(name=f"projects/-/serviceAccounts/{account.email}", scope=scope).access_token
    )


@pytest.fixture(scope="module")
def grant(local_cloud, student, account):
    """Gives the account one role on the project, in place of the one it had."""
    client = resourcemanager_v3.ProjectsClient(credentials=student)
    member, resource = f"serviceAccount:{account.email}", f"projects/{local_cloud.project}"

    def grant(role):
        policy = client.get_iam_policy(request={"resource": resource, "options": {"requested_policy_version": 3}})
        for binding in [binding for binding in policy.bindings if member in binding.members]:
            binding.members.remove(member)
        if role:
            policy.bindings.add(role=role, members=[member])
        client.set_iam_policy(request={"resource": resource, "policy": policy})

    yield grant
    grant(None)


@pytest.fixture
def call(local_cloud, account_credentials, transport):
    opened = []

    def call(kind, rpc, request):
        names = {"project": local_cloud.project, "parent": f"projects/{local_cloud.project}/locations/{REGION}"}
        if kind is LoggingServiceV2Client and transport == "rest":
            pytest.skip("the logging client has no REST transport")
        options = {"api_endpoint": ENDPOINT} if kind.__module__.startswith("google.cloud.aiplatform") else None
        opened.append(kind(credentials=account_credentials, transport=transport, client_options=options))
        filled = {key: _filled(value, names) for key, value in request.items()}
        return getattr(opened[-1], rpc)(request=filled, timeout=10)

    yield call
    for client in opened:
        client.transport.close()


def _filled(value, names):
    return [_filled(item, names) for item in value] if isinstance(value, list) else value.format(**names)


@pytest.mark.parametrize(("permission", "role", "kind", "rpc", "request_"), ROWS, ids=[row[0] for row in ROWS])
def test_a_permission_is_missed_by_name_and_given_by_its_smallest_role(
    call, grant, permission, role, kind, rpc, request_
):
    grant(None)
    with pytest.raises(exceptions.Forbidden) as refused:
        call(kind, rpc, request_)
    assert permission in refused.value.message
    assert refused.value.reason == "IAM_PERMISSION_DENIED"

    grant(role)
    try:
        call(kind, rpc, request_)
    except exceptions.Forbidden as still:
        pytest.fail(f"{role} does not give {permission}: {still}")
    except (exceptions.NotFound, exceptions.BadRequest):
        pass  # It may; what it asked for is not there, or says too little.
