"""What lifecycle rules would do to a few well-chosen objects: so any set of rules that comes to the same is right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum
from typing import Any

from labkit.localcloud.core.blobs import Blob
from labkit.localcloud.services.storage import lifecycle_rules
from labkit.localcloud.services.storage.attributes import ObjectAttributes
from labkit.localcloud.services.storage.entities import StoredObject
from labkit.localcloud.services.storage.json_body import Body
from labkit.localcloud.services.storage.lifecycle import decide
from labkit.localcloud.services.storage.names import Address

# Any day will do: a rule's age is a difference. It lies after the last `createdBefore` that anybody would write.
_NOW = datetime(2100, 1, 1, tzinfo=timezone.utc)
_SIZE = 1_000_000

_KEPT = "it stays as it is"
_DELETED = "it is deleted"
_ARCHIVED = "it moves to the class ARCHIVE"


class Promise(Enum):
    """What the text asks of the rules; each is worth a point, and all three together one more."""

    OLD = "of every object the three newest old generations are kept, and no more"
    TEMPORARY = "all below tmp/ is gone some days after it is 7 days old, its old generations too"
    RAW = "what lies below raw/ goes to ARCHIVE when it is 90 days old, not before"


@dataclass(frozen=True)
class Sample:
    """A generation of an object, and what must become of it. `noncurrent_days` is None for a live one."""

    what: str
    name: str
    days: float
    expected: str
    promise: Promise
    fix: str
    noncurrent_days: float | None = None
    newer: int = 0

    def fate(self, rules: tuple[lifecycle_rules.Rule, ...]) -> str:
        """What the rules do to it."""
        created = _NOW - timedelta(days=self.days)
        version = StoredObject(
            address=Address("bucket", self.name),
            generation=1,
            metageneration=1,
            blob=Blob("sample", _SIZE, crc32c=b"", md5=b""),
            attributes=ObjectAttributes(storage_class="STANDARD"),
            created=created,
            updated=created,
            deleted=None if self.noncurrent_days is None else _NOW - timedelta(days=self.noncurrent_days),
        )
        verdict = decide(rules, version, self.newer, _NOW)
        if verdict is None:
            return _KEPT
        return f"it moves to the class {verdict.storage_class}" if verdict.storage_class else _DELETED


_WIDE = "A rule reaches too far: limit it with matches_prefix."

SAMPLES = (
    Sample("The live generation of models/wine.txt, 400 days old:", "models/wine.txt", 400, _KEPT, Promise.OLD, _WIDE),
    Sample(
        "The third newest of the old generations of models/wine.txt:",
        "models/wine.txt",
        30,
        _KEPT,
        Promise.OLD,
        "number_of_newer_versions counts the live generation too.",
        noncurrent_days=20,
        newer=3,
    ),
    Sample(
        "The fourth newest of the old generations of notes.txt:",
        "notes.txt",
        2,
        _DELETED,
        Promise.OLD,
        "Delete by number_of_newer_versions, for every object.",
        noncurrent_days=1,
        newer=4,
    ),
    Sample(
        "The live tmp/cache.bin, 6 days old:",
        "tmp/cache.bin",
        6,
        _KEPT,
        Promise.TEMPORARY,
        "The age is 7 days.",
    ),
    Sample(
        "The live tmp/cache.bin, 8 days old:",
        "tmp/cache.bin",
        8,
        _DELETED,
        Promise.TEMPORARY,
        "Delete by age and matches_prefix.",
    ),
    Sample(
        "An old generation of tmp/cache.bin, 30 days old, with no newer one:",
        "tmp/cache.bin",
        30,
        _DELETED,
        Promise.TEMPORARY,
        "To delete the live generation only makes it an old one, which is billed for ever. Leave is_live out.",
        noncurrent_days=22,
    ),
    Sample("The live raw/wine.csv, 89 days old:", "raw/wine.csv", 89, _KEPT, Promise.RAW, "The age is 90 days."),
    Sample(
        "The live raw/wine.csv, 91 days old:",
        "raw/wine.csv",
        91,
        _ARCHIVED,
        Promise.RAW,
        'Set the storage class "ARCHIVE" by age and matches_prefix.',
    ),
)


@dataclass(frozen=True)
class Broken:
    """A sample to which something else `happens` than was promised."""

    sample: Sample
    happens: str


def broken_promises(rules: Iterable[Mapping[str, Any]]) -> tuple[Broken, ...]:
    """What the rules of a bucket, as the JSON API gives them, do wrong."""
    parsed = lifecycle_rules.from_json(Body({"rule": [dict(rule) for rule in rules]}))
    fates = ((sample, sample.fate(parsed)) for sample in SAMPLES)
    return tuple(Broken(sample, fate) for sample, fate in fates if fate != sample.expected)


def kept(broken: Iterable[Broken]) -> int:
    """How many of the promises are kept."""
    return len(Promise) - len({each.sample.promise for each in broken})
