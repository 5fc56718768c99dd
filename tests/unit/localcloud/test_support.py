from pathlib import Path

from labkit.localcloud import support

README = Path(support.__file__).parent / "README.md"


def test_the_support_table_in_the_readme_is_what_is_written():
    assert support.table() in README.read_text()


def test_the_table_tells_what_behaves_from_what_does_not():
    (jobs,) = [line for line in support.table().splitlines() if ".JobService`" in line]
    _, _, behaves, unimplemented, _ = jobs.split("|")

    assert "`CreateCustomJob`" in behaves
    assert "`CreateHyperparameterTuningJob`" in unimplemented
