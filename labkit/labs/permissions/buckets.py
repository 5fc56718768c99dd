"""Lab 02, the smallest binding on a bucket: to read one, to add to one, and to read a part of one for a while."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from labkit.checking.answers import Answers
from labkit.checking.exercise import exercise
from labkit.checking.verdict import Failed, Passed, Verdict
from labkit.labs import grants
from labkit.labs.permissions import buckets_mistakes as mistakes
from labkit.labs.permissions import probes
from labkit.labs.permissions.identity import account_email
from labkit.labs.permissions.needs import Need

if TYPE_CHECKING:
    from labkit.cloud import Cloud

# The notebook puts these into its three buckets.
DATA_FILE = "digits.csv"
REPORT = "reports/summary.txt"
MODEL = "models/model.txt"
PRIVATE_FILE = "salaries.csv"

VIEWER = "roles/storage.objectViewer"
CREATOR = "roles/storage.objectCreator"

_FREE_NAME = "lab02-probe.txt"
_END = re.compile(r"""request\.time\s*<=?\s*timestamp\(\s*["'](?P<end>[^"']+)["']""")


@exercise(
    "read",
    points=3,
    hints=[
        "Which resource? Not the project: what is granted there counts for every bucket in it, the private one too.",
        "Which permissions? The 403 named one, `storage.objects.get`; to list needs `storage.objects.list`. "
        "A role with these two and nothing that writes ends in `Viewer`.",
        f"`{VIEWER}`, in the policy of the bucket `data`, for the member `serviceAccount:` and the trainer's address.",
    ],
    wrong=mistakes.READ,
)
def read(answers: Answers, cloud: Cloud) -> Verdict:
    """The trainer reads one bucket; it writes nothing, and sees no other."""
    trainer, data, private = account_email(answers, "trainer"), answers.text("data"), answers.text("private")
    answers.given("data_policy")
    on_data = grants.on_bucket(cloud, data)
    if public := [grant for grant in on_data if grant.member in grants.EVERYBODY]:
        return Failed(
            f"{public[0].member} has {public[0]}: everybody on the internet may use it.",
            "the trainer alone",
            f"Take {public[0].member} out of the bucket's policy, now. Then bind the role to the trainer.",
        )
    need = Need(
        trainer,
        allowed=(probes.reads(data, DATA_FILE), probes.lists(data)),
        forbidden=(
            probes.creates(data, _FREE_NAME),
            probes.deletes(data, DATA_FILE),
            probes.reads(private, PRIVATE_FILE),
            probes.LISTS_BUCKETS,
        ),
        held=grants.to(trainer, [*on_data, *grants.on_bucket(cloud, private), *grants.on_project(cloud)]),
        role=VIEWER,
        place=f"the bucket {data}",
    )
    return need.unmet(probes.acting_as(cloud, trainer)) or Passed(
        f"{grants.short(trainer)} reads and lists {data}. "
        f"To write or delete there, to read {private}, to list the buckets: 403."
    )


@exercise(
    "write",
    points=3,
    hints=[
        "A job that adds its results need not read the others', and must not be able to destroy them.",
        "Overwriting an object needs `storage.objects.delete`, so a role without it can add and nothing else.",
        f"`{CREATOR}`, in the policy of the bucket `results`.",
    ],
    wrong=mistakes.WRITE,
)
def write(answers: Answers, cloud: Cloud) -> Verdict:
    """The trainer adds to a second bucket; it cannot read, overwrite or delete there."""
    trainer, data, results = account_email(answers, "trainer"), answers.text("data"), answers.text("results")
    answers.given("results_policy")
    need = Need(
        trainer,
        allowed=(probes.creates(results, _FREE_NAME),),
        forbidden=(
            probes.reads(results, REPORT),
            probes.lists(results),
            probes.deletes(results, REPORT),
            probes.creates(data, _FREE_NAME),
        ),
        held=grants.to(trainer, [*grants.on_bucket(cloud, results), *grants.on_project(cloud)]),
        role=CREATOR,
        place=f"the bucket {results}",
    )
    return need.unmet(probes.acting_as(cloud, trainer)) or Passed(
        f"{grants.short(trainer)} adds objects to {results}. It cannot read, list, overwrite or delete what is there."
    )


@exercise(
    "condition",
    points=3,
    hints=[
        "Two things limit the role: which objects, by `resource.name`, and until when, by `request.time`. "
        "Join them with `&&`.",
        "To IAM an object's name is the whole path: `projects/_/buckets/BUCKET/objects/reports/summary.txt`.",
        'The expression: `resource.name.startsWith("projects/_/buckets/BUCKET/objects/reports/") && '
        'request.time < timestamp("2027-01-31T00:00:00Z")`, with your bucket and a time next week.',
        "A policy with a condition must say `policy.version = 3` before it is written back.",
    ],
    wrong=mistakes.CONDITION,
)
def condition(answers: Answers, cloud: Cloud) -> Verdict:
    """The reviewer reads the reports, no other results, and not for ever."""
    reviewer, results = account_email(answers, "reviewer"), answers.text("results")
    answers.given("review_policy")
    on_results = grants.to(reviewer, grants.on_bucket(cloud, results))
    need = Need(
        reviewer,
        allowed=(probes.reads(results, REPORT),),
        forbidden=(probes.reads(results, MODEL), probes.deletes(results, REPORT), probes.LISTS_BUCKETS),
        held=(*on_results, *grants.to(reviewer, grants.on_project(cloud))),
        role=VIEWER,
        place=f"the bucket {results}",
    )
    if verdict := need.unmet(probes.acting_as(cloud, reviewer)):
        return verdict
    name = grants.short(reviewer)
    ends = [match["end"] for grant in on_results if (match := _END.search(grant.condition))]
    if len(ends) < len(on_results):
        return Failed(
            f"{name} may read the reports and no more, but the binding has no end: {grants.listed(on_results)}.",
            "a binding that ends by itself",
            'Add `&& request.time < timestamp("…")` to the expression.',
            earned=2,
        )
    return Passed(f"{name} reads reports/ until {', '.join(ends)}. Other objects of the same bucket: 403.")
