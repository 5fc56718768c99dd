from pathlib import Path

from labkit.localcloud import support

README = Path(support.__file__).parent / "README.md"


def test_the_support_table_in_the_readme_is_what_is_written():
    assert support.table() in README.read_text()


def test_the_table_tells_what_behaves_from_what_does_not():
    (jobs,) = [line for line in support.table().splitlines() if ".JobService`" in line]
    _, _, behaves, _, unimplemented, _ = jobs.split("|")

    assert "`CreateCustomJob`" in behaves
    assert "`CreateHyperparameterTuningJob`" in unimplemented


def test_the_table_tells_what_only_stores():
    (budgets,) = [line for line in support.table().splitlines() if ".BudgetService`" in line]
    _, _, behaves, stores, _, _ = budgets.split("|")

    assert "`GetBudget`" in behaves
    assert "`CreateBudget`" in stores
