"""The "Retry Test API" of Google's storage testbench, so that Google's own retry suites run against this cloud.

A test is made of instructions per method; its faults strike only requests that bear its id in `x-retry-test-id`.
Source: https://github.com/googleapis/storage-testbench#retry-test-api
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from labkit.localcloud.core.faults import Fault, Faults, Kind, Rule, Script
from labkit.localcloud.core.identity import Authenticator
from labkit.localcloud.core.ids import Ids
from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage.json_body import Body
from labkit.localcloud.services.storage.method_names import NAMES
from labkit.localcloud.wire.request import raw_path

_HOST = "storage.googleapis.com"
_PATH = "/retry_test"
_KIB = 1024

_ERROR = re.compile(r"return-(?P<status>[2-5]\d\d)(-after-(?P<kib>\d+)K)?")
_BROKEN_STREAM = re.compile(r"return-broken-stream(-after-(?P<kib>\d+)K)?")
_RESET = "return-reset-connection"

# What the testbench lets through of a stream that is to break at once.
_FIRST_BYTES = 4


@dataclass(frozen=True)
class _RetryTest:
    """One script for each method, since the instructions of one do not wait for those of another."""

    id: str
    instructions: Mapping[str, Sequence[str]]
    scripts: Mapping[str, Script]

    def to_json(self) -> dict[str, Any]:
        left = {method: self.instructions[method][script.position :] for method, script in self.scripts.items()}
        completed = all(script.is_completed for script in self.scripts.values())
        return {"id": self.id, "instructions": left, "completed": completed, "transport": "HTTP"}


class RetryTests:
    """Any authenticated caller may set one up: it concerns nobody but those who send its id."""

    title = "storage.googleapis.com (retry tests of Google's testbench)"
    stored: tuple[str, ...] = ()
    calls = ("POST /retry_test", "GET /retry_test/{id}", "DELETE /retry_test/{id}")

    def __init__(self, faults: Faults, authenticator: Authenticator, ids: Ids) -> None:
        self._faults = faults
        self._authenticator = authenticator
        self._ids = ids
        self._tests: dict[str, _RetryTest] = {}

    def serves(self, host: str, path: str) -> bool:
        # It hides the XML API of a bucket of that name, as it does on Google's testbench.
        return host == _HOST and (path == _PATH or path.startswith(f"{_PATH}/"))

    async def respond(self, request: Request) -> Response:
        self._authenticator.authenticate(request.headers.get("authorization", ""), _HOST)
        test_id = raw_path(request).removeprefix(_PATH).strip("/")
        if request.method == "POST" and not test_id:
            return JSONResponse(self._create(await request.body()).to_json())
        if request.method == "GET":
            return JSONResponse(self._get(test_id).to_json())
        if request.method == "DELETE":
            return self._delete(test_id)
        raise ApiError.unimplemented(f"{request.method} {raw_path(request)}")

    def refuse(self, request: Request, error: ApiError) -> Response:
        return JSONResponse({"error": {"code": error.code.http, "message": error.message}}, error.code.http)

    def _create(self, data: bytes) -> _RetryTest:
        instructions = _instructions(Body.parse(data).fields)
        test_id = self._ids.opaque()
        rules = {
            method: [Rule(_fault(word), service=_HOST, method=method, test_id=test_id) for word in words]
            for method, words in instructions.items()
        }
        test = _RetryTest(test_id, instructions, {method: self._faults.add(each) for method, each in rules.items()})
        self._tests[test_id] = test
        return test

    def _get(self, test_id: str) -> _RetryTest:
        if test_id not in self._tests:
            raise ApiError.not_found(f"Retry Test {test_id} does not exist")
        return self._tests[test_id]

    def _delete(self, test_id: str) -> Response:
        for script in self._get(test_id).scripts.values():
            self._faults.remove(script.id)
        del self._tests[test_id]
        return Response(status_code=200)


def _instructions(body: Mapping[str, Any]) -> dict[str, list[str]]:
    given = body.get("instructions")
    if not isinstance(given, dict) or not given:
        raise ApiError.invalid('A retry test needs "instructions": {"storage.objects.get": ["return-503"]}.')
    for method, words in given.items():
        if method not in NAMES:
            raise ApiError.invalid(f"Method {method} is not supported for retry tests.")
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise ApiError.invalid(f"The instructions of {method} are no list of strings: {words!r}.")
    return given


def _fault(instruction: str) -> Fault:
    """What an instruction does: "return-503-after-256K"."""
    message = f"Retry Test: Caused a {instruction.removeprefix('return-')}"
    if error := _ERROR.fullmatch(instruction):
        after = int(error["kib"] or 0) * _KIB
        return Fault(Kind.ERROR, http=int(error["status"]), message=message, after_bytes=after)
    if broken := _BROKEN_STREAM.fullmatch(instruction):
        return Fault(Kind.BROKEN_STREAM, after_bytes=int(broken["kib"] or 0) * _KIB or _FIRST_BYTES)
    if instruction == _RESET:
        return Fault(Kind.RESET)
    raise ApiError.invalid(f"The failure instruction {instruction} is not supported.")
