"""Who one is on a cloud, what is missing, and the one command that mends it: decided from facts, shown as text."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass

from labkit.auth.adc import VARIABLE, Kind
from labkit.settings import GOOGLE, LOCAL

_CLOUDS = {LOCAL: "the local cloud", GOOGLE: "Google Cloud"}
_LOGIN = "gcloud auth application-default login"


@dataclass(frozen=True)
class Facts:
    """What was found on this machine; empty where there is nothing.

    `origin` says where the credentials come from: the variable, a file, or the metadata server. `refusal` is why they
    give no token. `lab_project` is the project that the lab uses, `project` the one that these credentials lead to.
    """

    cloud: str
    lab_project: str
    kind: Kind = Kind.NOBODY
    account: str = ""
    via: str = ""
    origin: str = ""
    project: str = ""
    quota_project: str = ""
    has_gcloud: bool = False
    gcloud_account: str = ""
    refusal: str = ""


@dataclass(frozen=True)
class Problem:
    """What is missing, and the command that mends it."""

    what: str
    command: str


@dataclass(frozen=True)
class Whoami:
    """`problem` is the first thing to mend, None where all is well."""

    facts: Facts
    problem: Problem | None

    def __str__(self) -> str:
        lines = [self._headline(), *(f"  {name:<9}{value}" for name, value in self._rows())]
        if self.problem:
            lines += [f"Missing: {self.problem.what}", f"  Run: {self.problem.command}"]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><th>{name}</th><td>{html.escape(value)}</td></tr>" for name, value in self._rows())
        text = f"<p>{html.escape(self._headline())}</p><table>{rows}</table>"
        if self.problem:
            what, command = html.escape(self.problem.what), html.escape(self.problem.command)
            text += f"<p>Missing: {what}<br>Run: <code>{command}</code></p>"
        return text

    def _headline(self) -> str:
        facts = self.facts
        where = _CLOUDS[facts.cloud]
        if facts.kind is Kind.NOBODY:
            return f"You are nobody on {where}."
        return f"You are {facts.account or 'somebody'} on {where}: {facts.kind.value}."

    def _rows(self) -> Iterator[tuple[str, str]]:
        facts = self.facts
        if facts.origin:
            yield "from", facts.origin
        if facts.via:
            yield "through", f"{facts.via}, who may impersonate it"
        yield "project", facts.lab_project or facts.project or "none"
        if facts.quota_project:
            yield "quota", facts.quota_project
        if facts.has_gcloud:
            agrees = facts.gcloud_account == facts.account or not facts.account
            yield "gcloud", f"{facts.gcloud_account or 'nobody'}{'' if agrees else ', which is somebody else'}"


def describe(facts: Facts) -> Whoami:
    """The facts, with the first problem among them."""
    return Whoami(facts, next(_problems(facts), None))


def _problems(facts: Facts) -> Iterator[Problem]:
    """The most pressing first: what comes later cannot be seen before what comes earlier is mended."""
    if facts.kind is Kind.NOBODY:
        yield _nobody(facts)
        return
    if facts.refusal:
        yield _refused(facts)
    project = facts.lab_project or facts.project
    if not project:
        yield Problem("No project is chosen.", "gcloud config set project YOUR_PROJECT_ID")
    if facts.cloud == GOOGLE and facts.kind is Kind.USER and not facts.quota_project:
        yield Problem(
            "These credentials name no quota project, and some APIs refuse users without one.",
            f"gcloud auth application-default set-quota-project {project or 'YOUR_PROJECT_ID'}",
        )
    if facts.has_gcloud and facts.account and facts.gcloud_account != facts.account:
        yield _disagreement(facts)


def _nobody(facts: Facts) -> Problem:
    if facts.origin.startswith(VARIABLE):
        return Problem(facts.refusal, f"unset {VARIABLE}")
    return Problem("There are no credentials on this machine.", _LOGIN)


def _refused(facts: Facts) -> Problem:
    what = f"The credentials give no token: {facts.refusal}"
    if facts.kind is Kind.IMPERSONATED:
        member = f"{'serviceAccount' if facts.via.endswith('.gserviceaccount.com') else 'user'}:{facts.via}"
        return Problem(
            what,
            f"gcloud iam service-accounts add-iam-policy-binding {facts.account} --member={member} "
            "--role=roles/iam.serviceAccountTokenCreator",
        )
    if facts.kind is Kind.USER and facts.cloud == GOOGLE:
        return Problem(what, _LOGIN)
    # A key or a machine's account that is disabled or gone.
    return Problem(what, f"gcloud iam service-accounts describe {facts.account}")


def _disagreement(facts: Facts) -> Problem:
    what = (
        f"gcloud is {facts.gcloud_account or 'nobody'} and Google's clients are {facts.account}: one may be refused "
        "what the other may do."
    )
    if facts.cloud == LOCAL:
        return Problem(what, f"gcloud config set account {facts.account}")
    return Problem(what, f"gcloud auth login {facts.account}" if facts.kind is Kind.USER else _LOGIN)
