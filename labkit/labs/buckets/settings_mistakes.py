"""The mistakes students make with a bucket's own settings in lab 03, as code."""

from __future__ import annotations

from textwrap import dedent

from labkit.checking.exercise import WrongAnswer

_DELETE = "bucket.delete()"


def _bucket(
    name: str, message: str, *, location: str = "REGION", without: str = "", undo: str = _DELETE
) -> WrongAnswer:
    """The answer, elsewhere, or without one of its lines."""
    lines = (
        "bucket = client.bucket(BUCKET)",
        "bucket.iam_configuration.uniform_bucket_level_access_enabled = True",
        'bucket.iam_configuration.public_access_prevention = "enforced"',
        'bucket.labels = {"course": "mlops", "lab": "buckets"}',
        f"bucket = client.create_bucket(bucket, location={location})",
    )
    kept = (line for line in lines if not without or without not in line)
    return WrongAnswer(name, code="\n".join(kept), message=message, undo=undo)


BUCKET = (
    _bucket("other_region", "is in EUROPE-WEST4", location='"europe-west4"'),
    _bucket("access_lists", "may carry an access list of its own", without="uniform"),
    _bucket("may_become_public", "would open it to everybody", without="prevention"),
    _bucket("no_labels", "no labels", without="labels"),
    _bucket("never_created", "There is no bucket", without="create_bucket", undo=""),
)

_OLD = "bucket.add_lifecycle_delete_rule(number_of_newer_versions=4)"
_TEMPORARY = 'bucket.add_lifecycle_delete_rule(age=7, matches_prefix=["tmp/"])'
_RAW = 'bucket.add_lifecycle_set_storage_class_rule("ARCHIVE", age=90, matches_prefix=["raw/"])'


def _rules(name: str, message: str, *rules: str, send: str = "bucket.patch()") -> WrongAnswer:
    code = "\n".join(["bucket.clear_lifecycle_rules()", *rules, send, "rules = list(bucket.lifecycle_rules)"])
    return WrongAnswer(name, code=dedent(code), message=message, undo="bucket.clear_lifecycle_rules()\nbucket.patch()")


LIFECYCLE = (
    _rules("never_sent", "has no lifecycle rules", _OLD, _TEMPORARY, _RAW, send=""),
    _rules(
        "one_too_few",
        "The third newest of the old generations",
        "bucket.add_lifecycle_delete_rule(number_of_newer_versions=3)",
        _TEMPORARY,
        _RAW,
    ),
    _rules("no_limit_to_old_ones", "The fourth newest of the old generations", _TEMPORARY, _RAW),
    _rules("everywhere", "models/wine.txt, 400 days old", _OLD, "bucket.add_lifecycle_delete_rule(age=7)", _RAW),
    _rules(
        "live_only",
        "which is billed for ever",
        _OLD,
        'bucket.add_lifecycle_delete_rule(age=7, matches_prefix=["tmp/"], is_live=True)',
        _RAW,
    ),
    _rules(
        "deleted_instead",
        "raw/wine.csv, 91 days old: it is deleted",
        _OLD,
        _TEMPORARY,
        'bucket.add_lifecycle_delete_rule(age=90, matches_prefix=["raw/"])',
    ),
    _rules(
        "too_warm",
        "it moves to the class NEARLINE",
        _OLD,
        _TEMPORARY,
        'bucket.add_lifecycle_set_storage_class_rule("NEARLINE", age=90, matches_prefix=["raw/"])',
    ),
)
