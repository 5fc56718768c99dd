from pathlib import Path

import pytest

from labkit.authoring.source import read_source
from labkit.errors import SourceError

SOURCE = """\
# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# # Title

# %%
client = 1

# %% exercise="bucket"
given = 1

# --- answer | bucket = ...
bucket = given + 1
other = 2
# --- end
print(bucket)

# %%
lab.check("bucket")
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "00_lab.py"
    path.write_text(text)
    return path


def test_cells_keep_their_order_kind_and_line(tmp_path):
    source = read_source(write(tmp_path, SOURCE))

    assert source.id == "00_lab"
    assert [(cell.kind, cell.line) for cell in source.cells] == [
        ("markdown", 8),
        ("code", 11),
        ("code", 14),
        ("code", 23),
    ]


def test_blank_lines_between_cells_are_layout(tmp_path):
    spread = SOURCE.replace("client = 1\n", "client = 1\n\n")

    assert [cell.text for cell in read_source(write(tmp_path, spread)).cells] == [
        cell.text for cell in read_source(write(tmp_path, SOURCE)).cells
    ]


def test_an_answer_region_has_its_stub_and_what_is_given_around_it(tmp_path):
    region = read_source(write(tmp_path, SOURCE)).answers()["bucket"].region

    assert region.stub == "bucket = ..."
    assert region.answer == "bucket = given + 1\nother = 2"
    assert region.filled("bucket = 7") == "given = 1\n\nbucket = 7\nprint(bucket)"


def test_the_solution_has_no_trace_of_the_markers(tmp_path):
    text = read_source(write(tmp_path, SOURCE)).answers()["bucket"].text

    assert text == "given = 1\n\nbucket = given + 1\nother = 2\nprint(bucket)"


def test_an_indented_region_is_filled_at_its_indentation(tmp_path):
    path = write(tmp_path, '# %% exercise="x"\nwith a:\n    # --- answer | x = ...\n    x = 1\n    # --- end\n')

    region = read_source(path).answers()["x"].region

    assert region.filled("x = 2\nif x:\n    y = 3") == "with a:\n    x = 2\n    if x:\n        y = 3"


def test_a_check_cell_is_known_by_its_call(tmp_path):
    assert list(read_source(write(tmp_path, SOURCE)).checks()) == ["bucket"]


def test_a_script_becomes_a_writefile_cell(tmp_path):
    path = write(tmp_path, '# %% writefile="train.py"\n')
    (tmp_path / "00_lab").mkdir()
    (tmp_path / "00_lab" / "train.py").write_text("print(1)\n")

    assert read_source(path).cells[0].text == "%%writefile train.py\nprint(1)"


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ('# %%\nx = 1\n\n# %% exercise="x"\nx = 1\n', 4, "no answer region"),
        ("# %%\n# --- answer | x = ...\nx = 1\n# --- end\n", 1, "without its exercise"),
        ('# %% exercise="x"\n# --- answer | x = \nx = 1\n# --- end\n', 2, "not valid Python"),
        ('# %% exercise="x"\n# --- answer\nx = 1\n# --- end\n', 2, "the stub is missing"),
        ('# %% exercise="x"\n# --- answer | x = ...\n\n# --- end\n', 2, "is empty"),
        ('# %% exercise="x"\ny = 1\n# --- answer | x = ...\nx = 1\n', 3, "one '# --- answer | stub' and then one"),
        ('# %% exercise="x"\n# --- end\n# --- answer | x = ...\nx = 1\n', 3, "and then one '# --- end'"),
        (
            '# %% exercise="x"\n# --- answer | x = ...\nx = 1\n# --- end\n# --- answer | y = ...\ny = 1\n# --- end\n',
            2,
            "one '# --- answer | stub' and then one",
        ),
        ('# %%\nlab.check("x")\nprint(1)\n', 1, "stands alone"),
        ('# %%\nlab.check("x")\n\n# %%\nlab.check("x")\n', 4, "a second check for 'x'; the first is at line 1"),
        ('# %% exercize="x"\nx = 1\n', 1, "unknown cell option 'exercize'"),
        ("# %% exercise=7\nx = 1\n", 1, "write it as text"),
        ('# %% writefile="train.py"\n', 1, "does not exist"),
        ('# %% writefile="train.py"\nx = 1\n', 1, "no text of its own"),
        ("x = 1\n\n# %%\ny = 1\n", 1, "begin every cell with its own '# %%'"),
    ],
)
def test_a_mistake_is_reported_with_its_file_and_line(tmp_path, text, line, problem):
    path = write(tmp_path, text)

    with pytest.raises(SourceError) as caught:
        read_source(path)

    assert (caught.value.path, caught.value.line) == (path, line)
    assert problem in str(caught.value)
    assert str(caught.value).startswith(f"{path}:{line}: ")
