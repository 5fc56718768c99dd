"""Whom a binding names: https://cloud.google.com/iam/docs/principal-identifiers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from labkit.localcloud.core.identity import Principal
from labkit.localcloud.errors import ApiError

ALL_USERS = "allUsers"
ALL_AUTHENTICATED_USERS = "allAuthenticatedUsers"

_EMAIL = re.compile(r"[^@\s?]+@[a-z0-9.-]+\.[a-z0-9-]+")
_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


class MemberKind(Enum):
    """The prefix before the colon; the two that stand for everyone have none."""

    USER = "user"
    SERVICE_ACCOUNT = "serviceAccount"
    GROUP = "group"
    DOMAIN = "domain"
    DELETED = "deleted"
    PRINCIPAL = "principal"
    PRINCIPAL_SET = "principalSet"
    PROJECT_OWNER = "projectOwner"
    PROJECT_EDITOR = "projectEditor"
    PROJECT_VIEWER = "projectViewer"
    ALL_USERS = ALL_USERS
    ALL_AUTHENTICATED_USERS = ALL_AUTHENTICATED_USERS


# Kinds whose value is an e-mail address, with Google's word for them in refusals.
_ADDRESSED = {MemberKind.USER: "User", MemberKind.SERVICE_ACCOUNT: "Service account", MemberKind.GROUP: "Group"}

PUBLIC = frozenset({MemberKind.ALL_USERS, MemberKind.ALL_AUTHENTICATED_USERS})
CONVENIENCES = frozenset({MemberKind.PROJECT_OWNER, MemberKind.PROJECT_EDITOR, MemberKind.PROJECT_VIEWER})

_KINDS = {kind.value: kind for kind in MemberKind}


@dataclass(frozen=True)
class Member:
    """`value` is what follows the colon: an address in lower case, a domain, a project's id."""

    kind: MemberKind
    value: str = ""

    @property
    def text(self) -> str:
        return f"{self.kind.value}:{self.value}" if self.value else self.kind.value

    @classmethod
    def parse(cls, text: str) -> Member:
        """Raises INVALID_ARGUMENT for what names nobody.

        >>> Member.parse("user:Student@Example.com").text
        'user:student@example.com'
        """
        prefix, colon, value = text.partition(":")
        kind = _KINDS.get(prefix)
        if kind in PUBLIC and not colon:
            return cls(kind)
        if not colon or not value:
            raise ApiError.invalid(f'Policy members must be of the form "<type>:<value>". {text!r} is not.')
        if kind is None or kind in PUBLIC:
            raise ApiError.invalid(
                f"The member {text} is of an unknown type. Please set a valid type prefix for the member."
            )
        return cls(kind, _checked(kind, value))


def identities(principal: Principal) -> tuple[str, ...]:
    """Every member that a caller is; conveniences and groups, which others decide, are left out."""
    if principal.is_anonymous:
        return (ALL_USERS,)
    everyone = (principal.member, ALL_AUTHENTICATED_USERS, ALL_USERS)
    # A service account belongs to no domain, whatever follows its @.
    return everyone if principal.is_service_account else (*everyone, f"domain:{principal.email.rpartition('@')[2]}")


def deleted_member(email: str, unique_id: str) -> str:
    """What a policy says of a service account once it is deleted.

    https://cloud.google.com/iam/docs/principal-identifiers#deleted-principals
    """
    return f"{MemberKind.DELETED.value}:{MemberKind.SERVICE_ACCOUNT.value}:{email}?uid={unique_id}"


def _checked(kind: MemberKind, value: str) -> str:
    if kind in _ADDRESSED:
        value = value.lower()
        if not _EMAIL.fullmatch(value):
            raise ApiError.invalid(f"{_ADDRESSED[kind]} {value} does not exist.")
    if kind is MemberKind.DOMAIN:
        value = value.lower()
        if not _DOMAIN.fullmatch(value):
            raise ApiError.invalid(f"Domain {value} does not exist.")
    return value
