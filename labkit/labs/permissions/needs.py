"""What an account needs, graded both ways: the calls it must be able to make pass, and others are refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labkit.checking.verdict import Blocked, Failed, Verdict
from labkit.labs import grants
from labkit.labs.grants import Grant
from labkit.labs.permissions import probes
from labkit.labs.permissions.probes import Probe

if TYPE_CHECKING:
    from labkit.clients import Clients


@dataclass(frozen=True)
class Need:
    """`allowed` is what the account must be able to do; of `forbidden` it may do nothing.

    `held` are its grants wherever one may be, so that a verdict can name the one too many. `role` on `place` would do.
    """

    email: str
    allowed: tuple[Probe, ...]
    forbidden: tuple[Probe, ...]
    held: tuple[Grant, ...]
    role: str
    place: str

    def unmet(self, clients: Clients) -> Verdict | None:
        """What is wrong, if anything is; `clients` are the account's own."""
        return self._shortfall(clients) or self._surplus(clients)

    def _shortfall(self, clients: Clients) -> Verdict | None:
        refused = probes.denied(self.allowed, clients)
        if not refused:
            return None
        name, role = grants.short(self.email), [grant for grant in self.held if self._is_enough(grant)]
        if any(not grant.condition for grant in role):
            return Blocked(
                f"{name} has {self.role} on {self.place}, and still may not {probes.listed(refused)}.",
                "A change of a policy takes up to 7 minutes. Check again then.",
            )
        return Failed(
            f"{name} may not {probes.listed(refused)}. It holds {grants.listed(self.held)}.",
            f"an account that may {probes.listed(self.allowed)}",
            "The role is there, but its condition is not true for this call: look at the whole name, and at the time."
            if role
            else f"Find the permission that is missing, and the smallest role with it. Bind it on {self.place}.",
        )

    def _surplus(self, clients: Clients) -> Verdict | None:
        let_through = probes.allowed(self.forbidden, clients)
        if not let_through:
            return None
        too_much = [grant for grant in self.held if not self._is_enough(grant)]
        return Failed(
            f"{grants.short(self.email)} can do its work. But it may also {probes.listed(let_through)}. "
            f"It holds {grants.listed(self.held)}.",
            f"an account that may {probes.listed(self.allowed)}, and nothing else",
            f"Take away {too_much[0]}; a small role on {self.place} is enough."
            if len(too_much) == 1
            else f"See which of its roles lets it; a small one on {self.place} is enough.",
            earned=1,
        )

    def _is_enough(self, grant: Grant) -> bool:
        return (grant.role, grant.place) == (self.role, self.place)
