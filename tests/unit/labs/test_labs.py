import pytest

from labkit import labs
from labkit.errors import UnknownNameError


@pytest.mark.parametrize("lab", labs.ids())
def test_every_lab_is_found_under_its_own_id(lab):
    assert labs.find(lab).id == lab


def test_an_unknown_lab_offers_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean '06_training'"):
        labs.find("06_trainig")


def test_a_lab_far_from_any_lists_those_there_are():
    with pytest.raises(UnknownNameError, match=r"There are: .*06_training"):
        labs.find("zzz")
