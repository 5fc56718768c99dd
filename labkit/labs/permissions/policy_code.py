"""Lines of a student's code that change a policy, for the wrong answers of lab 02 and for undoing them.

A resource, a member and a condition are Python expressions, as they would stand in the notebook.
"""

from __future__ import annotations

PROJECT = 'f"projects/{PROJECT}"'


def bind(client: str, resource: str, role: str, member: str, *, into: str = "policy") -> str:
    """Binds a role in the policy of what `client` ("projects" or "iam") looks after; `into` keeps the new policy."""
    return f"""
policy = {client}.get_iam_policy(request={{"resource": {resource}}})
policy.bindings.add(role="{role}", members=[{member}])
{into} = {client}.set_iam_policy(request={{"resource": {resource}, "policy": policy}})
"""


def unbind(client: str, resource: str, role: str, member: str) -> str:
    """Takes the member out of the role again."""
    return f"""
policy = {client}.get_iam_policy(request={{"resource": {resource}}})
for binding in list(policy.bindings):
    if binding.role == "{role}" and {member} in binding.members:
        binding.members.remove({member})
        if not binding.members:
            policy.bindings.remove(binding)
{client}.set_iam_policy(request={{"resource": {resource}, "policy": policy}})
"""


def bind_on_bucket(bucket: str, role: str, member: str, *, into: str = "policy", condition: str = "") -> str:
    """Binds a role in a bucket's policy, under a condition where there is one."""
    binding = f'"role": "{role}", "members": {{{member}}}'
    if condition:
        binding += f', "condition": {{"title": "lab02", "expression": {condition}}}'
    return f"""
policy = {bucket}.get_iam_policy(requested_policy_version=3)
policy.version = 3
policy.bindings.append({{{binding}}})
{into} = {bucket}.set_iam_policy(policy)
"""


def unbind_on_bucket(bucket: str, role: str, member: str) -> str:
    """Takes the member out of the role on the bucket again."""
    return f"""
policy = {bucket}.get_iam_policy(requested_policy_version=3)
policy.version = 3
for binding in list(policy.bindings):
    if binding["role"] == "{role}" and {member} in binding["members"]:
        binding["members"].discard({member})
        if not binding["members"]:
            policy.bindings.remove(binding)
{bucket}.set_iam_policy(policy)
"""
