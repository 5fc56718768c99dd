"""The RPCs that many APIs share, and the REST paths under which each API serves them.

An API's own protos do not say this; Google keeps it in each API's service configuration. The bindings agree with the
ones built into Google's clients (tests/unit/localcloud/contract), save that `**` stands for Google's long lists.
"""

from __future__ import annotations

from dataclasses import dataclass

from labkit.localcloud.contract.binding import Binding

OPERATIONS = "google.longrunning.Operations"
LOCATIONS = "google.cloud.location.Locations"
IAM_POLICY = "google.iam.v1.IAMPolicy"


@dataclass(frozen=True)
class Mixin:
    """One RPC of a shared service, and the bindings an API gives it."""

    service: str
    rpc: str
    bindings: tuple[Binding, ...]


def operations(version: str, *rpcs: str, name: str = "projects/*/locations/*/operations/*") -> tuple[Mixin, ...]:
    """google.longrunning.Operations; `name` is the pattern of an operation's name."""
    one = f"/{version}/{{name={name}}}"
    parent = name.rpartition("/operations/")[0]
    every = f"/{version}/{{name={parent}}}/operations" if parent else f"/{version}/operations"
    bindings = {
        "GetOperation": Binding("GET", one),
        "ListOperations": Binding("GET", every),
        "DeleteOperation": Binding("DELETE", one),
        "CancelOperation": Binding("POST", f"{one}:cancel", "*"),
        "WaitOperation": Binding("POST", f"{one}:wait", "*"),
    }
    return tuple(Mixin(OPERATIONS, rpc, (bindings[rpc],)) for rpc in rpcs)


def locations(version: str, *rpcs: str) -> tuple[Mixin, ...]:
    """google.cloud.location.Locations of a project."""
    bindings = {
        "GetLocation": Binding("GET", f"/{version}/{{name=projects/*/locations/*}}"),
        "ListLocations": Binding("GET", f"/{version}/{{name=projects/*}}/locations"),
    }
    return tuple(Mixin(LOCATIONS, rpc, (bindings[rpc],)) for rpc in rpcs)


def iam_policy(version: str, *resources: str) -> tuple[Mixin, ...]:
    """google.iam.v1.IAMPolicy; a resource is the pattern of its name: "projects/*/topics/*"."""
    stems = [f"/{version}/{{resource={resource}}}" for resource in resources]
    return (
        Mixin(IAM_POLICY, "GetIamPolicy", tuple(Binding("GET", f"{stem}:getIamPolicy") for stem in stems)),
        Mixin(IAM_POLICY, "SetIamPolicy", tuple(Binding("POST", f"{stem}:setIamPolicy", "*") for stem in stems)),
        Mixin(
            IAM_POLICY,
            "TestIamPermissions",
            tuple(Binding("POST", f"{stem}:testIamPermissions", "*") for stem in stems),
        ),
    )


def vertex(version: str) -> tuple[Mixin, ...]:
    """Vertex AI serves each shared RPC under its version and under `/ui`, where the Python client polls operations.

    Cancel and wait take no body here; GetIamPolicy and TestIamPermissions are POST and take all from path and query.
    """

    def both(service: str, rpc: str, verb: str, template: str, body: str = "") -> Mixin:
        return Mixin(service, rpc, tuple(Binding(verb, f"/{prefix}/{template}", body) for prefix in (version, "ui")))

    return (
        both(OPERATIONS, "GetOperation", "GET", "{name=**/operations/*}"),
        both(OPERATIONS, "ListOperations", "GET", "{name=**}/operations"),
        both(OPERATIONS, "DeleteOperation", "DELETE", "{name=**/operations/*}"),
        both(OPERATIONS, "CancelOperation", "POST", "{name=**/operations/*}:cancel"),
        both(OPERATIONS, "WaitOperation", "POST", "{name=**/operations/*}:wait"),
        both(LOCATIONS, "GetLocation", "GET", "{name=projects/*/locations/*}"),
        both(LOCATIONS, "ListLocations", "GET", "{name=projects/*}/locations"),
        both(IAM_POLICY, "GetIamPolicy", "POST", "{resource=projects/*/locations/*/**}:getIamPolicy"),
        both(IAM_POLICY, "SetIamPolicy", "POST", "{resource=projects/*/locations/*/**}:setIamPolicy", "*"),
        both(IAM_POLICY, "TestIamPermissions", "POST", "{resource=projects/*/locations/*/**}:testIamPermissions"),
    )
