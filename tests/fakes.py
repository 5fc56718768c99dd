"""What tests put in place of time, and of IAM."""

from datetime import datetime, timedelta, timezone

from labkit.localcloud.core.access import Resource
from labkit.localcloud.core.constraints import AllowedValues
from labkit.localcloud.core.identity import Principal
from labkit.localcloud.errors import ApiError, Code


class FakeClock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.time = datetime(2026, 9, 1, tzinfo=timezone.utc)

    def now(self) -> datetime:
        return self.time

    def advance(self, **duration: float) -> None:
        self.time += timedelta(**duration)


class GrantedAccess:
    """Permits what it was given: `(permission, resource name)`; all of one project where that is all a test needs."""

    def __init__(self, project="student", only=None):
        self.project = project
        self.only = only
        self.asked = []

    def locate(self, service, name):
        return Resource(service, name, project=self.project)

    def permits(self, principal, permission, resource):
        self.asked.append((principal.member, permission, resource.full_name))
        return self.only is None or (permission, resource.name) in self.only

    def is_any_of(self, principal, members):
        return principal.member in members

    def require(self, principal, permission, resource):
        if not self.permits(principal, permission, resource):
            raise ApiError.denied(permission, resource.name, resource.service)


class OpenAccess:
    """Gives everyone some permissions, on everything."""

    def __init__(self, permissions):
        self.permissions = set(permissions)

    def permits(self, principal, permission, resource):
        return permission in self.permissions

    def is_any_of(self, principal, members):
        return False


class EnabledServices:
    """Has every API on, except for those it was told."""

    def __init__(self, *disabled):
        self.disabled = disabled

    def require_enabled(self, project, service):
        if service in self.disabled:
            raise ApiError.precondition(f"{service} is off in {project}")


class OneCaller:
    """Takes every request for that of one principal."""

    def __init__(self, principal):
        self.principal = principal

    def authenticate(self, authorization, service):
        return self.principal


class NamedCallers:
    """Takes a bearer token for the e-mail address of whoever sends it."""

    def authenticate(self, authorization, service):
        email = authorization.removeprefix("Bearer ")
        if "@" not in email:
            raise ApiError(Code.UNAUTHENTICATED, "Request had invalid authentication credentials.")
        return Principal(email)


class OrganizationRules:
    """Enforces the constraints, and allows the values, that a test puts in."""

    def __init__(self):
        self.enforced = set()
        self.allowed = {}

    def enforces(self, project, constraint):
        return constraint in self.enforced

    def allowed_values(self, project, constraint):
        return AllowedValues(self.allowed.get(constraint))


class KnownAccounts:
    """Knows the service accounts it was told, by address and by number."""

    def __init__(self):
        self.by_number = {}

    def add(self, email, unique_id):
        self.by_number[unique_id] = email

    def exists(self, email):
        return email in self.by_number.values()

    def email_of(self, unique_id):
        return self.by_number.get(unique_id, "")
