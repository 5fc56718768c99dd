from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.localcloud.wire.path_template import Template, Variable


@pytest.mark.parametrize(
    ("text", "segments", "variables", "verb"),
    [
        ("/v1/models", ("v1", "models"), (), ""),
        (
            "/v1/{name=projects/*/models/*}",
            ("v1", "projects", "*", "models", "*"),
            (Variable("name", 1, ("projects", "*", "models", "*")),),
            "",
        ),
        (
            "/b/{bucket}/o/{object}",
            ("b", "*", "o", "*"),
            (Variable("bucket", 1, ("*",)), Variable("object", 3, ("*",))),
            "",
        ),
        ("/v1/{job.name=jobs/*}:run", ("v1", "jobs", "*"), (Variable("job.name", 1, ("jobs", "*")),), "run"),
        ("/v1/{name=**}/operations", ("v1", "**", "operations"), (Variable("name", 1, ("**",)),), ""),
        ("/v1/{name=*}", ("v1", "*"), (Variable("name", 1, ("*",)),), ""),
        ("/v1beta1:evaluateInstances", ("v1beta1",), (), "evaluateInstances"),
    ],
)
def test_a_template_is_taken_apart(text, segments, variables, verb):
    assert Template.parse(text) == Template(text, segments, variables, verb)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no segments"),
        ("v1/models", "expected '/'"),
        ("/v1//models", "expected '/'"),
        ("/v1/{name", "expected '/'"),
        ("/v1/{name=a/{b}}", "expected '/'"),
        ("/v1/{name}x", "expected '/'"),
        ("/v1/{name=a//b}", "neither a literal"),
        ("/v1/model*", "neither a literal"),
        ("/v1/{a=**}/{b=**}", "more than one"),
    ],
)
def test_what_the_grammar_does_not_allow_is_refused(text, reason):
    with pytest.raises(ValueError, match=reason) as error:
        Template.parse(text)

    assert repr(text) in str(error.value)


@pytest.mark.parametrize(
    ("template", "path", "variables"),
    [
        ("/v1/models", "/v1/models", {}),
        ("/v1/models", "/v1/models/", None),
        ("/v1/models", "v1/models", None),
        ("/v1/models", "", None),
        ("/v1/{name=models/*}", "/v1/models/7", {"name": "models/7"}),
        ("/v1/{name=models/*}", "/v1/models/", None),
        ("/v1/{name=models/*}", "/v1/models/7/x", None),
        ("/v1/{name=models/*}", "/v1/endpoints/7", None),
        ("/v1/{name=models/**}", "/v1/models/a/b", {"name": "models/a/b"}),
        ("/v1/{name=models/**}", "/v1/models", {"name": "models"}),
        ("/v1/{name=models/**}", "/v1", None),
        ("/v1/{name=**/operations/*}", "/v1/operations/7", {"name": "operations/7"}),
        ("/v1/{name=**/operations/*}", "/v1/projects/p/operations/7", {"name": "projects/p/operations/7"}),
        ("/v1/{name=**/operations/*}", "/v1/projects/p/jobs/7", None),
        ("/v1/{name=**}/operations", "/v1/projects/p/operations", {"name": "projects/p"}),
        ("/v1/{a=x/**}/y/{b}", "/v1/x/1/2/y/3", {"a": "x/1/2", "b": "3"}),
        ("/v1/{name=jobs/*}:run", "/v1/jobs/7:run", {"name": "jobs/7"}),
        ("/v1/{name=jobs/*}:run", "/v1/jobs/7:stop", None),
        ("/v1/{name=jobs/*}:run", "/v1/jobs/7", None),
        ("/v1/{name=jobs/*}", "/v1/jobs/example.com:7", {"name": "jobs/example.com:7"}),
        ("/b/{bucket}/o/{object}", "/b/data/o/a%2Fb%20c%25.txt", {"bucket": "data", "object": "a/b c%.txt"}),
        ("/v1/{name=files/*}", "/v1/files/a%2Fb%20c", {"name": "files/a%2Fb c"}),
        ("/v1/{name=files/*}", "/v1/files/a%2fb%C3%A9", {"name": "files/a%2fbé"}),
    ],
)
def test_a_path_is_matched_raw_and_its_variables_decoded(template, path, variables):
    assert Template.parse(template).match(path) == variables


ids = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)


@given(bucket=ids, name=ids)
def test_any_object_name_survives_as_one_segment(bucket, name):
    path = f"/storage/v1/b/{quote(bucket, safe='')}/o/{quote(name, safe='')}"

    assert Template.parse("/storage/v1/b/{bucket}/o/{object}").match(path) == {"bucket": bucket, "object": name}


@given(parts=st.lists(ids.filter(lambda part: "/" not in part), min_size=1, max_size=6))
def test_any_name_of_several_segments_survives(parts):
    path = "/v1/things/" + "/".join(quote(part, safe="") for part in parts) + ":run"

    assert Template.parse("/v1/{name=things/**}:run").match(path) == {"name": "/".join(["things", *parts])}
