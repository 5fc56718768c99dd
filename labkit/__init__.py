"""Graded notebooks for machine learning on Google Cloud, with a local cloud that answers Google's own clients.

Names are imported when first used: `import labkit` loads no Google client, no IPython and no torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labkit.errors import LabkitError
    from labkit.lab import Lab, start

__all__ = ["Lab", "LabkitError", "__version__", "start"]

__version__ = "0.1.0"

_HOMES = {"Lab": "labkit.lab", "LabkitError": "labkit.errors", "start": "labkit.lab"}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'labkit' has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
