import pytest

from labkit.labs.buckets import fates
from labkit.labs.buckets.fates import Promise


def delete(**condition):
    return {"action": {"type": "Delete"}, "condition": condition}


def archive(storage_class="ARCHIVE", **condition):
    return {"action": {"type": "SetStorageClass", "storageClass": storage_class}, "condition": condition}


OLD = delete(numNewerVersions=4)
TEMPORARY = delete(age=7, matchesPrefix=["tmp/"])
RAW = archive(age=90, matchesPrefix=["raw/"])


@pytest.mark.parametrize(
    "rules",
    [
        [OLD, TEMPORARY, RAW],
        [delete(numNewerVersions=4, isLive=False), TEMPORARY, RAW],
        [RAW, TEMPORARY, OLD, OLD],
        [OLD, TEMPORARY, archive(age=90, matchesPrefix=["raw/"], matchesStorageClass=["STANDARD"])],
        [
            OLD,
            delete(age=7, matchesPrefix=["tmp/"], isLive=True),
            delete(daysSinceNoncurrentTime=7, matchesPrefix=["tmp/"]),
            RAW,
        ],
    ],
    ids=["plain", "said_twice", "other_order", "one_class", "live_and_old_apart"],
)
def test_rules_that_come_to_the_same_are_all_right(rules):
    assert fates.broken_promises(rules) == ()


@pytest.mark.parametrize(
    ("rules", "broken"),
    [
        ([TEMPORARY, RAW], {Promise.OLD}),
        ([delete(numNewerVersions=3), TEMPORARY, RAW], {Promise.OLD}),
        ([delete(numNewerVersions=5), TEMPORARY, RAW], {Promise.OLD}),
        ([delete(numNewerVersions=4, matchesPrefix=["models/"]), TEMPORARY, RAW], {Promise.OLD}),
        ([OLD, RAW], {Promise.TEMPORARY}),
        ([OLD, delete(age=7, matchesPrefix=["tmp/"], isLive=True), RAW], {Promise.TEMPORARY}),
        ([OLD, delete(age=3, matchesPrefix=["tmp/"]), RAW], {Promise.TEMPORARY}),
        ([OLD, TEMPORARY], {Promise.RAW}),
        ([OLD, TEMPORARY, archive("COLDLINE", age=90, matchesPrefix=["raw/"])], {Promise.RAW}),
        ([OLD, TEMPORARY, archive(age=30, matchesPrefix=["raw/"])], {Promise.RAW}),
        ([OLD, TEMPORARY, archive(age=90)], {Promise.OLD}),
        ([OLD, delete(age=7), RAW], {Promise.OLD, Promise.RAW}),
    ],
)
def test_a_rule_that_is_missing_or_reaches_elsewhere_breaks_its_promise(rules, broken):
    found = fates.broken_promises(rules)

    assert {each.sample.promise for each in found} == broken
    assert fates.kept(found) == 3 - len(broken)


def test_no_rules_at_all_keep_no_promise():
    assert fates.kept(fates.broken_promises([])) == 0
