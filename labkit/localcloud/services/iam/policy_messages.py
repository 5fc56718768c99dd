"""A policy between its value and google.iam.v1.Policy."""

from __future__ import annotations

from typing import Any

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.iam.policy import AuditConfig, AuditLogConfig, Binding, Condition, Policy


class PolicyMessages:
    """Makes and reads the messages of the private pool."""

    def __init__(self, registry: Registry) -> None:
        self._types = registry.package("google.iam.v1")
        self._log_type = self._types.AuditLogConfig.LogType

    def to_message(self, policy: Policy) -> Any:
        message = self._types.Policy(version=policy.version, etag=policy.etag)
        for binding in policy.bindings:
            added = message.bindings.add(role=binding.role, members=binding.members)
            if binding.condition:
                condition = binding.condition
                added.condition.expression = condition.expression
                added.condition.title = condition.title
                added.condition.description = condition.description
                added.condition.location = condition.location
        for config in policy.audit_configs:
            kept = message.audit_configs.add(service=config.service)
            for log in config.audit_log_configs:
                kept.audit_log_configs.add(
                    log_type=self._log_type.Value(log.log_type), exempted_members=log.exempted_members
                )
        return message

    def to_policy(self, message: Any) -> Policy:
        return Policy(
            bindings=tuple(_binding(binding) for binding in message.bindings),
            etag=message.etag,
            version=message.version,
            audit_configs=tuple(self._audit_config(config) for config in message.audit_configs),
        )

    def test_reply(self, permissions: list[str]) -> Any:
        return self._types.TestIamPermissionsResponse(permissions=permissions)

    def _audit_config(self, message: Any) -> AuditConfig:
        logs = tuple(
            AuditLogConfig(self._log_type.Name(log.log_type), tuple(log.exempted_members))
            for log in message.audit_log_configs
        )
        return AuditConfig(message.service, logs)


def _binding(message: Any) -> Binding:
    condition = None
    if message.HasField("condition"):
        given = message.condition
        condition = Condition(given.expression, given.title, given.description, given.location)
    return Binding(message.role, tuple(message.members), condition)
