"""A Google Cloud of one project and one billing account, behind the session that `labkit.project` calls it with."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests

STORAGE = "storage.googleapis.com"
ACCOUNT = "billingAccounts/0A0A0A-0B0B0B-0C0C0C"


class KilledError(Exception):
    """The process ends here."""


@dataclass
class Answer:
    status_code: int
    body: object
    text: str = "text"

    @property
    def ok(self):
        return self.status_code < 400

    def json(self):
        if isinstance(self.body, str):
            raise requests.JSONDecodeError("no JSON", self.body, 0)
        return self.body


@dataclass
class Google:
    """One project and its account, behind `request`; `calls` are the changes, `dies_at` counts them."""

    services: set = field(default_factory=lambda: {STORAGE})
    account: str = ""
    budgets: list = field(default_factory=list)
    bindings: list = field(default_factory=list)
    races: int = 0
    calls: list = field(default_factory=list)
    dies_at: int = 0
    refusals: dict = field(default_factory=dict)

    def request(self, verb, url, timeout, params=None, json=None):
        parts = urlsplit(url)
        call = f"{verb} {parts.path}"
        if call in self.refusals:
            return self.refusals[call]
        path = parts.path.rpartition("/")[2]
        if verb == "PUT" or path in {"services:batchEnable"} or (verb, path) == ("POST", "budgets") or "setIam" in path:
            return Answer(200, self.change(path, json)) if not self._raced(path) else Answer(409, refusal("ABORTED"))
        return Answer(200, self.read(path, params or {}, json))

    def _raced(self, path):
        self.races -= "setIam" in path
        return "setIam" in path and self.races >= 0

    def change(self, path, body):
        if path == "billingInfo":
            self.account = body["billingAccountName"]
        elif path == "services:batchEnable":
            self.services |= set(body["serviceIds"])
        elif path == "budgets":
            self.budgets.append(body)
        else:
            self.bindings = body["policy"]["bindings"]
        self.calls.append(path)
        if len(self.calls) == self.dies_at:  # The change is made, and its answer never arrives.
            raise KilledError
        return {"name": "operations/1"} if path == "services:batchEnable" else {}

    def read(self, path, params, body):
        names = [{"name": f"projects/1/services/{name}", "state": "ENABLED"} for name in sorted(self.services)]
        if path == "services:batchGet":
            asked = [name.rpartition("/")[2] for name in params["names"]]
            return {
                "services": [
                    {"name": name, "state": "ENABLED" if name in self.services else "DISABLED"} for name in asked
                ]
            }
        if path == "services":  # Two pages.
            return {"services": names[1:]} if params.get("pageToken") else {"services": names[:1], "nextPageToken": "2"}
        return {
            "lab-one": {"name": "projects/123456789012", "projectId": "lab-one"},
            "billingInfo": {"billingAccountName": self.account, "billingEnabled": bool(self.account)},
            "billingAccounts": {"billingAccounts": [{"name": ACCOUNT, "open": True}, {"name": "closed"}]},
            "budgets": {"budgets": self.budgets},
            "lab-one:getIamPolicy": {"bindings": [*self.bindings], "etag": "x"},
            "1": {"name": "operations/1", "done": True},
        }.get(path) or {"permissions": body["permissions"]}


class OnGoogle:
    """What `project` takes of a Cloud."""

    bills = True
    project = "lab-one"

    def __init__(self, google):
        self.google = google

    def session(self):
        return self.google


def refusal(status, message="no"):
    return {"error": {"status": status, "message": message}}
