import json

import pytest

from labkit.checking.result import VERDICT_JSON, Record, Result
from labkit.checking.verdict import Failed, Passed

FAILED = Result("06_training", "bucket", 2, Failed("it is in <EU>", "us-central1", "create it again", earned=1))


def test_the_text_has_heading_points_and_the_next_action():
    text = repr(FAILED)

    assert text.splitlines()[0] == "✘ Not right yet: bucket (1 of 2 points)"
    assert "Next: create it again" in text


def test_html_is_escaped():
    assert "&lt;EU&gt;" in FAILED._repr_html_()


def test_html_keeps_what_an_untrusted_notebook_may_show():
    html = FAILED._repr_html_()

    assert not any(lost in html for lost in ("<style", "role=", "aria-", "var(", "<script"))


def test_the_bundle_carries_the_verdict_for_programs():
    bundle = FAILED._repr_mimebundle_()

    assert json.loads(json.dumps(bundle[VERDICT_JSON])) == {
        "lab": "06_training",
        "exercise": "bucket",
        "outcome": "failed",
        "earned": 1,
        "points": 2,
        "text": FAILED.text,
    }
    assert bundle["text/plain"] == repr(FAILED)


def test_a_record_survives_the_journey_through_a_notebook():
    bundle = Result("06_training", "bucket", 2, Passed("fine"))._repr_mimebundle_()

    record = Record.from_json(json.dumps(bundle[VERDICT_JSON]))

    assert (record.outcome, record.earned, record.text) == ("passed", 2, "fine")


def test_a_record_with_an_unknown_outcome_is_refused():
    with pytest.raises(ValueError, match="'splendid' is no outcome"):
        Record.from_json({"outcome": "splendid"})
