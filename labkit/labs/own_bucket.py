"""The bucket that a student made for a lab."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.checking.answers import Answers, Unreadable
from labkit.checking.verdict import Failed

if TYPE_CHECKING:
    from google.cloud import storage

    from labkit.cloud import Cloud


def own_bucket(answers: Answers, cloud: Cloud) -> storage.Bucket:
    """As the cloud has it. Raises Unreadable with the verdict where it is not there, or in another region."""
    name = answers.text("bucket")
    found = cloud.storage().lookup_bucket(name)
    if found is None:
        raise Unreadable(
            Failed(
                f"There is no bucket {name} in the cloud.",
                "a bucket that exists",
                "client.bucket(…) only names it; client.create_bucket(…) makes it.",
            )
        )
    if found.location.lower() != cloud.region:
        raise Unreadable(
            Failed(
                f"The bucket {name} is in {found.location}.",
                f"a bucket in {cloud.region}, beside the machines that will read it",
                "A bucket cannot be moved. Delete it, `bucket.delete()`, and create it with `location=REGION`.",
            )
        )
    return found
