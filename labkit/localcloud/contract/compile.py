"""Compiles Google's published protos into `data/`, one compressed descriptor set per API and one for what they share.

    npm pack google-proto-files@6.0.1 && tar xf google-proto-files-6.0.1.tgz
    python -m labkit.localcloud.contract.compile package

Needs grpcio-tools. The same protos give the same descriptors every time; a test compiles them again and compares.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

from labkit.localcloud.contract.apis import APIS
from labkit.localcloud.contract.descriptors import DATA, SUFFIX, set_of_file

# Shared by APIs but imported by none of them, or only carried in an Any: error details, audit logs, mixins.
_SHARED = (
    "google/api/httpbody.proto",
    "google/cloud/audit/audit_log.proto",
    "google/cloud/location/locations.proto",
    "google/iam/v1/iam_policy.proto",
    "google/logging/type/http_request.proto",
    "google/longrunning/operations.proto",
    "google/rpc/error_details.proto",
    "google/rpc/status.proto",
)

_UNREAD_OPTIONS = ("google.api.oauth_scopes", "google.api.method_signature")


def descriptor_sets(proto_root: Path) -> dict[str, Any]:
    """A FileDescriptorSet by its name, from the folder that holds `google/`. Raises RuntimeError in protoc's words."""
    data = _protoc(proto_root, [*_SHARED, *_api_protos(proto_root)])
    pool = _pool(data)
    set_class: Any = GetMessageClass(pool.FindMessageTypeByName("google.protobuf.FileDescriptorSet"))
    sets: dict[str, Any] = defaultdict(set_class)
    for file in sorted(set_class.FromString(data).file, key=lambda file: file.name):
        _slim(file, [pool.FindExtensionByName(name) for name in _UNREAD_OPTIONS])
        sets[set_of_file(file.name)].file.append(file)
    return dict(sets)


def write(sets: dict[str, Any], source: str, folder: Path) -> None:
    """Replaces the folder's descriptor sets; `source` names the package they come from."""
    folder.mkdir(exist_ok=True)
    for old in folder.glob(f"*{SUFFIX}"):
        old.unlink()
    for name, descriptors in sets.items():
        data = descriptors.SerializeToString(deterministic=True)
        (folder / f"{name}{SUFFIX}").write_bytes(gzip.compress(data, 9, mtime=0))
    (folder / "README.md").write_text(_note(sets, source), encoding="utf-8")


def source_of(proto_root: Path) -> str:
    """The npm package and version, from its own package.json."""
    package = json.loads((proto_root / "package.json").read_text(encoding="utf-8"))
    return f"{package['name']} {package['version']}"


def _api_protos(proto_root: Path) -> Iterator[str]:
    for api in APIS:
        protos = sorted((proto_root / api.folder).glob("*.proto"))
        if not protos:
            raise RuntimeError(f"No protos of {api.title} in {proto_root / api.folder}. Is that google-proto-files?")
        yield from (proto.relative_to(proto_root).as_posix() for proto in protos)


def _protoc(proto_root: Path, protos: list[str]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "descriptors"
        command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{proto_root}", "--include_imports"]
        run = subprocess.run(
            [*command, f"--descriptor_set_out={output}", *protos], capture_output=True, text=True, check=False
        )
        if run.returncode:
            raise RuntimeError(f"protoc refused the protos in {proto_root}:\n{run.stderr}")
        return output.read_bytes()


def _pool(data: bytes) -> DescriptorPool:
    """A pool that knows the options these protos define, and no others.

    In the default pool, what this process happens to have imported decides how options are read, and so written.
    """
    pool = DescriptorPool()
    for file in FileDescriptorSet.FromString(data).file:
        pool.AddSerializedFile(file.SerializeToString())
    return pool


def _slim(file: Any, unread: list[Any]) -> None:
    """Drops what no server reads: a fifth of the size is derived JSON names and the settings of other languages."""
    for option, _ in file.options.ListFields():
        if not option.is_extension:
            file.options.ClearField(option.name)
    for message in file.message_type:
        _slim_message(message)
    for service in file.service:
        for options in (service.options, *(method.options for method in service.method)):
            for extension in unread:
                if extension.containing_type.full_name == options.DESCRIPTOR.full_name:
                    options.ClearExtension(extension)


def _slim_message(message: Any) -> None:
    for field in message.field:
        if field.json_name == _derived_json_name(field.name):
            field.ClearField("json_name")
    for nested in message.nested_type:
        _slim_message(nested)


def _derived_json_name(name: str) -> str:
    """What a DescriptorPool gives a field that has no json_name (protobuf.dev/programming-guides/json)."""
    first, *rest = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)


def _note(sets: dict[str, Any], source: str) -> str:
    rows = "\n".join(f"| {name} | {len(sets[name].file)} |" for name in sorted(sets))
    return f"""<!-- @generated by labkit.localcloud.contract.compile; do not edit -->
# Google's protos, compiled

Descriptor sets from the npm package {source} (Apache-2.0, Google LLC), gzip'd.
`../compile.py` says how to make them again.

| set | proto files |
|---|---|
{rows}
"""


def main(arguments: list[str]) -> None:
    """`PROTO_ROOT` is the unpacked npm package."""
    if len(arguments) != 1:
        raise SystemExit("usage: python -m labkit.localcloud.contract.compile PROTO_ROOT")
    proto_root = Path(arguments[0])
    write(descriptor_sets(proto_root), source_of(proto_root), DATA)


if __name__ == "__main__":
    main(sys.argv[1:])
