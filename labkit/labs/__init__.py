"""The course's labs, by id. A lab's module is imported only when it is asked for."""

from __future__ import annotations

import importlib

from labkit.checking.exercise import LabDefinition
from labkit.errors import UnknownNameError

_MODULES = {
    "02_permissions": "labkit.labs.permissions",
    "03_buckets": "labkit.labs.buckets",
    "06_training": "labkit.labs.training",
}


def ids() -> tuple[str, ...]:
    """Every lab's id, in course order."""
    return tuple(_MODULES)


def find(lab: str) -> LabDefinition:
    """The content of a lab; UnknownNameError offers the nearest id."""
    if lab not in _MODULES:
        raise UnknownNameError("lab", lab, _MODULES)
    definition = importlib.import_module(_MODULES[lab]).LAB
    assert isinstance(definition, LabDefinition)
    return definition
