"""Google's REST APIs by hand: a few calls are not worth seven client libraries, and google-auth comes with each."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from labkit.errors import CloudError
from labkit.project.needs import Grant

if TYPE_CHECKING:
    from google.auth.transport.requests import AuthorizedSession

_TIMEOUT_SECONDS = 60
_POLL_SECONDS = 1.0
_LONGEST_OPERATION = 300.0
_ATTEMPTS = 5

# The policy version that knows conditions: without it those of others would be lost.
_POLICY_VERSION = 3


class ProjectError(CloudError):
    """The cloud refused a call of a set-up; `status` is Google's canonical code: "PERMISSION_DENIED"."""

    def __init__(self, message: str, status: str) -> None:
        super().__init__(message)
        self.status = status


class GoogleRest:
    """JSON calls as the session's caller. Each raises ProjectError with Google's own words."""

    def __init__(self, session: AuthorizedSession) -> None:
        self._session = session

    def get(self, url: str, **query: Any) -> dict[str, Any]:
        return self._call("GET", url, params=query)

    def post(self, url: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return self._call("POST", url, json=body)

    def put(self, url: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return self._call("PUT", url, json=body)

    def pages(self, url: str, items: str, **query: Any) -> Iterator[dict[str, Any]]:
        """What lies under `items` in every page of a list."""
        token = ""
        while True:
            page = self.get(url, **query, **({"pageToken": token} if token else {}))
            yield from page.get(items, ())
            token = page.get("nextPageToken", "")
            if not token:
                return

    def wait(self, root: str, operation: Mapping[str, Any]) -> None:
        """Until a long-running operation is done. Raises ProjectError where it failed, or takes five minutes."""
        deadline = time.monotonic() + _LONGEST_OPERATION
        while not operation.get("done"):
            if time.monotonic() > deadline:
                raise ProjectError(f"{operation['name']} is not done after five minutes. Try again later.", "")
            time.sleep(_POLL_SECONDS)
            operation = self.get(f"{root}/{operation['name']}")
        if "error" in operation:
            raise ProjectError(operation["error"].get("message", str(operation["error"])), "")

    def change_policy(self, resource: str, grant: Grant) -> None:
        """Adds a binding without a condition; again where another changed the policy in between."""
        for attempt in range(_ATTEMPTS):
            policy = self.post(f"{resource}:getIamPolicy", {"options": {"requestedPolicyVersion": _POLICY_VERSION}})
            policy.setdefault("bindings", []).append({"role": grant.role, "members": [grant.member]})
            policy["version"] = _POLICY_VERSION
            try:
                self.post(f"{resource}:setIamPolicy", {"policy": policy})
                return
            except ProjectError as error:
                if error.status != "ABORTED" or attempt == _ATTEMPTS - 1:
                    raise

    def _call(self, verb: str, url: str, **arguments: Any) -> dict[str, Any]:
        from google.auth.exceptions import GoogleAuthError
        from requests import RequestException

        try:
            response = self._session.request(verb, url, timeout=_TIMEOUT_SECONDS, **arguments)
        except (RequestException, GoogleAuthError) as error:
            raise ProjectError(f"{verb} {url} got no answer: {error}", "") from error
        reply = _json(response)
        if response.ok:
            return reply
        refusal = reply.get("error")
        if not isinstance(refusal, dict):
            raise ProjectError(f"{verb} {url} answered {response.status_code}: {response.text[:200]}", "")
        raise ProjectError(str(refusal.get("message", "")), str(refusal.get("status", "")))


def _json(response: Any) -> dict[str, Any]:
    try:
        reply = response.json()
    except ValueError:
        return {}
    return reply if isinstance(reply, dict) else {}
