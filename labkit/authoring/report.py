"""The report of a course run as pages that need nothing but a browser."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

from labkit import labs
from labkit.authoring.outcome import CourseRun, LabRun
from labkit.checking.display import BORDERS, MARKS, marked

_HEAD = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>labkit course</title><style>"
    # On the root: on the body it gives a white page the pale links of a dark one.
    ":root{color-scheme:light dark}"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;overflow-wrap:anywhere}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #8884}"
    "td{vertical-align:top}th,.short{white-space:nowrap}td.verdict{border-left:4px solid}td div{white-space:pre-wrap}"
    "pre{white-space:pre-wrap}code,pre{font-size:.9em}"
    "</style>"
)


def index_page(course: CourseRun) -> str:
    """Every lab with its exercises, and links to the executed notebooks."""
    verdict = "passed" if course.passed else "failed"
    records = [score.record for run in course.labs for score in run.scores]
    points = f"{sum(record.earned for record in records)} of {sum(record.points for record in records)} points"
    sections = "".join(_lab(run) for run in course.labs)
    return f"{_HEAD}<h1>The course {verdict}: {points} in {course.seconds:.0f} seconds</h1>{sections}</html>\n"


def notebook_page(executed: Any) -> str:
    """An executed notebook as a page, by nbconvert."""
    from nbconvert import HTMLExporter

    page, _ = HTMLExporter().from_notebook_node(executed)
    return str(page)


def _lab(run: LabRun) -> str:
    links = (
        f'What the cells put out: <a href="{escape(run.page.name)}">as a page</a>, '
        f'<a href="{escape(run.notebook.name)}">as a notebook</a>.'
    )
    error = f"<p>It stopped with an error:</p><pre>{escape(run.error)}</pre>" if run.error else ""
    head = "<tr><th>Exercise</th><th>Points</th><th>Verdict</th><th>Seconds</th></tr>"
    title = f"<h2>{escape(labs.find(run.lab).title)} ({escape(run.lab)})</h2><p>{run.seconds:.1f} seconds. {links}</p>"
    return f'{title}{error}<div style="overflow-x:auto"><table>{head}{"".join(_rows(run))}</table></div>'


def _rows(run: LabRun) -> Iterator[str]:
    for score in run.scores:
        record = score.record
        yield (
            f'<tr><td class="short">{escape(record.exercise)}</td>'
            f'<td class="short">{record.earned} of {record.points}</td>'
            f'<td class="verdict" style="border-left-color:{BORDERS[record.outcome]}">'
            f"<strong>{MARKS[record.outcome]} {record.outcome}</strong><div>{marked(record.text)}</div></td>"
            f'<td class="short">{score.seconds:.1f}</td></tr>'
        )
