import asyncio
import sys
from pathlib import Path

import pytest

from labkit.localcloud.runtime.gcs_access import GcsAccess, find_access, rewrite, with_gcs
from labkit.localcloud.runtime.process import Command, GcsRoot

VIEW = Path("/home/s/view")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/gcs/b/x", "/home/s/view/b/x"),
        ("/gcs", "/home/s/view"),
        ("pip3 install -q --user /gcs/b/x.tar.gz && run", "pip3 install -q --user /home/s/view/b/x.tar.gz && run"),
        ("--data=/gcs/b", "--data=/home/s/view/b"),
        ("'/gcs/b':\"/gcs/c\"", "'/home/s/view/b':\"/home/s/view/c\""),
        ("cat </gcs/b>/gcs/c", "cat </home/s/view/b>/home/s/view/c"),
        ("gs://b/gcs/x", "gs://b/gcs/x"),
        ("/data/gcs/x", "/data/gcs/x"),
        ("/gcsfuse/x", "/gcsfuse/x"),
    ],
)
def test_only_paths_that_start_at_gcs_are_rewritten(text, expected):
    assert rewrite(text, VIEW) == expected


def test_with_rewritten_paths_arguments_and_environment_lead_to_the_view():
    command = Command(("train", "/gcs/b"), {"DATA": "/gcs/b/d"}, Path("/"))

    changed = with_gcs(command, GcsRoot(VIEW, Path("/m")), GcsAccess.PATHS)

    assert changed.argv == ("train", "/home/s/view/b")
    assert changed.env == {"DATA": "/home/s/view/b/d", "LABKIT_GCS": "/home/s/view"}
    assert changed.gcs is None


def test_with_a_namespace_nothing_is_rewritten():
    command = Command(("train", "/gcs/b"), {}, Path("/"))

    changed = with_gcs(command, GcsRoot(VIEW, Path("/m")), GcsAccess.NAMESPACE)

    assert changed.argv == ("train", "/gcs/b")
    assert changed.env == {"LABKIT_GCS": "/gcs"}
    assert changed.gcs == GcsRoot(VIEW, Path("/m"))


def test_the_machine_is_asked_and_a_refusal_has_its_reason(tmp_path):
    access, reason = asyncio.run(find_access(tmp_path))

    assert (access is GcsAccess.NAMESPACE) == (reason == "")
    if sys.platform != "linux":
        assert access is GcsAccess.PATHS
