import json

import nbformat

from labkit.authoring.render import render
from labkit.authoring.source import Cell

CELLS = (
    Cell("markdown", "# Title", 1),
    Cell("code", "x = 1", 3),
    Cell("code", "x = 1", 5),
    Cell("code", "bucket = ...", 7, exercise="bucket"),
    Cell("code", 'lab.check("bucket")', 9, checks="bucket"),
)


def cells():
    return json.loads(render(CELLS, {"bucket": 2}))["cells"]


def test_rendering_twice_gives_the_same_bytes():
    assert render(CELLS, {"bucket": 2}) == render(CELLS, {"bucket": 2})


def test_the_notebook_is_valid_and_has_no_outputs():
    text = render(CELLS, {"bucket": 2})
    notebook = nbformat.reads(text, as_version=4)

    nbformat.validate(notebook)
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells)
    assert text.endswith("}\n")


def test_ids_come_from_the_exercise_or_from_the_text_and_are_unique():
    ids = [cell["id"] for cell in cells()]

    assert ids[3:] == ["answer-bucket", "check-bucket"]
    assert len(set(ids)) == len(ids)
    assert ids[2] == f"{ids[1]}-2"


def test_a_changed_neighbour_leaves_other_ids_alone():
    before = json.loads(render(CELLS, {"bucket": 2}))["cells"]
    after = json.loads(render((Cell("markdown", "# New", 1), *CELLS), {"bucket": 2}))["cells"]

    assert [cell["id"] for cell in after[1:]] == [cell["id"] for cell in before]


def test_graded_cells_carry_nbgraders_metadata():
    answer, check = (cell["metadata"]["nbgrader"] for cell in cells()[3:])

    common = {"schema_version": 3, "task": False}
    assert answer == {**common, "grade_id": "bucket", "grade": False, "solution": True, "locked": False}
    assert check == {
        **common,
        "grade_id": "check_bucket",
        "grade": True,
        "solution": False,
        "locked": True,
        "points": 2,
    }


def test_check_cells_are_tagged():
    assert cells()[4]["metadata"]["tags"] == ["labkit-check"]
    assert "tags" not in cells()[3]["metadata"]
