"""The administration of faults: what a teacher or a test sets and reads back. `Loopback` lets only them in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from labkit.localcloud.core.faults import Fault, Faults, Kind, Rule, Script, Struck
from labkit.localcloud.errors import Code

_PATH = "/labkit/faults"

_RULE_FIELDS = {"fault", "service", "method", "resource", "times", "probability", "seed"}
_FAULT_FIELDS = {"kind", "code", "http", "message", "afterBytes", "delay"}


class _BadRuleError(Exception):
    """The message says which field, and what it may be."""


class FaultScripts:
    """`POST /labkit/faults` takes `{"rules": [{"method": "storage.objects.*", "fault": {"kind": "error"}}]}`.

    `GET` gives the scripts that are set and the record of what they did; `DELETE` forgets all of them, or the one
    whose id follows.
    """

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    async def respond(self, request: Request) -> Response:
        script_id = request.scope["path"].removeprefix(_PATH).strip("/")
        match request.method, script_id:
            case "POST", "":
                return self._add(await request.body())
            case "GET", "":
                return JSONResponse(self._state())
            case "DELETE", "":
                self._faults.clear()
                return JSONResponse(self._state())
            case "DELETE", _ if self._faults.remove(script_id):
                return JSONResponse(self._state())
        return JSONResponse({"error": f"There is no {request.method} {request.scope['path']}."}, 404)

    def _add(self, body: bytes) -> Response:
        try:
            rules = _rules(body)
        except _BadRuleError as error:
            return JSONResponse({"error": str(error)}, 400)
        return JSONResponse(_script(self._faults.add(rules)))

    def _state(self) -> dict[str, Any]:
        scripts = [_script(script) for script in self._faults.scripts.values()]
        return {"scripts": scripts, "record": [_struck(line) for line in self._faults.record]}


def _script(script: Script) -> dict[str, Any]:
    return {"id": script.id, "completed": script.is_completed, "left": len(script.left)}


def _struck(line: Struck) -> dict[str, Any]:
    exchange = line.exchange
    return {
        "time": line.time.isoformat(),
        "script": line.script,
        "service": exchange.service,
        "method": exchange.method,
        "resource": exchange.resource,
        "kind": line.fault.kind.value,
    }


def _rules(body: bytes) -> list[Rule]:
    try:
        given = json.loads(body)["rules"]
        rules = [_rule(_Fields(each, "rules", frozenset(_RULE_FIELDS))) for each in given]
    except (ValueError, KeyError, TypeError) as error:
        raise _BadRuleError(f'The body is no {{"rules": [{{"fault": {{"kind": "error"}}}}]}}: {error!r}') from error
    if not rules:
        raise _BadRuleError("rules is empty: give at least one.")
    return rules


def _rule(fields: _Fields) -> Rule:
    return Rule(
        _fault(_Fields(fields.values.get("fault"), "fault", frozenset(_FAULT_FIELDS))),
        service=fields.text("service", "*"),
        method=fields.text("method", "*"),
        resource=fields.text("resource", "*"),
        times=None if fields.values.get("times", 1) is None else int(fields.number("times", 1, 1)),
        probability=fields.number("probability", 1.0, 0.0),
        seed=int(fields.number("seed", 0, 0)),
    )


def _fault(fields: _Fields) -> Fault:
    plain = Fault(Kind(fields.choice("kind", Kind.ERROR.value, [kind.value for kind in Kind])))
    return Fault(
        plain.kind,
        code=Code[fields.choice("code", plain.code.name, [code.name for code in Code])],
        http=fields.status("http"),
        message=fields.text("message", plain.message),
        after_bytes=int(fields.number("afterBytes", 0, 0)),
        delay=fields.number("delay", 0.0, 0.0),
    )


@dataclass(frozen=True)
class _Fields:
    """An object of the request, read field by field; `name` is what it is called in errors."""

    values: Any
    name: str
    known: frozenset[str]

    def __post_init__(self) -> None:
        if not isinstance(self.values, dict):
            raise _BadRuleError(f"{self.name} is {self.values!r}, which is no object.")
        unknown = sorted(self.values.keys() - self.known)
        if unknown:
            raise _BadRuleError(f"{self.name} has no field {unknown[0]!r}; there are {', '.join(sorted(self.known))}.")

    def text(self, name: str, default: str) -> str:
        value = self.values.get(name, default)
        if not isinstance(value, str):
            raise _BadRuleError(f"{self.name}.{name} is {value!r}, which is no text.")
        return value

    def choice(self, name: str, default: str, allowed: list[str]) -> str:
        value = self.text(name, default)
        if value not in allowed:
            raise _BadRuleError(f"{self.name}.{name} is {value!r}; choose from {', '.join(allowed)}.")
        return value

    def status(self, name: str) -> int:
        value = self.values.get(name, 0)
        if value != 0 and not (isinstance(value, int) and 400 <= value <= 599):
            raise _BadRuleError(f"{self.name}.{name} is {value!r}; give a status from 400 to 599, or leave it out.")
        return int(value)

    def number(self, name: str, default: float, least: float) -> float:
        value = self.values.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or value < least:
            raise _BadRuleError(f"{self.name}.{name} is {value!r}; give a number from {least:g} up.")
        return value
