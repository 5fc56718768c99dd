"""`$(VAR)` in commands and arguments, as Kubernetes, and so Vertex AI, expands it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

# kubernetes/third_party/forked/golang/expansion: `$$` is a literal `$`, so `$$(VAR)` is not expanded; an unknown name
# stays as it is written.
_REFERENCE = re.compile(r"\$\$|\$\(([^)]*)\)")


def expand(words: Sequence[str], env: Mapping[str, str]) -> tuple[str, ...]:
    """`words` with each `$(NAME)` replaced from `env`."""

    def value(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        return env.get(match[1], match[0])

    return tuple(_REFERENCE.sub(value, word) for word in words)
