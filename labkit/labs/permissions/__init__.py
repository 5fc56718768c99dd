"""Lab 02, "Permissions, permissions, permissions": who may do what, on what; granted as little as will do, and checked.

The text is `solutions/02_permissions.py`. Checks read the policies, and make calls as the accounts that the student has
set up: some must pass, and some must be refused.
"""

from __future__ import annotations

from labkit.checking.exercise import LabDefinition
from labkit.labs.permissions.buckets import condition, read, write
from labkit.labs.permissions.identity import account, impersonate, sign_in, whoami
from labkit.labs.permissions.refusals import diagnose, mend
from labkit.labs.permissions.roles import act_as, audit, custom_role

LAB = LabDefinition(
    id="02_permissions",
    title="Permissions, permissions, permissions",
    exercises=(
        whoami,
        sign_in,
        account,
        impersonate,
        read,
        write,
        condition,
        act_as,
        custom_role,
        diagnose,
        mend,
        audit,
    ),
    bills=("three buckets with less than 1 kB: less than a cent. Accounts, roles and policies cost nothing",),
    services=(
        "aiplatform.googleapis.com",
        "cloudresourcemanager.googleapis.com",
        "iam.googleapis.com",
        "iamcredentials.googleapis.com",
        "storage.googleapis.com",
    ),
)
