"""One real Jupyter kernel, a cell at a time, and the verdicts in what a cell put out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import nbformat
from nbclient import NotebookClient

from labkit.authoring.fresh import Fresh
from labkit.checking.result import VERDICT_JSON, Record

# A job's first start on a busy machine takes half a minute; a cell that needs ten has hung.
CELL_SECONDS = 600

# A kernel on loopback warns at every start that it does not encrypt; nothing else it says is below an error.
KERNEL_ARGUMENTS = ["--IPKernelApp.log_level=40"]


@dataclass(frozen=True)
class Ran:
    """What one cell did. `error` is its exception in one line, empty if there was none."""

    records: tuple[Record, ...]
    error: str


class Kernel:
    """Runs code; an exception in it is reported, not raised."""

    def __init__(self, client: NotebookClient) -> None:
        self._client = client

    def run(self, code: str) -> Ran:
        cell = nbformat.v4.new_code_cell(code)
        self._client.nb.cells.append(cell)
        self._client.execute_cell(cell, len(self._client.nb.cells) - 1)
        return Ran(tuple(records_in(cell.outputs)), error_in(cell.outputs))


@contextmanager
def kernel(fresh: Fresh) -> Iterator[Kernel]:
    """A kernel in the fresh cloud's environment and folder, shut down at the end."""
    client = NotebookClient(
        nbformat.v4.new_notebook(),
        timeout=CELL_SECONDS,
        kernel_name="python3",
        allow_errors=True,
        extra_arguments=KERNEL_ARGUMENTS,
        resources={"metadata": {"path": str(fresh.folder)}},
    )
    with client.setup_kernel(env=fresh.environment):
        yield Kernel(client)


def records_in(outputs: Iterable[Mapping[str, Any]]) -> Iterator[Record]:
    """The verdicts among a cell's outputs."""
    for output in outputs:
        if VERDICT_JSON in output.get("data", {}):
            yield Record.from_json(output["data"][VERDICT_JSON])


def error_in(outputs: Iterable[Mapping[str, Any]]) -> str:
    """The exception among a cell's outputs, as `Name: text`; empty if there is none."""
    errors = (f"{output['ename']}: {output['evalue']}" for output in outputs if output["output_type"] == "error")
    return next(errors, "")
