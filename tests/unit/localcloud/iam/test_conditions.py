"""Conditions as lessons write them, and as they must not be written."""

from datetime import datetime, timezone

import pytest

from labkit.localcloud.core.access import Resource
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.iam import conditions
from labkit.localcloud.iam.conditions import OBJECT_LIST_PREFIX, extract
from labkit.localcloud.iam.policy import Condition

REPORT = Resource(
    "storage.googleapis.com",
    "projects/_/buckets/b/objects/reports/2026.csv",
    "storage.googleapis.com/Object",
    "labkit-student",
    {OBJECT_LIST_PREFIX: "reports/"},
)
NOW = datetime(2026, 9, 1, 12, tzinfo=timezone.utc)  # A Tuesday.
PREFIX_ATTRIBUTE = f"api.getAttribute('{OBJECT_LIST_PREFIX}', '')"


@pytest.mark.parametrize(
    ("expression", "met"),
    [
        ("resource.name.startsWith('projects/_/buckets/b/objects/reports/')", True),
        ("resource.name.startsWith('projects/_/buckets/b/objects/secrets/')", False),
        ("resource.name.endsWith('.csv') && resource.type == 'storage.googleapis.com/Object'", True),
        ("resource.type != 'storage.googleapis.com/Object' || resource.name.contains('secrets')", False),
        ("resource.service == 'storage.googleapis.com'", True),
        ("resource.name.extract('/objects/{folder}/') == 'reports'", True),
        ("request.time < timestamp('2026-09-02T00:00:00Z')", True),
        ("request.time < timestamp('2026-09-01T13:00:00+02:00')", False),
        ("request.time - duration('3600s') < timestamp('2026-09-01T12:00:00Z')", True),
        ("request.time.getHours('Europe/Berlin') == 14", True),
        ("request.time.getDayOfWeek() >= 1 && request.time.getDayOfWeek() <= 5", True),
        ("request.time.getFullYear() == 2025", False),
        (f"{PREFIX_ATTRIBUTE}.startsWith('reports/')", True),
        (f"{PREFIX_ATTRIBUTE} == ''", False),
        ("resource.name.matches('^projects/_/buckets/[ab]/')", True),
        ("!(resource.name in ['a', 'b'])", True),
        ("resource.matchTag('123/env', 'prod')", False),
        ("true", True),
    ],
)
def test_a_condition_holds_as_its_expression_says(expression, met):
    condition = Condition(expression, "a title")

    conditions.check(condition)

    assert conditions.holds(condition, REPORT, NOW) is met


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("resource.name ==", "Syntax error"),
        ("resource.name.shout()", "undeclared reference to 'shout'"),
        ("now() > request.time", "undeclared reference to 'now'"),
        ("user == 'me'", "undeclared reference to 'user'"),
        ("resource.owner == 'me'", "undefined field 'owner'"),
        ("request.path == '/'", "undefined field 'path'"),
        ("[1].exists(x, x > 0)", "undeclared reference to 'exists'"),
        ("api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []) == []", "is not known here"),
        ("resource.name", "not a bool"),
        ("1 < 'a'", "no matching overload"),
        ("request.time < timestamp('tomorrow')", "compilation failed"),
        ("(" * 3000 + "true" + ")" * 3000, "nested too deeply"),
        ("&& ".join(["true "] * 20), "too long"),
        ("true || " * 2 + "'x'" * 9000, "too long"),
        ("", "needs an expression and a title"),
    ],
)
def test_an_expression_that_iam_would_not_keep_is_refused(expression, words):
    with pytest.raises(ApiError) as refused:
        conditions.check(Condition(expression, "a title"))

    assert refused.value.code is Code.INVALID_ARGUMENT
    assert words in refused.value.message


def test_a_condition_needs_a_title():
    with pytest.raises(ApiError, match="a title"):
        conditions.check(Condition("true"))


@pytest.mark.parametrize("expression", ["resource.name ==", "resource.owner == 'me'", "1 < 'a'", "'yes'", "gone()"])
def test_what_cannot_be_evaluated_does_not_hold(expression):
    assert not conditions.holds(Condition(expression, "a title"), REPORT, NOW)


def test_an_attribute_that_the_api_does_not_send_has_the_default():
    resource = Resource("storage.googleapis.com", "projects/_/buckets/b", "storage.googleapis.com/Bucket")

    assert conditions.holds(Condition(f"{PREFIX_ATTRIBUTE} == ''", "a title"), resource, NOW)


@pytest.mark.parametrize(
    ("template", "part"),
    [
        ("/objects/{rest}", "reports/2026.csv"),
        ("/objects/{folder}/", "reports"),
        ("{start}/buckets", "projects/_"),
        ("/buckets/{bucket}/nothing", ""),
        ("/folders/{folder}/", ""),
        ("{all}", REPORT.name),
    ],
)
def test_extract_gives_the_part_at_the_name(template, part):
    assert extract(REPORT.name, template) == part


@pytest.mark.parametrize("template", ["no name", "{a}{b}", "{", "a{}b"])
def test_extract_needs_one_name(template):
    with pytest.raises(ValueError, match="needs one"):
        extract(REPORT.name, template)
