"""Which call meets which fault, how often, and what is written down of it."""

import random

import pytest

from labkit.localcloud.core.faults import Exchange, Fault, Faults, Kind, Rule
from labkit.localcloud.core.ids import Ids
from labkit.localcloud.errors import Code
from tests.fakes import FakeClock

STORAGE = "storage.googleapis.com"
GET = Exchange(STORAGE, "storage.objects.get", "b/lab-data/o/train/x.csv")
LIST = Exchange(STORAGE, "storage.objects.list", "b/lab-data")
ERROR = Fault(Kind.ERROR)
RESET = Fault(Kind.RESET)


@pytest.fixture
def faults():
    return Faults(FakeClock(), Ids(random.Random(1)))


def strikes(faults, *exchanges):
    """The kinds that strike these calls, one after the other."""
    due = [faults.due(exchange) for exchange in exchanges]
    return [each.fault.kind if each and each.take() else None for each in due]


@pytest.mark.parametrize(
    "patterns",
    [
        {},
        {"service": "storage.*"},
        {"method": "storage.objects.get"},
        {"method": "storage.objects.*", "resource": "b/lab-data/*"},
    ],
)
def test_a_rule_strikes_what_its_patterns_cover(faults, patterns):
    faults.add([Rule(ERROR, **patterns)])

    assert strikes(faults, GET) == [Kind.ERROR]


@pytest.mark.parametrize(
    "patterns", [{"service": "storage"}, {"method": "storage.objects.list"}, {"resource": "b/lab"}, {"test_id": "t"}]
)
def test_a_rule_spares_all_else(faults, patterns):
    faults.add([Rule(ERROR, **patterns)])

    assert strikes(faults, GET) == [None]


def test_a_rule_strikes_as_often_as_it_says(faults):
    faults.add([Rule(ERROR, times=2)])

    assert [faults.due(GET).take() for _ in range(2)] == [True, True]
    assert faults.due(GET) is None


def test_a_rule_without_times_has_no_end(faults):
    faults.add([Rule(ERROR, times=None)])

    assert all(faults.due(GET).take() for _ in range(50))


def test_of_two_calls_that_wait_for_one_fault_one_meets_it(faults):
    faults.add([Rule(ERROR)])

    assert strikes(faults, GET, GET) == [Kind.ERROR, None]


def test_the_same_seed_gives_the_same_run(faults):
    def run(seed):
        script = faults.add([Rule(ERROR, times=None, probability=0.5, seed=seed)])
        struck = [faults.due(GET) is not None for _ in range(64)]
        faults.remove(script.id)
        return struck

    assert run(1) == run(1)
    assert run(1) != run(2)
    assert 16 < sum(run(1)) < 48


def test_a_later_rule_waits_for_those_before_it(faults):
    script = faults.add([Rule(ERROR, method="storage.objects.list"), Rule(RESET)])

    assert strikes(faults, GET) == [None]
    assert strikes(faults, LIST) == [Kind.ERROR]
    assert strikes(faults, GET) == [Kind.RESET]
    assert script.is_completed


def test_scripts_do_not_wait_for_one_another(faults):
    faults.add([Rule(ERROR, method="storage.objects.list")])
    faults.add([Rule(RESET)])

    assert strikes(faults, GET) == [Kind.RESET]


def test_a_rule_of_a_test_strikes_its_requests_only(faults):
    faults.add([Rule(ERROR, test_id="t")])

    assert strikes(faults, GET) == [None]
    assert strikes(faults, Exchange(GET.service, GET.method, GET.resource, test_id="t")) == [Kind.ERROR]


def test_what_struck_is_written_down(faults):
    script = faults.add([Rule(ERROR)])
    strikes(faults, LIST, GET)

    assert [(line.script, line.exchange, line.fault) for line in faults.record] == [(script.id, LIST, ERROR)]


def test_what_is_removed_strikes_no_more(faults):
    script = faults.add([Rule(ERROR)])

    assert faults.remove(script.id)
    assert not faults.remove(script.id)
    assert faults.due(GET) is None


def test_an_error_has_the_status_of_its_code_or_one_of_its_own():
    assert Fault(Kind.ERROR, Code.RESOURCE_EXHAUSTED).status == 429
    assert Fault(Kind.ERROR, http=408).status == 408
