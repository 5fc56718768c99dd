"""That the checker finds what is wrong: a reply that passes it says nothing otherwise."""

import pytest

from tests.conformance.schema import Schemas

OBJECT = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "size": {"type": "string", "format": "uint64"},
        "count": {"type": "integer", "format": "int32"},
        "ratio": {"type": "number", "format": "double"},
        "md5Hash": {"type": "string", "format": "byte"},
        "updated": {"type": "string", "format": "date-time"},
        "wait": {"type": "string", "format": "google-duration"},
        "state": {"type": "string", "enum": ["ON", "OFF"]},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "parts": {"type": "array", "items": {"$ref": "Object"}},
        "anything": {"type": "any"},
    },
}


def problems(value, *, enums_as_ints=False):
    return list(Schemas({"Object": OBJECT}, enums_as_ints).problems({"$ref": "Object"}, value))


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"name": "x", "size": "18446744073709551615", "count": -1, "ratio": 1, "anything": [None]},
        {"md5Hash": "1B2M2Y8AsgTpgAmY7PhCfg==", "updated": "2026-11-24T09:30:00.123456789Z", "wait": "3.5s"},
        {"state": "ON", "labels": {"a": "b"}, "parts": [{"parts": []}]},
    ],
)
def test_what_fits_has_no_problem(value):
    assert problems(value) == []


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({"nmae": "x"}, ".nmae is unknown"),
        ({"name": 1}, ".name is 1, no string"),
        ({"name": None}, ".name is None, no string"),
        ({"size": 5}, ".size is 5, no string"),
        ({"size": "-5"}, ".size is '-5', no uint64"),
        ({"count": True}, ".count is True, no integer"),
        ({"count": 2**31}, ".count is 2147483648, no int32"),
        ({"md5Hash": "not base64!"}, ".md5Hash is 'not base64!', no byte"),
        ({"updated": "2026-11-24"}, ".updated is '2026-11-24', no date-time"),
        ({"updated": "2026-13-24T00:00:00Z"}, ".updated is '2026-13-24T00:00:00Z', no date-time"),
        ({"wait": "3"}, ".wait is '3', no google-duration"),
        ({"state": "on"}, ".state is 'on', none of ON, OFF"),
        ({"state": 1}, ".state is 1, none of ON, OFF"),
        ({"labels": {"a": 1}}, ".labels.a is 1, no string"),
        ({"parts": [{}, {"name": 1}]}, ".parts[1].name is 1, no string"),
        ({"parts": {}}, ".parts is {}, no array"),
        ([], " is [], no object"),
    ],
)
def test_what_does_not_fit_is_named(value, problem):
    assert problems(value) == [problem]


def test_enums_may_be_numbers_where_they_were_asked_for_so():
    assert problems({"state": 1}, enums_as_ints=True) == []
