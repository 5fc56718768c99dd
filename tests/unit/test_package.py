import subprocess
import sys

import pytest

import labkit

# Not "google.cloud" itself: an installed namespace package may put it there before any import.
GOOGLES = ("google.cloud.storage", "google.cloud.aiplatform", "google.auth", "google.api_core")
HEAVY = (*GOOGLES, "IPython", "torch", "sklearn", "numpy", "rich", "httpx")


def loaded_by(statement):
    code = f"import sys; {statement}; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.parametrize("statement", ["import labkit", "import labkit; labkit.start; labkit.Lab"])
def test_importing_labkit_loads_nothing_heavy(statement):
    assert loaded_by(statement) == []


def test_a_labs_definition_loads_no_google_client():
    assert loaded_by("from labkit import labs; [labs.find(lab) for lab in labs.ids()]") == []


def test_every_public_name_is_there_and_they_are_few():
    assert all(hasattr(labkit, name) for name in labkit.__all__)
    assert len(labkit.__all__) <= 8
    assert set(dir(labkit)) == set(labkit.__all__)


def test_an_unknown_name_lists_those_there_are():
    with pytest.raises(AttributeError, match=r"no attribute 'begin'; it has .*start"):
        _ = labkit.begin
