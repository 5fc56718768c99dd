"""What lifecycle rules do to one version of an object: pure decisions, which `housekeeping` carries out.

Source: https://cloud.google.com/storage/docs/lifecycle
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone

from labkit.localcloud.services.storage.entities import StoredObject
from labkit.localcloud.services.storage.lifecycle_rules import Action, Condition, Rule
from labkit.localcloud.services.storage.rfc3339 import parse_time
from labkit.localcloud.services.storage.storage_classes import coldness

_DURABLE_REDUCED_AVAILABILITY = "DURABLE_REDUCED_AVAILABILITY"


@dataclass(frozen=True)
class Verdict:
    """What to do with a version: delete it where `storage_class` is empty, else give it that class."""

    storage_class: str = ""


def decide(rules: Iterable[Rule], version: StoredObject, newer_versions: int, now: datetime) -> Verdict | None:
    """None where no rule acts on this version, of whose name `newer_versions` others are newer.

    A deletion wins over a change of class, and among changes the class that is cheapest at rest.
    """
    matching = [rule for rule in rules if rule_holds(rule, version, newer_versions, now)]
    if any(rule.action is Action.DELETE for rule in matching):
        return Verdict()
    current = version.attributes.storage_class
    targets = [
        rule.storage_class
        for rule in matching
        if rule.action is Action.SET_STORAGE_CLASS and _may_become(current, rule.storage_class)
    ]
    return Verdict(max(targets, key=coldness)) if targets else None


def aborts(rules: Iterable[Rule], name: str, started: datetime, now: datetime) -> bool:
    """Whether a multipart upload to `name` that began at `started` has waited too long."""
    return any(
        rule.action is Action.ABORT_UPLOAD
        and _matches_name(rule.condition, name)
        and _is_past(started, rule.condition.age, now)
        for rule in rules
    )


def rule_holds(rule: Rule, version: StoredObject, newer_versions: int, now: datetime) -> bool:
    """Whether every condition of a rule holds for a version; one of uploads holds for no object."""
    condition = rule.condition
    return (
        rule.action is not Action.ABORT_UPLOAD
        and _matches_name(condition, version.address.name)
        and all(_of_content(condition, version))
        and all(_of_age(condition, version, now))
        and all(_of_versions(condition, version, newer_versions, now))
    )


def _matches_name(condition: Condition, name: str) -> bool:
    return (not condition.prefixes or name.startswith(condition.prefixes)) and (
        not condition.suffixes or name.endswith(condition.suffixes)
    )


def _of_content(condition: Condition, version: StoredObject) -> Iterator[bool]:
    if condition.storage_classes:
        yield version.attributes.storage_class in condition.storage_classes
    if condition.above_bytes is not None:
        yield version.blob.size > condition.above_bytes
    if condition.below_bytes is not None:
        yield version.blob.size < condition.below_bytes


def _of_age(condition: Condition, version: StoredObject, now: datetime) -> Iterator[bool]:
    custom_time = parse_time(version.attributes.custom_time) if version.attributes.custom_time else None
    yield _is_past(version.created, condition.age, now)
    yield _is_before(version.created, condition.created_before)
    yield _is_past(custom_time, condition.days_since_custom_time, now)
    yield _is_before(custom_time, condition.custom_time_before)


def _of_versions(condition: Condition, version: StoredObject, newer_versions: int, now: datetime) -> Iterator[bool]:
    yield _is_past(version.deleted, condition.days_since_noncurrent_time, now)
    yield _is_before(version.deleted, condition.noncurrent_time_before)
    if condition.is_live is not None:
        yield condition.is_live == (version.deleted is None)
    if condition.newer_versions is not None:
        yield newer_versions >= condition.newer_versions


def _is_past(start: datetime | None, days: int | None, now: datetime) -> bool:
    return days is None or (start is not None and now - start >= timedelta(days=days))


def _is_before(moment: datetime | None, day: date | None) -> bool:
    """Before midnight of the day, in UTC."""
    return day is None or (moment is not None and moment < datetime.combine(day, time(), timezone.utc))


def _may_become(current: str, target: str) -> bool:
    # Towards the cheaper at rest only; the old reduced-availability class may also become an ordinary one.
    # https://cloud.google.com/storage/docs/lifecycle#setstorageclass
    if current == _DURABLE_REDUCED_AVAILABILITY:
        return target != current
    return coldness(target) > coldness(current) and target not in (_DURABLE_REDUCED_AVAILABILITY, "REGIONAL")
