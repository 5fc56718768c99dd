"""A Dockerfile, read for what it says about running: enough for images that are Python and some files."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})")
_PYTHON_BASE = re.compile(r"(docker\.io/)?(library/)?python(:[\w.-]+)?(@sha256:[0-9a-f]+)?$")


_TOP = PurePosixPath("/")


class DockerfileError(Exception):
    """The Dockerfile says something the local cloud cannot do."""


@dataclass(frozen=True)
class Copy:
    """`COPY sources... target`, the target absolute in the image; `into` when it is a folder."""

    sources: tuple[str, ...]
    target: PurePosixPath
    into: bool


@dataclass
class Recipe:
    """What a Dockerfile says. `runs` are its RUN lines: read, shown, not run."""

    env: dict[str, str] = field(default_factory=dict)
    workdir: PurePosixPath = _TOP
    copies: list[Copy] = field(default_factory=list)
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    runs: list[str] = field(default_factory=list)
    arguments: dict[str, str] = field(default_factory=dict)

    def expand(self, text: str) -> str:
        """Docker's own substitution: ENV wins over ARG, an unknown name is empty."""
        known = {**self.arguments, **self.env}
        return _VARIABLE.sub(lambda match: known.get(match[1] or match[2], ""), text)


def read(path: Path) -> Recipe:
    """Read a Dockerfile. Raises DockerfileError with the line that cannot be honoured, and what can."""
    recipe = Recipe()
    for number, instruction, text in _instructions(path.read_text(encoding="utf-8")):
        handler = _HANDLERS.get(instruction)
        if handler is None:
            raise DockerfileError(
                f"{path.name} line {number}: {instruction} is not supported by the local cloud, which runs images as "
                f"processes on this machine's Python. It reads {', '.join(sorted(_HANDLERS))}."
            )
        try:
            handler(recipe, text)
        except ValueError as error:
            raise DockerfileError(f"{path.name} line {number}: {instruction} {text}: {error}") from error
    return recipe


def _instructions(text: str) -> list[tuple[int, str, str]]:
    """Line number, instruction in capitals, and the rest, with continued lines joined."""
    found = []
    pending, start = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        start = start if pending else number
        pending += stripped.removesuffix("\\").rstrip() + " "
        if not stripped.endswith("\\"):
            instruction, _, rest = pending.strip().partition(" ")
            found.append((start, instruction.upper(), rest.strip()))
            pending = ""
    return found


def _from(_: Recipe, text: str) -> None:
    base = text.split()[0]
    if not _PYTHON_BASE.match(base):
        raise ValueError(f"the base must be Docker Hub's python (python:3.12-slim), not {base}")


def _workdir(recipe: Recipe, text: str) -> None:
    recipe.workdir /= recipe.expand(text)


def _copy(recipe: Recipe, text: str) -> None:
    words = [word for word in shlex.split(recipe.expand(text)) if not word.startswith(("--chown=", "--chmod="))]
    if any(word.startswith("--") for word in words):
        raise ValueError("only files of the image's own folder can be copied")
    *sources, target = words
    if not sources:
        raise ValueError("COPY needs a source and a target")
    into = len(sources) > 1 or target.endswith("/") or PurePosixPath(target).name in ("", ".", "..")
    recipe.copies.append(Copy(tuple(sources), recipe.workdir / target, into))


def _env(recipe: Recipe, text: str) -> None:
    for name, value in _assignments(recipe.expand(text)):
        recipe.env[name] = value


def _arg(recipe: Recipe, text: str) -> None:
    name, _, value = text.partition("=")
    recipe.arguments[name] = recipe.expand(value.strip("\"'"))


def _run(recipe: Recipe, text: str) -> None:
    recipe.runs.append(text)


def _cmd(recipe: Recipe, text: str) -> None:
    recipe.cmd = _words(text)


def _entrypoint(recipe: Recipe, text: str) -> None:
    recipe.entrypoint = _words(text)


def _nothing(_: Recipe, __: str) -> None:
    """EXPOSE and LABEL change nothing about how an image runs."""


def _assignments(text: str) -> list[tuple[str, str]]:
    words = shlex.split(text)
    if words and "=" not in words[0]:  # the old form: ENV NAME the whole rest
        name, _, value = text.partition(" ")
        return [(name, value)]
    return [(word.partition("=")[0], word.partition("=")[2]) for word in words]


def _words(text: str) -> tuple[str, ...]:
    """The exec form is a JSON list; anything else is a line for the shell."""
    if not text.startswith("["):
        return ("/bin/sh", "-c", text)
    words = json.loads(text)
    if not all(isinstance(word, str) for word in words):
        raise ValueError("a command is a list of strings")
    return tuple(words)


_HANDLERS: dict[str, Callable[[Recipe, str], None]] = {
    "ARG": _arg,
    "CMD": _cmd,
    "COPY": _copy,
    "ENTRYPOINT": _entrypoint,
    "ENV": _env,
    "EXPOSE": _nothing,
    "FROM": _from,
    "LABEL": _nothing,
    "RUN": _run,
    "WORKDIR": _workdir,
}
