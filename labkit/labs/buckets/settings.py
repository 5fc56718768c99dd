"""Lab 03, what a bucket is told once: where it is, who may ever get in, and what becomes of old objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.checking.answers import Answers
from labkit.checking.exercise import exercise
from labkit.checking.verdict import Failed, Passed, Verdict
from labkit.labs.buckets import fates
from labkit.labs.buckets import settings_mistakes as mistakes
from labkit.labs.own_bucket import own_bucket

if TYPE_CHECKING:
    from labkit.cloud import Cloud

LABELS = {"course": "mlops", "lab": "buckets"}

_ENFORCED = "enforced"


@exercise(
    "bucket",
    points=3,
    hints=[
        "`client.bucket(BUCKET)` makes only a Python object. Set its properties, then create it.",
        "Two of them are in `bucket.iam_configuration`: `uniform_bucket_level_access_enabled` and "
        "`public_access_prevention`. The third is `bucket.labels`, a dictionary.",
        '`public_access_prevention = "enforced"`, `bucket.labels = {"course": "mlops", "lab": "buckets"}`, and at last '
        "`bucket = client.create_bucket(bucket, location=REGION)`.",
    ],
    wrong=mistakes.BUCKET,
)
def bucket(answers: Answers, cloud: Cloud) -> Verdict:
    """A bucket in the lab's region that nobody can make public, and that says what it is for."""
    found = own_bucket(answers, cloud)
    return _access(found.name, found.iam_configuration) or _labels(found.name, dict(found.labels))


def _access(name: str, configuration: Any) -> Verdict | None:
    if not configuration.uniform_bucket_level_access_enabled:
        return Failed(
            f"{name} is in the right region, but each of its objects may carry an access list of its own.",
            "uniform bucket-level access: IAM alone decides",
            "Set bucket.iam_configuration.uniform_bucket_level_access_enabled = True, then bucket.patch().",
            earned=1,
        )
    if configuration.public_access_prevention != _ENFORCED:
        return Failed(
            f"In {name} IAM alone decides, and one wrong line in its policy would open it to everybody.",
            "public access prevention, enforced",
            f'Set bucket.iam_configuration.public_access_prevention = "{_ENFORCED}", then bucket.patch().',
            earned=1,
        )
    return None


def _labels(name: str, labels: dict[str, str]) -> Verdict:
    if not LABELS.items() <= labels.items():
        return Failed(
            f"{name} is private, in the right region, and has {f'the labels {labels}' if labels else 'no labels'}.",
            f"the labels {LABELS}, by which the bill can be told apart",
            "Set bucket.labels to them, then bucket.patch().",
            earned=2,
        )
    return Passed(f"{name} is in the right region, says what it is for, and nobody can make it public by mistake.")


@exercise(
    "lifecycle",
    points=4,
    hints=[
        "Three rules: two with the action *delete*, one that sets a storage class. Conditions within a rule are joined "
        "by *and*; rules by *or*. To a generation to which two rules apply, *delete* happens.",
        "`number_of_newer_versions=N` holds for a generation to which at least N newer ones exist, and **the live one "
        "counts**. So the newest of the old ones has 1 newer one, the second 2.",
        "For `tmp/` say nothing of live or not: then the rule deletes the live generation, which becomes an old one, "
        "and on the next day the old one.",
        '`number_of_newer_versions=4`; `age=7, matches_prefix=["tmp/"]`; and `"ARCHIVE", age=90, '
        'matches_prefix=["raw/"]`. Then `bucket.patch()`.',
    ],
    wrong=mistakes.LIFECYCLE,
)
def lifecycle(answers: Answers, cloud: Cloud) -> Verdict:
    """Rules that come to the three promises of the text, however they are written."""
    answers.given("rules")
    found = list(cloud.storage().get_bucket(answers.text("bucket")).lifecycle_rules)
    if not found:
        return Failed(
            "In the cloud the bucket has no lifecycle rules.",
            "rules that keep the three promises",
            "bucket.add_lifecycle_…(…) changes only the Python object; bucket.patch() sends it.",
        )
    broken = fates.broken_promises(found)
    if broken:
        first = broken[0]
        return Failed(
            f"{first.sample.what} {first.happens}.",
            f"{first.sample.expected}: {first.sample.promise.value}",
            f"{first.sample.fix} `bucket.clear_lifecycle_rules()` begins anew; `bucket.patch()` sends the rules.",
            earned=fates.kept(broken),
        )
    return Passed(
        f"{len(found)} rules keep all three promises, and touch nothing else. Google's cloud applies new rules within "
        "a day."
    )
