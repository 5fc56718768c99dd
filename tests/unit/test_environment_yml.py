"""conda's file and the pins, against pyproject.toml: the one place that says what labkit needs."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]


@pytest.fixture
def pyproject():
    return (ROOT / "pyproject.toml").read_text(encoding="utf-8")


@pytest.fixture
def environment():
    return yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))


def test_conda_installs_python_pip_and_the_rest_by_pip(pyproject, environment):
    python = re.search(r'^requires-python = "(.+)"$', pyproject, re.MULTILINE)[1]

    assert environment["dependencies"] == [f"python{python}", "pip", {"pip": ["-e .[lab]"]}]


def test_the_extra_that_conda_installs_is_one_of_the_projects(pyproject):
    assert re.search(r"^lab = \[$", pyproject, re.MULTILINE)


def test_conda_needs_no_channel_but_the_free_one(environment):
    assert environment["channels"] == ["conda-forge"]
    assert set(environment) == {"name", "channels", "dependencies"}


def test_torch_is_pinned(pyproject):
    assert re.findall(r'"(torch\b[^"]*)"', pyproject) == ["torch==2.13.0"]
