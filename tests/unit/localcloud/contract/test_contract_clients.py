"""The contract against Google's own Python clients: each of their routes and types must mean the same here."""

import importlib
import inspect
import pkgutil
import re
from dataclasses import dataclass

import pytest

from labkit.localcloud.contract.registry import Registry

CLIENTS = {
    "google.cloud.aiplatform_v1": "google.cloud.aiplatform.v1",
    "google.cloud.aiplatform_v1beta1": "google.cloud.aiplatform.v1beta1",
    "google.cloud.resourcemanager_v3": "google.cloud.resourcemanager.v3",
    # Not installed with the course; checked where a developer has them.
    "google.cloud.artifactregistry_v1": "google.devtools.artifactregistry.v1",
    "google.cloud.asset_v1": "google.cloud.asset.v1",
    "google.cloud.billing_v1": "google.cloud.billing.v1",
    "google.cloud.compute_v1": "google.cloud.compute.v1",
    "google.cloud.devtools.cloudbuild_v1": "google.devtools.cloudbuild.v1",
    "google.cloud.functions_v2": "google.cloud.functions.v2",
    "google.cloud.iam_admin_v1": "google.iam.admin.v1",
    "google.cloud.iam_credentials_v1": "google.iam.credentials.v1",
    "google.cloud.logging_v2": "google.logging.v2",
    "google.cloud.notebooks_v2": "google.cloud.notebooks.v2",
    "google.cloud.orgpolicy_v2": "google.cloud.orgpolicy.v2",
    "google.cloud.run_v2": "google.cloud.run.v2",
    "google.cloud.secretmanager_v1": "google.cloud.secretmanager.v1",
    "google.cloud.service_usage_v1": "google.api.serviceusage.v1",
    "google.pubsub_v1": "google.pubsub.v1",
}

# Routes of the clients that are answered otherwise here, on purpose: patterns of "VERB template".
KNOWN_DIFFERENCES = (
    # Google's configuration has these under ListOperations: a slip, no client waits by listing.
    r"GET /(ui|v1)/{name=.*/feature(OnlineStores|Groups)/.*/operations/\*}:wait",
    # And these under DeleteOperation, though they name no operation.
    r"DELETE /ui/{name=.*/extension(Controller)?s/\*}/operations",
    # The one place where Vertex AI lets these take a body; here, as everywhere else, they read the query.
    r"POST /v1beta1/{resource=.*/featurestores/\*}:(get|test)Iam.*",
    # google-cloud-compute is newer than google-proto-files 6.0.1.
    r"\w+ /compute/v1/.*/(advice/\w+|globalFrontendSettings|imageViews.*|managedRulesets.*|projectViews)",
    r"\w+ /compute/v1/.*/(patchAssociation|interconnects/.*/setName|reservationSlots/.*/getHealth)",
)

REST_ONLY = {"google.cloud.compute_v1"}
GRPC_ONLY = {"google.cloud.iam_admin_v1", "google.cloud.logging_v2"}

MIXED_IN = {
    **dict.fromkeys(
        ("GetOperation", "ListOperations", "DeleteOperation", "CancelOperation", "WaitOperation"),
        "google.longrunning.Operations",
    ),
    **dict.fromkeys(("GetLocation", "ListLocations"), "google.cloud.location.Locations"),
    **dict.fromkeys(("GetIamPolicy", "SetIamPolicy", "TestIamPermissions"), "google.iam.v1.IAMPolicy"),
}


@dataclass(frozen=True)
class Call:
    """One RPC as a client makes it over gRPC; the types are None where the client does not tell."""

    path: str
    request: str | None
    response: str | None


class Recorder:
    """Stands in for a gRPC channel and remembers the path that a stub is made for."""

    path = ""

    def __getattr__(self, kind):
        def stub(path, **codecs):
            self.path = path

        return stub


def services(client):
    root = importlib.import_module(f"{client}.services")
    return [f"{client}.services.{module.name}.transports" for module in pkgutil.iter_modules(root.__path__)]


def own_class(module, suffix):
    return next(
        member
        for name, member in vars(module).items()
        if name.endswith(suffix) and inspect.isclass(member) and member.__module__ == module.__name__
    )


def full_name(annotation):
    message = annotation.pb() if hasattr(annotation, "meta") else annotation
    return message.DESCRIPTOR.full_name if hasattr(message, "DESCRIPTOR") else None


def grpc_calls(transports):
    transport_class = own_class(importlib.import_module(f"{transports}.grpc"), "GrpcTransport")
    transport = object.__new__(transport_class)
    recorder = Recorder()
    transport._stubs, transport._logged_channel, transport._grpc_channel = {}, recorder, recorder
    for name, member in vars(transport_class).items():
        if not isinstance(member, property) or name in {"grpc_channel", "operations_client", "kind"}:
            continue
        member.fget(transport)
        annotation = inspect.get_annotations(member.fget).get("return")
        parameters, response = annotation.__args__[:-1], annotation.__args__[-1]
        if recorder.path.rpartition("/")[2] in MIXED_IN and recorder.path.split("/")[1] in MIXED_IN.values():
            yield Call(recorder.path, None, None)  # Their annotations are wrong in some clients, or missing.
        else:
            yield Call(recorder.path, full_name(parameters[0]), full_name(response))


def rest_options(transports):
    """(RPC, verb, template, body) of each binding."""
    base = own_class(importlib.import_module(f"{transports}.rest_base"), "RestTransport")
    for name, member in vars(base).items():
        if inspect.isclass(member) and hasattr(member, "_get_http_options"):
            for option in member._get_http_options():
                yield name.removeprefix("_Base"), option["method"].upper(), option["uri"], option.get("body", "")


def fill(template):
    """A path that fits a template, and the variables it carries."""
    variables = {}

    def value(match):
        pattern = match["pattern"] or "*"
        field = match["field"].rstrip("_")  # Python's clients rename what is a Python word: {license_}.
        variables[field] = pattern.replace("**", "deep/down").replace("*", "some-id")
        return variables[field]

    return re.sub(r"\{(?P<field>[\w.]+)(?:=(?P<pattern>[^}]+))?\}", value, template), variables


def transports_of(client):
    pytest.importorskip(client, reason=f"{client} is not installed")
    return services(client)


@pytest.fixture(scope="module")
def registry():
    return Registry()


def api_of(registry, package):
    return next(api for api in registry.apis if api.package == package)


def is_known(route):
    return any(re.fullmatch(pattern, route) for pattern in KNOWN_DIFFERENCES)


@pytest.mark.parametrize("client", sorted(CLIENTS.keys() - REST_ONLY))
def test_each_grpc_path_of_a_client_is_known_with_the_same_message_types(registry, client):
    host = api_of(registry, CLIENTS[client]).host
    calls = [call for transports in transports_of(client) for call in grpc_calls(transports)]

    wrong = []
    for call in calls:
        method = registry.method(call.path, host)
        found = method and Call(
            method.path,
            call.request and method.request.DESCRIPTOR.full_name,
            call.response and method.response.DESCRIPTOR.full_name,
        )
        if found != call:
            wrong.append((call, found))

    assert wrong == []
    assert calls


@pytest.mark.parametrize("client", sorted(CLIENTS.keys() - GRPC_ONLY))
def test_each_rest_route_of_a_client_leads_to_the_same_rpc_with_the_same_variables(registry, client):
    package = CLIENTS[client]
    api = api_of(registry, package)
    own = {method.path for method in registry.methods(api)}

    routes = 0
    unexplained = {}
    for transports in transports_of(client):
        service = own_class(importlib.import_module(f"{transports}.rest_base"), "RestTransport").__name__
        service = f"{package}.{service.removeprefix('_Base').removesuffix('RestTransport')}"
        for rpc, verb, template, body in rest_options(transports):
            path, variables = fill(template)
            expected = f"/{service}/{rpc}" if f"/{service}/{rpc}" in own else f"/{MIXED_IN.get(rpc)}/{rpc}"
            call = registry.route(verb, api.host, path)
            found = call and (call.method.path, call.binding.body, call.variables)
            routes += 1
            if found != (expected, body, variables) and not is_known(f"{verb} {template}"):
                unexplained[f"{verb} {template}"] = (expected, body, found)

    assert unexplained == {}
    assert routes
