"""Lab 03, "Buckets": objects and their generations, what a bucket does by itself, and who gets in.

The text is `solutions/03_buckets.py`. Every check reads what the cloud holds now, and changes nothing.
"""

from __future__ import annotations

from labkit.checking.exercise import LabDefinition
from labkit.labs.buckets.history import cost, restore, undelete, versions
from labkit.labs.buckets.objects import claim, listing, read, upload
from labkit.labs.buckets.settings import bucket, lifecycle
from labkit.labs.buckets.sharing import share

LAB = LabDefinition(
    id="03_buckets",
    title="Buckets",
    exercises=(bucket, versions, upload, claim, listing, read, restore, undelete, lifecycle, share, cost),
    bills=(
        "a bucket with less than 1 MB: less than a cent a month",
        "some 300 requests: less than a cent",
    ),
    services=("iam.googleapis.com", "iamcredentials.googleapis.com", "storage.googleapis.com"),
)
