"""The committed descriptor sets, read API by API when something in them is first asked for."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from google.protobuf.descriptor_pb2 import FileDescriptorSet

from labkit.localcloud.contract.apis import APIS

DATA = Path(__file__).parent / "data"
COMMON = "common"
SUFFIX = ".binpb.gz"


def set_of_file(path: str) -> str:
    """The descriptor set that holds a proto file: the API in whose folder it lies, else the common one.

    >>> set_of_file("google/cloud/aiplatform/v1/job_service.proto")
    'google.cloud.aiplatform.v1'
    """
    folder = path.rpartition("/")[0]
    return next((api.package for api in APIS if api.folder == folder), COMMON)


@dataclass(frozen=True)
class DescriptorSet:
    """One API's proto files, unpacked on first use."""

    name: str

    @cached_property
    def files(self) -> dict[str, Any]:
        """FileDescriptorProto by path."""
        data = (DATA / f"{self.name}{SUFFIX}").read_bytes()
        return {file.name: file for file in FileDescriptorSet.FromString(gzip.decompress(data)).file}

    @cached_property
    def owners(self) -> dict[str, Any]:
        """FileDescriptorProto by the full names of its messages, enums and services, nested ones left out."""
        return {
            f"{file.package}.{part.name}": file
            for file in self.files.values()
            for part in (*file.message_type, *file.enum_type, *file.service)
        }


class DescriptorDatabase:
    """What a DescriptorPool asks for files it has not got; loads no more than the question needs.

    The method names are those of google.protobuf.descriptor_database.DescriptorDatabase. KeyError means "unknown".
    """

    def __init__(self) -> None:
        self._sets = {name: DescriptorSet(name) for name in (COMMON, *(api.package for api in APIS))}

    def FindFileByName(self, name: str) -> Any:  # noqa: N802
        return self._sets[set_of_file(name)].files[name]

    def FindFileContainingSymbol(self, symbol: str) -> Any:  # noqa: N802
        owner = next((api.package for api in APIS if symbol.startswith(f"{api.package}.")), COMMON)
        owners = self._sets[owner].owners
        while symbol not in owners:
            symbol, dot, _ = symbol.rpartition(".")
            if not dot:
                raise KeyError(symbol)
        return owners[symbol]

    def service_files(self, package: str) -> tuple[str, ...]:
        """The files of an API that define services."""
        return tuple(file.name for file in self._sets[package].files.values() if file.service)
