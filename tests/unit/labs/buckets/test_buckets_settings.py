from labkit.labs.buckets import LAB

RULES = [
    {"action": {"type": "Delete"}, "condition": {"numNewerVersions": 4}},
    {"action": {"type": "Delete"}, "condition": {"age": 7, "matchesPrefix": ["tmp/"]}},
    {
        "action": {"type": "SetStorageClass", "storageClass": "ARCHIVE"},
        "condition": {"age": 90, "matchesPrefix": ["raw/"]},
    },
]


def test_every_exercise_is_in_the_lab_and_the_points_add_up():
    names = [exercise.name for exercise in LAB.exercises]

    assert names == [
        "bucket",
        "versions",
        "upload",
        "claim",
        "listing",
        "read",
        "restore",
        "undelete",
        "lifecycle",
        "share",
        "cost",
    ]
    assert LAB.points == 32


def test_nothing_is_attempted_at_the_start(judge):
    outcomes = {exercise.name: judge(exercise.name, bucket=...).outcome for exercise in LAB.exercises}

    assert set(outcomes.values()) == {"not attempted"}, outcomes


def test_a_private_bucket_in_the_region_with_the_labels_passes(judge):
    assert judge("bucket").outcome == "passed"


def test_labels_of_ones_own_besides_do_no_harm(judge, held):
    held.labels["owner"] = "ada"

    assert judge("bucket").outcome == "passed"


def test_a_bucket_that_does_not_exist_fails(judge):
    assert "There is no bucket p-nothing" in judge("bucket", bucket="p-nothing").text


def test_a_bucket_elsewhere_earns_nothing(judge, held):
    held.location = "EU"

    assert (judge("bucket").outcome, judge("bucket").earned) == ("failed", 0)


def test_a_bucket_with_access_lists_earns_a_point(judge, held):
    held.iam_configuration.uniform_bucket_level_access_enabled = False

    assert judge("bucket").earned == 1


def test_a_bucket_that_may_become_public_earns_a_point(judge, held):
    held.iam_configuration.public_access_prevention = "inherited"

    result = judge("bucket")

    assert (result.earned, "open it to everybody" in result.text) == (1, True)


def test_a_bucket_without_its_labels_earns_two(judge, held):
    held.labels = {"lab": "training"}

    assert judge("bucket").earned == 2


def test_rules_that_were_never_sent_fail(judge):
    assert "no lifecycle rules" in judge("lifecycle", rules=RULES).text


def test_rules_that_keep_all_promises_pass(judge, held):
    held.lifecycle_rules = RULES

    assert judge("lifecycle", rules=RULES).outcome == "passed"


def test_each_promise_that_is_kept_earns_a_point(judge, held):
    held.lifecycle_rules = RULES[:2]

    result = judge("lifecycle", rules=RULES)

    assert (result.outcome, result.earned) == ("failed", 2)
    assert "raw/wine.csv, 91 days old: it stays as it is" in result.text
