"""Contexts of objects, and lists filtered by them."""

import pytest

OBJECT = "/storage/v1/b/lab-data/o/a"


def patched(gcs, custom):
    return gcs("PATCH", OBJECT, json={"contexts": {"custom": custom}}).json().get("contexts")


def test_a_context_keeps_when_it_came_and_when_it_changed(gcs, clock):
    gcs.upload("a")
    created = "2026-11-24T09:30:00.000Z"
    assert patched(gcs, {"split": {"value": "train"}, "fold": {"value": "1"}}) == {
        "custom": {
            "split": {"value": "train", "createTime": created, "updateTime": created},
            "fold": {"value": "1", "createTime": created, "updateTime": created},
        }
    }
    clock.advance(hours=1)

    assert patched(gcs, {"split": {"value": "test"}, "fold": None}) == {
        "custom": {"split": {"value": "test", "createTime": created, "updateTime": "2026-11-24T10:30:00.000Z"}}
    }
    assert patched(gcs, {"split": None}) is None


@pytest.mark.parametrize(
    ("filter_", "names"),
    [
        ('contexts."split":*', ["a", "b"]),
        ('contexts."split"="train"', ["a"]),
        ('-contexts."split"="train"', ["b", "c"]),
        ('NOT contexts."split":*', ["c"]),
    ],
)
def test_a_list_is_filtered(gcs, filter_, names):
    for name, split in (("a", "train"), ("b", "test"), ("c", "")):
        gcs.upload(name)
        if split:
            gcs("PATCH", f"/storage/v1/b/lab-data/o/{name}", json={"contexts": {"custom": {"split": {"value": split}}}})
    reply = gcs("GET", "/storage/v1/b/lab-data/o", params={"filter": filter_}).json()

    assert [item["name"] for item in reply["items"]] == names


@pytest.mark.parametrize(
    "filter_", ["name=a", 'contexts."k":"v"', 'contexts."k"=*', 'contexts."a":* OR contexts."b":*']
)
def test_a_filter_that_is_not_understood_is_refused(gcs, filter_):
    assert gcs("GET", "/storage/v1/b/lab-data/o", params={"filter": filter_}).status_code == 400
