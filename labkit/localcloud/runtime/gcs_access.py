"""How a process comes to its `/gcs`: a mount namespace where the machine allows one, rewritten paths where not."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from enum import Enum
from pathlib import Path

from labkit.localcloud.runtime.process import Command, GcsRoot, Process, Stream

GCS_VARIABLE = "LABKIT_GCS"
# `/gcs` as the start of a path: at the start of the text, or after what can stand before a path in a shell command.
_GCS = re.compile(r"(?<![^\s'\"=:,;(<>|&])/gcs(?=[/\s'\"=:,;)<>|&]|$)")


class GcsAccess(Enum):
    """What a machine offers."""

    NAMESPACE = "a mount namespace"
    PATHS = "rewritten paths"


def rewrite(text: str, view: Path) -> str:
    """`text` with each path that starts with `/gcs` starting with `view` instead."""
    return _GCS.sub(lambda _: str(view), text)


def with_gcs(command: Command, root: GcsRoot, access: GcsAccess) -> Command:
    """`command` as it reaches `root.view`: under its real path, or as `/gcs`. LABKIT_GCS names the folder either way.

    With rewritten paths, arguments and environment are covered; a path spelt out in the program's own text is not.
    """
    if access is GcsAccess.NAMESPACE:
        return replace(command, gcs=root, env={**command.env, GCS_VARIABLE: "/gcs"})
    env: Mapping[str, str] = {name: rewrite(value, root.view) for name, value in command.env.items()}
    argv = tuple(rewrite(argument, root.view) for argument in command.argv)
    return replace(command, argv=argv, env={**env, GCS_VARIABLE: str(root.view)})


async def find_access(folder: Path) -> tuple[GcsAccess, str]:
    """What this machine offers, tried out once in `folder`; and if there is no namespace, why not."""
    if sys.platform != "linux":
        return GcsAccess.PATHS, f"{sys.platform} has no mount namespaces"
    root = GcsRoot(folder / "probe-view", folder / "probe-root")
    for path in (root.view, root.mount_point):
        path.mkdir(parents=True, exist_ok=True)
    said: list[str] = []

    def listen(_: Stream, line: str) -> None:
        said.append(line)

    process = await Process.start(Command(("/bin/sh", "-c", "test -d /gcs"), {}, folder, root), listen)
    if await process.wait() == 0:
        return GcsAccess.NAMESPACE, ""
    return GcsAccess.PATHS, " ".join(said) or "/gcs did not appear"
