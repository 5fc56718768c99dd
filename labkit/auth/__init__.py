"""Who you are on a cloud: found out, explained, and changed.

auth.whoami(cloud)                     # which identity, from where, what is missing, the command that mends it
auth.act_as(cloud, "student")          # this process is the student from now on
auth.credentials(cloud, "teacher")     # for one client: storage.Client(credentials=...)
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from labkit.auth import identity
from labkit.auth.look import look
from labkit.auth.whoami import Whoami, describe
from labkit.cloud import Cloud

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

__all__ = ["Whoami", "act_as", "credentials", "whoami"]


def whoami(cloud: Cloud) -> Whoami:
    """Who this process is. Reads files, and asks for a token; changes nothing."""
    return describe(look(cloud, os.environ))


def act_as(cloud: Cloud, who: str) -> Whoami:
    """Make this process "student", "teacher", "machine" (which it is at first), or a service account by its address.

    It holds for Google's clients made from now on, and for gcloud and gsutil started from here. Raises CloudError.
    """
    identity.become(cloud, identity.variables(cloud, who, os.environ))
    return whoami(cloud)


def credentials(cloud: Cloud, who: str) -> Credentials:
    """The credentials of somebody else for one client: this process stays who it is. Raises CloudError."""
    return identity.credentials(cloud, who, os.environ)
