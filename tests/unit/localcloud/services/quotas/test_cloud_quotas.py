import pytest

from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.services.quotas.quota_table import COMPUTE, QUOTAS, REGIONS, VERTEX

CLOUD_QUOTAS = "google.api.cloudquotas.v1.CloudQuotas"
LOCATION = "projects/labkit-student/locations/global"
T4 = "NVIDIA-T4-GPUS-per-project-region"
ALL_GPUS = "GPUS-ALL-REGIONS-per-project"


@pytest.fixture(autouse=True)
def enabled(setup):
    setup.enable("cloudquotas")


@pytest.fixture
def paid(setup):
    setup.parts.accounts.link("labkit-student", setup.course_account.name)
    return setup


def ask(setup, wanted, quota=T4, **preference):
    preference = {
        "service": COMPUTE,
        "quotaId": quota,
        "quotaConfig": {"preferredValue": wanted},
        "contactEmail": "student@example.com",
        **preference,
    }
    request = {"parent": LOCATION, "quotaPreference": preference}
    return setup.call(f"{CLOUD_QUOTAS}/CreateQuotaPreference", request)


def get(setup, preference):
    return setup.call(f"{CLOUD_QUOTAS}/GetQuotaPreference", {"name": preference.name})


def test_a_trial_has_no_gpu_and_may_not_ask_for_one(setup):
    name = f"{LOCATION}/services/{COMPUTE}/quotaInfos/{ALL_GPUS}"
    info = setup.call(f"{CLOUD_QUOTAS}/GetQuotaInfo", {"name": name})

    assert info.name == name.replace("labkit-student", setup.project.number)
    assert (info.metric, list(info.dimensions)) == ("compute.googleapis.com/gpus_all_regions", [])
    assert [(each.details.value, list(each.applicable_locations)) for each in info.dimensions_infos] == [
        (0, ["global"])
    ]
    assert not info.quota_increase_eligibility.is_eligible
    assert info.quota_increase_eligibility.ineligibility_reason == 1  # NO_VALID_BILLING_ACCOUNT
    with pytest.raises(ApiError, match=r"not eligible") as refused:
        ask(setup, 1, quota=ALL_GPUS)
    assert (refused.value.code, refused.value.reason) == (Code.FAILED_PRECONDITION, "NO_VALID_BILLING_ACCOUNT")


def test_every_quota_of_a_service_is_listed_page_by_page(setup):
    found, token = [], ""
    while True:
        request = {"parent": f"{LOCATION}/services/{VERTEX}", "pageSize": 4, "pageToken": token}
        reply = setup.call(f"{CLOUD_QUOTAS}/ListQuotaInfos", request)
        found += [info.quota_id for info in reply.quota_infos]
        token = reply.next_page_token
        if not token:
            break

    assert found == [quota.quota_id for quota in QUOTAS if quota.service == VERTEX]
    assert "CustomModelTrainingNvidiaT4GpusPerProjectPerRegion" in found


def test_a_small_request_of_a_project_that_is_paid_for_is_granted_after_its_review(paid):
    asked = ask(paid, 4, dimensions={"region": "us-central1"})
    assert (asked.reconciling, asked.quota_config.granted_value.value) == (True, 1)
    assert paid.parts.quotas.limit(paid.project, "compute.googleapis.com/nvidia_t4_gpus", "us-central1") == 1

    paid.clock.advance(minutes=1)
    settled = get(paid, asked)
    assert (settled.reconciling, settled.quota_config.granted_value.value) == (False, 4)
    limit = paid.parts.quotas.limit
    assert limit(paid.project, "compute.googleapis.com/nvidia_t4_gpus", "us-central1") == 4
    assert limit(paid.project, "compute.googleapis.com/nvidia_t4_gpus", "europe-west4") == 1


def test_a_large_request_is_denied_and_changes_nothing(paid):
    asked = ask(paid, 100)
    paid.clock.advance(minutes=1)

    settled = get(paid, asked)
    assert (settled.reconciling, settled.quota_config.granted_value.value) == (False, 1)
    assert "denied" in settled.quota_config.state_detail
    assert paid.parts.quotas.limit(paid.project, "compute.googleapis.com/nvidia_t4_gpus", "us-central1") == 1


def test_less_is_granted_at_once_even_to_a_trial(setup):
    asked = ask(setup, 2, quota="CPUS-per-project-region", contactEmail="")

    assert (asked.reconciling, asked.quota_config.granted_value.value) == (False, 2)
    assert setup.parts.quotas.limit(setup.project, "compute.googleapis.com/cpus", "us-east1") == 2


def test_a_quota_info_tells_apart_the_regions_that_were_asked_for(paid):
    ask(paid, 0, dimensions={"region": "us-central1"})
    name = f"{LOCATION}/services/{COMPUTE}/quotaInfos/{T4}"
    info = paid.call(f"{CLOUD_QUOTAS}/GetQuotaInfo", {"name": name})

    own, others = info.dimensions_infos
    assert (dict(own.dimensions), own.details.value) == ({"region": "us-central1"}, 0)
    assert (dict(others.dimensions), others.details.value) == ({}, 1)
    assert list(others.applicable_locations) == [region for region in REGIONS if region != "us-central1"]
    assert info.quota_increase_eligibility.is_eligible


def test_a_preference_is_changed_under_its_etag_and_only_validated_on_request(paid):
    asked = ask(paid, 2)
    change = {"name": asked.name, "quotaConfig": {"preferredValue": 3}, "contactEmail": "s@example.com"}

    def update(**request):
        return paid.call(f"{CLOUD_QUOTAS}/UpdateQuotaPreference", {"quotaPreference": change, **request})

    assert update(validateOnly=True).quota_config.preferred_value == 3
    assert get(paid, asked).quota_config.preferred_value == 2
    assert update().quota_config.preferred_value == 3
    change["etag"] = asked.etag
    with pytest.raises(ApiError) as refused:
        update()
    assert refused.value.code is Code.ABORTED


def test_there_is_one_preference_for_a_quota_in_a_region(paid):
    first = ask(paid, 2, dimensions={"region": "us-central1"})
    second = ask(paid, 2)

    with pytest.raises(ApiError, match=first.name) as refused:
        ask(paid, 3, dimensions={"region": "us-central1"})
    assert refused.value.code is Code.ALREADY_EXISTS
    listed = paid.call(f"{CLOUD_QUOTAS}/ListQuotaPreferences", {"parent": LOCATION, "filter": "reconciling=true"})
    assert list(listed.quota_preferences) == [first, second]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"quotaId": "NO-SUCH"}, "has no quota 'NO-SUCH'"),
        ({"dimensions": {"zone": "us-central1-a"}}, "no dimension"),
        ({"dimensions": {"region": "mars-north1"}}, "no region"),
        ({"quotaId": ALL_GPUS, "dimensions": {"region": "us-central1"}}, "no dimension"),
        ({"quotaConfig": {"preferredValue": -2}}, "preferred_value is -2"),
        ({"contactEmail": ""}, "contact_email is required"),
    ],
)
def test_a_request_that_cannot_be_is_refused(paid, change, problem):
    with pytest.raises(ApiError, match=problem):
        ask(paid, 2, **change)


def test_a_metric_without_a_quota_is_an_error_of_the_caller(setup):
    with pytest.raises(KeyError, match="warp_drives"):
        setup.parts.quotas.limit(setup.project, "compute.googleapis.com/warp_drives")
