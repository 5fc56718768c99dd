"""The whole redirection: the variables under which a process lives on the local cloud. Nothing else is changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from labkit.localcloud.core.hosts import is_googles

_ADDRESS = "127.0.0.1"

# Names a process lives better without: they would lead it past the local cloud or to real credentials.
_REMOVED = ("SSL_CERT_DIR", "NO_GCE_CHECK", "STORAGE_EMULATOR_HOST")

# What says who a process is, other than the metadata server. Outside, it is someone on Google Cloud; in a redirected
# environment someone on this one (`labkit shell --as`), who is to stay when it is redirected again.
IDENTITY = (
    "GOOGLE_APPLICATION_CREDENTIALS",
    "CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE",
    "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE",
    "CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT",
    "CLOUDSDK_CORE_ACCOUNT",
)

# Where the values that were replaced are kept, so that the machine's own proxy and CA bundle are not forgotten.
_REPLACED = "LABKIT_REPLACED"


def redirect(original: Mapping[str, str], *, port: int, bundle: Path, gcloud_config: Path) -> dict[str, str]:
    """`original` with the variables set and removed that send Google's clients and CLIs to the cloud on `port`.

    Redirecting a redirected environment replaces the first redirection.
    """
    before = restore(original)
    changes = _variables(port, bundle, gcloud_config, before.get("NO_PROXY", before.get("no_proxy", "")))
    replaced = {name: before.get(name) for name in (*changes, *_REMOVED, *IDENTITY)}
    kept = {name: value for name, value in before.items() if name not in {*_REMOVED, *IDENTITY}}
    own = {name: original[name] for name in IDENTITY if name in original} if is_redirected(original) else {}
    return {**kept, **changes, **own, _REPLACED: json.dumps(replaced)}


def machine(address: str, gcloud_config: Path) -> dict[str, str]:
    """The variables that make a process the account of the metadata server at `address`, "127.0.0.1:PORT"."""
    return {
        "GCE_METADATA_HOST": address,
        "GCE_METADATA_IP": address,
        "GCE_METADATA_ROOT": address,
        "CLOUDSDK_CONFIG": str(gcloud_config),  # gcloud keeps in it who it is.
    }


def restore(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment as it was before `redirect`."""
    result = dict(environment)
    replaced: dict[str, str | None] = json.loads(result.pop(_REPLACED, "{}"))
    for name, value in replaced.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = value
    return result


def is_redirected(environment: Mapping[str, str]) -> bool:
    """True where Google's clients reach a local cloud and nothing else."""
    return _REPLACED in environment


def trusted_roots(environment: Mapping[str, str], fallback: Path) -> Path:
    """The CA bundle this machine's programs trust: what the environment names, else `fallback`."""
    original = restore(environment)
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"):
        if (path := Path(original.get(name, ""))).is_file():
            return path
    return fallback


def upstream_proxy(environment: Mapping[str, str]) -> str:
    """The machine's own HTTPS proxy, or an empty string."""
    original = restore(environment)
    return original.get("HTTPS_PROXY") or original.get("https_proxy") or ""


def _variables(port: int, bundle: Path, gcloud_config: Path, no_proxy: str) -> dict[str, str]:
    proxy, trust = f"http://{_ADDRESS}:{port}", str(bundle)
    others = [host for host in no_proxy.split(",") if host and not _would_bypass(host)]
    direct = ",".join(dict.fromkeys(["localhost", _ADDRESS, "::1", *others]))
    return {
        # gRPC reads the lower-case name only.
        "HTTPS_PROXY": proxy,
        "https_proxy": proxy,
        "NO_PROXY": direct,
        "no_proxy": direct,
        # requests, Python's ssl, curl, httplib2, Node, gRPC and gcloud each have a name of their own for the bundle.
        "REQUESTS_CA_BUNDLE": trust,
        "SSL_CERT_FILE": trust,
        "CURL_CA_BUNDLE": trust,
        "HTTPLIB2_CA_CERTS": trust,
        "NODE_EXTRA_CA_CERTS": trust,
        "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": trust,
        "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE": trust,
        # Identity by the metadata server, as on a Workbench instance.
        **machine(f"{_ADDRESS}:{port}", gcloud_config),
        # gcsfs ignores the proxy unless told, and opens a second, gRPC, channel unless told not to.
        "FSSPEC_GS": json.dumps({"session_kwargs": {"trust_env": True}}),
        "FSSPEC_GCS": json.dumps({"session_kwargs": {"trust_env": True}}),
        "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": "false",
    }


def _would_bypass(entry: str) -> bool:
    # A machine that excepts Google's hosts from its proxy would send students' calls to the real cloud.
    host = entry.strip().lstrip("*.")
    return not host or is_googles(host) or is_googles(f"storage.{host}")
