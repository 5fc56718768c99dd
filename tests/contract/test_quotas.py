import pytest
from google.api_core import exceptions
from google.cloud import cloudquotas_v1

COMPUTE = "compute.googleapis.com"


@pytest.fixture
def quotas(client_of):
    return client_of(cloudquotas_v1.CloudQuotasClient)


def test_a_trial_project_has_no_gpu_and_may_not_ask_for_one(quotas, cloud):
    name = f"projects/{cloud.project}/locations/global/services/{COMPUTE}/quotaInfos/GPUS-ALL-REGIONS-per-project"
    info = quotas.get_quota_info(name=name)

    assert [each.details.value for each in info.dimensions_infos] == [0]
    reasons = cloudquotas_v1.QuotaIncreaseEligibility.IneligibilityReason
    assert info.quota_increase_eligibility.ineligibility_reason == reasons.NO_VALID_BILLING_ACCOUNT
    with pytest.raises(exceptions.GoogleAPICallError) as refused:
        quotas.create_quota_preference(
            parent=f"projects/{cloud.project}/locations/global",
            quota_preference={
                "service": COMPUTE,
                "quota_id": "GPUS-ALL-REGIONS-per-project",
                "quota_config": {"preferred_value": 1},
                "contact_email": "student@example.com",
            },
        )
    assert refused.value.reason == "NO_VALID_BILLING_ACCOUNT"


def test_limits_of_training_are_listed(quotas, cloud):
    parent = f"projects/{cloud.project}/locations/global/services/aiplatform.googleapis.com"
    limits = {
        info.metric.partition("/")[2]: info.dimensions_infos[0].details.value
        for info in quotas.list_quota_infos(parent=parent)
    }

    assert limits["custom_model_training_nvidia_t4_gpus"] == 12
    assert limits["custom_model_training_nvidia_l4_gpus"] == 0


def test_less_is_granted_at_once(quotas, cloud, transport):
    parent = f"projects/{cloud.project}/locations/global"
    region = {"rest": "asia-east1", "grpc": "asia-south1"}[transport]
    made = quotas.create_quota_preference(
        parent=parent,
        quota_preference_id=f"fewer-cpus-{transport}",
        quota_preference={
            "service": COMPUTE,
            "quota_id": "CPUS-per-project-region",
            "dimensions": {"region": region},
            "quota_config": {"preferred_value": 4},
        },
    )

    assert (made.reconciling, made.quota_config.granted_value) == (False, 4)
    assert quotas.get_quota_preference(name=made.name) == made
    assert made in list(quotas.list_quota_preferences(parent=parent))


def test_asking_takes_its_permission(client_of, cloud):
    strangers = client_of(cloudquotas_v1.CloudQuotasClient, "stranger@example.com")
    with pytest.raises(exceptions.Forbidden) as refused:
        strangers.create_quota_preference(parent=f"projects/{cloud.project}/locations/global", quota_preference={})

    assert refused.value.metadata["permission"] == "cloudquotas.quotas.update"


def test_gcloud_reads_a_limit_and_asks_for_less(gcloud_of, cloud):
    on = [f"--project={cloud.project}", f"--service={COMPUTE}"]
    listed = gcloud_of("beta", "quotas", "info", "list", *on, "--format=value(quotaId)").split()
    assert "NVIDIA-T4-GPUS-per-project-region" in listed

    asked = ["--quota-id=CPUS-per-project-region", "--preferred-value=6", "--dimensions=region=europe-west3"]
    gcloud_of("beta", "quotas", "preferences", "create", *on, *asked, "--preference-id=by-gcloud")
    named = ["by-gcloud", f"--project={cloud.project}", "--format=value(quotaConfig.grantedValue)"]
    assert gcloud_of("beta", "quotas", "preferences", "describe", *named).strip() == "6"
