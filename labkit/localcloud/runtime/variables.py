"""`$(VAR)` in commands and arguments, as Kubernetes, and so Vertex AI, expands it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

# ModelContainerSpec in model.proto: `$$(NAME)` is a literal `$(NAME)`, and an unknown name stays as it is written. Any
# other `$$` is left alone, though Kubernetes would halve it: to a shell it is a process id.
_REFERENCE = re.compile(r"(\$?)\$\(([^)]*)\)")


def expand(words: Sequence[str], env: Mapping[str, str]) -> tuple[str, ...]:
    """`words` with each `$(NAME)` replaced from `env`."""

    def value(match: re.Match[str]) -> str:
        escaped, name = match.groups()
        return f"$({name})" if escaped else env.get(name, match[0])

    return tuple(_REFERENCE.sub(value, word) for word in words)
