"""The mistakes students make with roles in lab 02, as code."""

from __future__ import annotations

from labkit.checking.exercise import WrongAnswer
from labkit.labs.permissions.policy_code import PROJECT, bind, bind_on_bucket, unbind, unbind_on_bucket

_ACCOUNT_USER = "roles/iam.serviceAccountUser"
_IMPERSONATOR = "roles/iam.serviceAccountTokenCreator"
_PIPELINE = 'f"serviceAccount:{pipeline.email}"'
_GUARD = 'f"serviceAccount:{guard.email}"'
_LEGACY = 'f"serviceAccount:{legacy.email}"'

ACT_AS = (
    WrongAnswer(
        "on_the_project",
        code=bind("projects", PROJECT, _ACCOUNT_USER, _PIPELINE, into="act_as_policy"),
        message="act as every account there",
        undo=unbind("projects", PROJECT, _ACCOUNT_USER, _PIPELINE),
    ),
    WrongAnswer(
        "makes_tokens",
        code=bind("iam", "trainer.name", _IMPERSONATOR, _PIPELINE, into="act_as_policy"),
        message=f"It holds {_IMPERSONATOR}",
        undo=unbind("iam", "trainer.name", _IMPERSONATOR, _PIPELINE),
    ),
    WrongAnswer(
        "on_itself",
        code=bind("iam", "pipeline.name", _ACCOUNT_USER, _PIPELINE, into="act_as_policy"),
        message="It holds no role",
        undo=unbind("iam", "pipeline.name", _ACCOUNT_USER, _PIPELINE),
    ),
)


def _role(role_id: str, permissions: str) -> str:
    return f"""
guard_role = iam.create_role(
    request={{
        "parent": f"projects/{{PROJECT}}",
        "role_id": "{role_id}",
        "role": {{"title": "{role_id}", "included_permissions": {permissions}, "stage": "GA"}},
    }}
)
"""


CUSTOM_ROLE = (
    WrongAnswer(
        "googles",
        code='guard_role = iam.get_role(request={"name": "roles/aiplatform.user"})',
        message="roles/aiplatform.user is Google's",
    ),
    WrongAnswer(
        "too_much",
        code=_role("lab02Wide", '[*GUARD_NEEDS, "aiplatform.customJobs.create"]'),
        message="The role has aiplatform.customJobs.create too",
    ),
    WrongAnswer("too_little", code=_role("lab02Narrow", "GUARD_NEEDS[:2]"), message="The role lacks"),
    WrongAnswer("not_bound", code=_role("lab02Unbound", "GUARD_NEEDS"), message="is right, but"),
)

_DELETE_KEYS = """
keys = iam.list_service_account_keys(
    name=legacy.name, key_types=[iam_admin_v1.ListServiceAccountKeysRequest.KeyType.USER_MANAGED]
)
for key in keys.keys:
    iam.delete_service_account_key(name=key.name)
audited = True
"""
_MAKE_KEY = "iam.create_service_account_key(name=legacy.name)\n"
_NO_EDITOR = unbind("projects", PROJECT, "roles/editor", _LEGACY)
_EDITOR_AGAIN = bind("projects", PROJECT, "roles/editor", _LEGACY)
_READ_DATA = bind_on_bucket("data", "roles/storage.objectViewer", _LEGACY)
_DATA_AGAIN = unbind_on_bucket("data", "roles/storage.objectViewer", _LEGACY)

AUDIT = (
    WrongAnswer(
        "viewer_instead",
        code=_NO_EDITOR + bind("projects", PROJECT, "roles/viewer", _LEGACY) + _DELETE_KEYS,
        message="has roles/viewer on the project",
        undo=unbind("projects", PROJECT, "roles/viewer", _LEGACY) + _EDITOR_AGAIN + _MAKE_KEY,
    ),
    WrongAnswer(
        "role_added_editor_left",
        code=_READ_DATA + _DELETE_KEYS,
        message="has roles/editor on the project",
        undo=_DATA_AGAIN + _MAKE_KEY,
    ),
    WrongAnswer(
        "nothing_instead",
        code=_NO_EDITOR + _DELETE_KEYS,
        message="may not read",
        undo=_EDITOR_AGAIN + _MAKE_KEY,
    ),
    WrongAnswer(
        "key_left",
        code=f"{_NO_EDITOR}{_READ_DATA}audited = True",
        message="still has a key",
        undo=_EDITOR_AGAIN + _DATA_AGAIN,
    ),
    WrongAnswer(
        "account_disabled",
        code=f"{_NO_EDITOR}{_READ_DATA}{_DELETE_KEYS}iam.disable_service_account(request={{'name': legacy.name}})",
        message="is disabled or gone",
        undo=f"iam.enable_service_account(request={{'name': legacy.name}})\n{_EDITOR_AGAIN}{_DATA_AGAIN}{_MAKE_KEY}",
    ),
)
