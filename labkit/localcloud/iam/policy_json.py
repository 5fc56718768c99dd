"""A policy as JSON: the form of Google's REST APIs, and the one it is stored in."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from labkit.localcloud.errors import ApiError
from labkit.localcloud.iam.policy import AuditConfig, AuditLogConfig, Binding, Condition, Policy


def to_json(policy: Policy) -> dict[str, Any]:
    """With the names and the base64 etag of google.iam.v1.Policy in JSON; what is empty is left out."""
    value: dict[str, Any] = {"version": policy.version, "etag": base64.b64encode(policy.etag).decode()}
    if policy.bindings:
        value["bindings"] = [_binding_to_json(binding) for binding in policy.bindings]
    if policy.audit_configs:
        value["auditConfigs"] = [_audit_to_json(config) for config in policy.audit_configs]
    return value


def from_json(value: Mapping[str, Any]) -> Policy:
    """Raises INVALID_ARGUMENT for what is no policy; unknown names are left out, as Cloud Storage's `kind`."""
    try:
        return Policy(
            bindings=tuple(_binding(item) for item in value.get("bindings", ())),
            etag=base64.b64decode(value.get("etag", ""), validate=True),
            version=int(value.get("version", 0)),
            audit_configs=tuple(_audit_config(item) for item in value.get("auditConfigs", ())),
        )
    except (AttributeError, KeyError, TypeError, ValueError, binascii.Error) as error:
        raise ApiError.invalid(
            f"The policy is not valid: {error}. It needs `bindings`, a list of objects with `role` and `members`."
        ) from error


def _binding_to_json(binding: Binding) -> dict[str, Any]:
    value: dict[str, Any] = {"role": binding.role, "members": list(binding.members)}
    if binding.condition:
        value["condition"] = {name: text for name, text in asdict(binding.condition).items() if text}
    return value


def _audit_to_json(config: AuditConfig) -> dict[str, Any]:
    logs = []
    for log in config.audit_log_configs:
        exempted = {"exemptedMembers": list(log.exempted_members)} if log.exempted_members else {}
        logs.append({"logType": log.log_type, **exempted})
    return {"service": config.service, "auditLogConfigs": logs}


def _binding(value: Mapping[str, Any]) -> Binding:
    condition = value.get("condition")
    return Binding(
        role=_text(value["role"]),
        members=_texts(value.get("members", [])),
        condition=_condition(condition) if condition else None,
    )


def _condition(value: Mapping[str, Any]) -> Condition:
    return Condition(*(_text(value.get(name, "")) for name in ("expression", "title", "description", "location")))


def _audit_config(value: Mapping[str, Any]) -> AuditConfig:
    logs = tuple(
        AuditLogConfig(_text(log["logType"]), _texts(log.get("exemptedMembers", [])))
        for log in value.get("auditLogConfigs", ())
    )
    return AuditConfig(_text(value["service"]), logs)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a string")
    return value


def _texts(values: object) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise TypeError(f"{values!r} is not a list of strings")
    return tuple(_text(value) for value in values)
