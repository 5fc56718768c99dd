"""The walk, with a kernel that runs code in this process: through a sound lab, and through labs with faults."""

import io
from types import SimpleNamespace

import pytest
from rich.console import Console

from labkit.authoring.kernel import Ran
from labkit.authoring.source import read_source
from labkit.authoring.verify import Walk, table
from labkit.checking.exercise import LabDefinition, WrongAnswer, exercise
from labkit.checking.result import Record
from labkit.checking.verdict import Failed, Passed
from labkit.lab import Lab
from labkit.progress import Progress
from labkit.project import Plan
from tests.fakes import FakeClock

SOURCE = """\
# %%
world = {"left": 0}

# %% [markdown]
# Text

# %% exercise="x"
# --- answer | x = ...
x = "42"
# --- end

# %%
lab.check("x")

# %%
done = True
"""

WRONG = (
    WrongAnswer("low", 'x = "41"; world["left"] += 1', "41 is too low", undo='world["left"] -= 1'),
    WrongAnswer("raises", 'x = "43"\nraise RuntimeError("as a failed job does")', "43 is too high"),
)


def careful(answers, cloud):
    x = int(answers.text("x"))
    if x != 42:
        return Failed(f"{x} is too {'low' if x < 42 else 'high'}", "42", "try again")
    return Passed("42")


def lenient(answers, cloud):
    answers.text("x")
    return Passed("anything goes")


class KernelHere:
    """Runs cells in a dictionary; a check's verdict is what `lab.check` returns."""

    def __init__(self, definition, folder):
        self.names = {}
        cloud = SimpleNamespace(name="local", project="p", region="r", ensure=lambda: None)
        self.names["lab"] = Lab(
            definition, cloud, self.names, Progress(folder / "p.json", clock=FakeClock()), Plan("p")
        )

    def run(self, code):
        try:
            if code.startswith("lab.check"):
                bundle = eval(code, self.names)._repr_mimebundle_()
                return Ran((Record.from_json(bundle["application/vnd.labkit.verdict+json"]),), "")
            exec(code, self.names)
        except Exception as error:  # noqa: BLE001 - as a kernel reports whatever a cell raises.
            return Ran((), f"{type(error).__name__}: {error}")
        return Ran((), "")


@pytest.fixture
def walk(tmp_path):
    def proofs(check, text=SOURCE, wrong=WRONG):
        made = exercise("x", points=2, hints=["think"], wrong=wrong)(check)
        definition = LabDefinition("00_lab", "A lab", (made,), bills=("nothing",), services=())
        path = tmp_path / "00_lab.py"
        path.write_text(text)
        kernel = KernelHere(definition, tmp_path)
        return kernel, list(Walk(read_source(path), definition, kernel).proofs())

    return proofs


def test_a_sound_lab_holds_at_every_step(walk):
    _, proofs = walk(careful)

    assert [(found.claim.step, found.holds) for found in proofs] == [
        ("stub", True),
        ("wrong: low", True),
        ("wrong: raises", True),
        ("answer", True),
    ]


def test_every_cell_runs_and_each_mistake_is_undone(walk):
    kernel, _ = walk(careful)

    assert kernel.names["done"]
    assert kernel.names["world"] == {"left": 0}


def test_a_check_that_lets_mistakes_pass_is_found_out(walk):
    _, proofs = walk(lenient)

    assert [found.claim.step for found in proofs if not found.holds] == ["wrong: low", "wrong: raises"]


def test_a_check_that_breaks_is_found_out(walk):
    def broken(answers, cloud):
        raise KeyError("oh")

    _, proofs = walk(broken)

    assert not any(found.holds for found in proofs)
    assert "BrokenCheckError" in proofs[0].found


def test_an_answer_that_does_not_run_ends_the_walk_with_its_line(walk):
    kernel, proofs = walk(careful, SOURCE.replace('x = "42"', "x = missing"))

    assert (proofs[-1].claim.step, proofs[-1].found) == ("line 7", "NameError: name 'missing' is not defined")
    assert "done" not in kernel.names


def test_an_undo_that_fails_is_reported(walk):
    _, proofs = walk(careful, wrong=(WrongAnswer("low", 'x = "41"', "too low", undo="1 / 0"), WRONG[1]))

    (failed,) = [found for found in proofs if not found.holds]
    assert (failed.claim.step, failed.found) == ("undo: low", "ZeroDivisionError: division by zero")


def test_the_table_shows_in_full_what_does_not_hold(walk):
    _, proofs = walk(lenient)
    console = Console(width=200, record=True, file=io.StringIO())

    console.print(table(proofs))

    text = console.export_text()
    assert "wrong: low" in text
    assert "NO" in text
    assert "anything goes" in text
