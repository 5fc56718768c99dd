"""The report of a course run as pages that need nothing but a browser."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

from labkit.authoring.outcome import CourseRun, LabRun
from labkit.checking.display import BORDERS

_HEAD = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>labkit course</title><style>"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #8884}"
    "td.verdict{border-left:4px solid}td{vertical-align:top}pre{white-space:pre-wrap;margin:0}"
    "</style>"
)


def index_page(course: CourseRun) -> str:
    """Every lab with its exercises, and links to the executed notebooks."""
    verdict = "passed" if course.passed else "failed"
    labs = "".join(_lab(run) for run in course.labs)
    return f"{_HEAD}<h1>The course {verdict}, in {course.seconds:.0f} seconds</h1>{labs}</html>\n"


def notebook_page(executed: Any) -> str:
    """An executed notebook as a page, by nbconvert."""
    from nbconvert import HTMLExporter

    page, _ = HTMLExporter().from_notebook_node(executed)
    return str(page)


def _lab(run: LabRun) -> str:
    links = f'<a href="{escape(run.page.name)}">page</a>, <a href="{escape(run.notebook.name)}">notebook</a>'
    error = f"<p>It stopped with an error:</p><pre>{escape(run.error)}</pre>" if run.error else ""
    head = "<tr><th>Exercise</th><th>Points</th><th>Verdict</th><th>Seconds</th></tr>"
    rows = "".join(_rows(run))
    title = f"<h2>{escape(run.lab)}</h2><p>{run.seconds:.1f} seconds; {links}</p>"
    return f'{title}{error}<div style="overflow-x:auto"><table>{head}{rows}</table></div>'


def _rows(run: LabRun) -> Iterator[str]:
    for score in run.scores:
        record = score.record
        yield (
            f"<tr><td>{escape(record.exercise)}</td><td>{record.earned} of {record.points}</td>"
            f'<td class="verdict" style="border-left-color:{BORDERS[record.outcome]}">'
            f"<strong>{record.outcome}</strong><pre>{escape(record.text)}</pre></td><td>{score.seconds:.1f}</td></tr>"
        )
