"""On whose behalf an object is written, and who may do what with it then."""

from __future__ import annotations

from dataclasses import dataclass

from labkit.localcloud.core.identity import Principal
from labkit.localcloud.services.storage import acls, denials
from labkit.localcloud.services.storage.acls import Acl


@dataclass(frozen=True)
class Authorship:
    """`owner` is an e-mail address, empty where the cloud itself writes.

    Without an `acl` of its own an object has the bucket's default one. Whoever may not delete may not replace.
    """

    owner: str = ""
    acl: Acl | None = None
    may_replace: bool = True

    def acl_of_object(self, default: Acl) -> Acl:
        """The list of a new object in a bucket with this default one."""
        return acls.with_owner(default if self.acl is None else self.acl, self.owner)

    def check_replacement(self) -> None:
        """Before an object takes the place of another. Raises PERMISSION_DENIED, UNAUTHENTICATED for nobody known."""
        if not self.may_replace:
            raise denials.denied(Principal(self.owner), "storage.objects.delete", denials.OBJECT)


THE_CLOUD = Authorship()
