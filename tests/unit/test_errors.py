import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from labkit.errors import BrokenCheckError, UnknownNameError


@pytest.fixture
def shown(monkeypatch, tmp_path):
    """What a notebook shows for an error, by IPython's own means."""
    shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}), ipython_dir=str(tmp_path))
    texts = []
    monkeypatch.setattr(shell, "_showtraceback", lambda kind, error, lines: texts.append("\n".join(lines)))

    def show(code, **names):
        shell.user_ns.update(names)
        shell.run_cell(code)
        return texts[-1]

    return show


def test_a_notebook_shows_the_message_without_our_lines(shown):
    text = shown("raise UnknownNameError('exercise', 'buckt', ['bucket'])", UnknownNameError=UnknownNameError)

    assert text == "UnknownNameError: There is no exercise 'buckt'. Did you mean 'bucket'?"


def test_a_broken_check_is_shown_with_its_cause(shown):
    code = "try:\n    1 / 0\nexcept Exception as error:\n    raise BrokenCheckError('06', 'job', error) from error"

    text = shown(code, BrokenCheckError=BrokenCheckError)

    assert text.startswith("Traceback")
    assert "ZeroDivisionError: division by zero" in text
    assert "This is a fault of the lab" in text
