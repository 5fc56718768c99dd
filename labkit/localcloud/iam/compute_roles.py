"""Compute Engine's predefined roles, which the stored reference does not have. Written from knowledge of their content.

Each is a list of patterns over Compute Engine's permissions, all of which the stored reference knows: it lists them in
the roles of other services. So a kind of resource that Google adds needs no change here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import translate

_PREFIX = "compute."

# In every role of Compute Engine, so that a console can show the project.
_SHARED = frozenset(
    {
        "resourcemanager.projects.get",
        "resourcemanager.projects.list",
        "serviceusage.quotas.get",
        "serviceusage.services.get",
        "serviceusage.services.list",
    }
)


def _full(*kinds: str) -> tuple[str, ...]:
    return tuple(f"{kind}.*" for kind in kinds)


def _read(*kinds: str) -> tuple[str, ...]:
    return tuple(f"{kind}.{verb}" for kind in kinds for verb in ("get", "list*"))


_PLACES = _read("*Operations", "regions", "zones", "projects")

_INSTANCES = _full(
    "autoscalers",
    "disks",
    "*etworkEndpointGroups",
    "images",
    "instanceGroupManagers",
    "instanceGroups",
    "instanceSettings",
    "instanceTemplates",
    "instances",
    "licenses",
    "machineImages",
)
_STORAGE = _full("diskSettings", "disks", "images", "instantSnapshot*", "license*", "resourcePolicies", "snapshots")

_NETWORKING = (
    "*ddresses",
    "externalVpnGateways",
    "*orwardingRules",
    "interconnect*",
    "networkAttachments",
    "networkProfiles",
    "networks",
    "packetMirrorings",
    "public*Prefixes",
    "routers",
    "routes",
    "serviceAttachments",
    "subnetworks",
    "targetVpnGateways",
    "vpn*",
)
_LOAD_BALANCING = (
    "*ackendBuckets",
    "*ackendServices",
    "*orwardingRules",
    "*ealthChecks",
    "*ealthCheckServices",
    "*etworkEndpointGroups",
    "*otificationEndpoints",
    "*arget*Proxies",
    "targetInstances",
    "targetPools",
    "*rlMaps",
)
_SECURITY = ("firewalls", "*irewallPolicies", "*ecurityPolicies", "*slCertificates", "*slPolicies")
_USE_OF_ADDRESSES = tuple(
    f"addresses.{verb}" for verb in ("createInternal", "deleteInternal", "get", "list*", "use", "useInternal")
)
_USE_OF_NETWORKS = (
    "networks.use",
    "networks.useExternalIp",
    "subnetworks.use",
    "subnetworks.useExternalIp",
)
_LOGIN = (
    *(f"{kind}.listTagBindings" for kind in ("disks", "images", "snapshots")),
    "instances.get",
    "instances.list",
    "instances.osLogin",
    "projects.get",
)


@dataclass(frozen=True)
class ComputeRole:
    """`patterns` are over the part of a permission after "compute.", as a shell's are: "instances.*"."""

    title: str
    description: str
    patterns: tuple[str, ...]

    def permissions(self, known: Iterable[str]) -> frozenset[str]:
        """Those of `known`, the permissions of all services, that the role includes."""
        matches = re.compile("|".join(translate(_PREFIX + pattern) for pattern in self.patterns)).fullmatch
        return frozenset(filter(matches, known)) | _SHARED


COMPUTE_ROLES = {
    "roles/compute.admin": ComputeRole("Compute Admin", "Full control of all Compute Engine resources.", ("*",)),
    "roles/compute.viewer": ComputeRole(
        "Compute Viewer",
        "Read-only access to get and list information about all Compute Engine resources.",
        ("*.get*", "*.list*", "*rlMaps.validate"),
    ),
    "roles/compute.instanceAdmin.v1": ComputeRole(
        "Compute Instance Admin (v1)",
        "Full control of Compute Engine instances, instance groups, disks, snapshots, and images. "
        "Read access to all Compute Engine networking resources.",
        (
            *_INSTANCES,
            *_full("instantSnapshots", "licenseCodes", "multiMig", "resourcePolicies", "snapshots"),
            *_read("acceleratorTypes", "diskTypes", "machineTypes", "reservation*", "storagePools", "firewalls"),
            *_read(*_NETWORKING, *_LOAD_BALANCING, "*slCertificates", "*slPolicies"),
            *_USE_OF_ADDRESSES,
            *_USE_OF_NETWORKS,
            *_PLACES,
            "globalAddresses.use",
            "projects.setCommonInstanceMetadata",
            "spotAssistants.get",
            "storagePools.use",
        ),
    ),
    "roles/compute.instanceAdmin": ComputeRole(
        "Compute Instance Admin (beta)",
        "Permissions to create, modify, and delete virtual machine instances, and disks.",
        (
            *_INSTANCES,
            *_full("instantSnapshots", "resourcePolicies"),
            *_read("acceleratorTypes", "diskTypes", "machineTypes", "reservation*", "storagePools", "snapshots"),
            *_read("networks", "subnetworks", "targetPools"),
            *_USE_OF_ADDRESSES,
            *_USE_OF_NETWORKS,
            *_PLACES,
            "storagePools.use",
        ),
    ),
    "roles/compute.networkAdmin": ComputeRole(
        "Compute Network Admin",
        "Full control of Compute Engine networking resources.",
        (
            *_full(*_NETWORKING, *_LOAD_BALANCING, "*slPolicies"),
            *_read("*slCertificates", "firewalls", "*irewallPolicies", "*ecurityPolicies"),
            *_read("acceleratorTypes", "autoscalers", "instanceGroup*", "instances", "machineTypes"),
            *_PLACES,
            "instanceGroupManagers.use",
            "instanceGroups.use",
            "instances.use",
        ),
    ),
    "roles/compute.networkUser": ComputeRole(
        "Compute Network User",
        "Access to use Compute Engine networking resources.",
        (
            *(f"addresses.{verb}" for verb in ("createInternal", "deleteInternal", "get", "list", "useInternal")),
            *_USE_OF_NETWORKS,
            *(f"{kind}.use" for kind in ("externalVpnGateways", "interconnects", "vpnGateways")),
            *_read("externalVpnGateways", "firewalls", "interconnect*", "networks", "routers", "routes"),
            *_read("projects", "regions", "serviceAttachments", "subnetworks", "targetVpnGateways", "vpn*", "zones"),
            "networks.access",
            "networks.get*EffectiveFirewalls",
        ),
    ),
    "roles/compute.networkViewer": ComputeRole(
        "Compute Network Viewer",
        "Read-only access to Compute Engine networking resources.",
        (
            *_read(*_NETWORKING, *_LOAD_BALANCING, *_SECURITY),
            *_read("autoscalers", "instanceGroup*", "instances", "machineTypes"),
            *_PLACES,
        ),
    ),
    "roles/compute.securityAdmin": ComputeRole(
        "Compute Security Admin",
        "Full control of Compute Engine security resources.",
        (
            *_full(*_SECURITY, "packetMirrorings"),
            *_read("networks", "routers", "routes", "subnetworks"),
            *_PLACES,
            *(f"instances.{verb}" for verb in ("getEffectiveFirewalls", "list", "setShielded*", "updateSecurity")),
            "instances.updateShielded*",
            "instanceSettings.get",
            "networks.get*EffectiveFirewalls",
            "networks.updatePolicy",
            *(f"{kind}.list" for kind in ("*ackendBuckets", "*ackendServices", "targetInstances", "targetPools")),
        ),
    ),
    "roles/compute.storageAdmin": ComputeRole(
        "Compute Storage Admin",
        "Full control of Compute Engine storage resources.",
        (*_STORAGE, *_full("storagePools"), *_read("diskTypes"), *_PLACES, "instanceSettings.get"),
    ),
    "roles/compute.loadBalancerAdmin": ComputeRole(
        "Compute Load Balancer Admin",
        "Full control of Compute Engine resources related to the load balancer.",
        (
            *_full(*_LOAD_BALANCING, "*ddresses", "*slCertificates", "*slPolicies"),
            *_read("instanceGroup*", "instances", "networks", "subnetworks"),
            *_PLACES,
            "*ecurityPolicies.get",
            "*ecurityPolicies.list",
            "*ecurityPolicies.use",
            "instanceGroups.use",
            "instances.use",
            "instances.useReadOnly",
            "networks.use",
            "subnetworks.use",
        ),
    ),
    "roles/compute.imageUser": ComputeRole(
        "Compute Image User",
        "Read and use image resources.",
        ("images.get", "images.getFromFamily", "images.list", "images.useReadOnly"),
    ),
    "roles/compute.osLogin": ComputeRole(
        "Compute OS Login",
        "Access to log in to a Compute Engine instance as a standard (non-administrator) user.",
        _LOGIN,
    ),
    "roles/compute.osAdminLogin": ComputeRole(
        "Compute OS Admin Login",
        "Access to log in to a Compute Engine instance as an administrator user.",
        (*_LOGIN, "instances.osAdminLogin"),
    ),
}
