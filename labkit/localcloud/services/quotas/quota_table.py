"""The quotas this cloud knows, with what a project has of each before it asks for more.

Sources, as of 2026-11: Compute Engine's on a free trial as students saw them (issue 163 of
GoogleCloudPlatform/data-science-on-gcp: CPUS 12, INSTANCES 21, DISKS_TOTAL_GB 2596, IN_USE_ADDRESSES 5; no GPU on any
new project), its other figures are round ones near them; Vertex AI's from its page of quotas, for us-central1.
"""

from __future__ import annotations

from dataclasses import dataclass

# https://cloud.google.com/compute/docs/regions-zones, those with GPUs of the kinds below.
REGIONS = (
    "asia-east1",
    "asia-northeast1",
    "asia-south1",
    "asia-southeast1",
    "europe-west1",
    "europe-west2",
    "europe-west3",
    "europe-west4",
    "northamerica-northeast1",
    "us-central1",
    "us-east1",
    "us-east4",
    "us-west1",
    "us-west4",
)

COMPUTE = "compute.googleapis.com"
VERTEX = "aiplatform.googleapis.com"


@dataclass(frozen=True)
class Quota:
    """One limit: of a whole project, or of a project in each region.

    `trial` is what a project on a free trial or without billing has, `paid` what any other has. `on_request` is the
    most that is granted to a request without a person at Google looking at it: nobody here does.
    """

    service: str
    quota_id: str
    metric: str
    title: str
    trial: int
    paid: int
    on_request: int
    regional: bool = True


def _compute(quota_id: str, title: str, trial: int, paid: int, on_request: int) -> Quota:
    """Compute Engine names a quota after its metric: NVIDIA-T4-GPUS-per-project-region limits nvidia_t4_gpus."""
    name, _, scope = quota_id.partition("-per-project")
    metric = f"{COMPUTE}/{name.lower().replace('-', '_')}"
    return Quota(COMPUTE, quota_id, metric, title, trial, paid, on_request, regional=scope == "-region")


def _training(words: str, title: str, limit: int) -> Quota:
    """Vertex AI's: custom_model_training_nvidia_t4_gpus is CustomModelTrainingNvidiaT4GpusPerProjectPerRegion."""
    metric = f"custom_model_training_{words}"
    quota_id = "".join(word.capitalize() for word in metric.split("_")) + "PerProjectPerRegion"
    return Quota(VERTEX, quota_id, f"{VERTEX}/{metric}", title, trial=limit, paid=limit, on_request=limit)


QUOTAS = (
    _compute("GPUS-ALL-REGIONS-per-project", "GPUs (all regions)", trial=0, paid=0, on_request=1),
    _compute("NVIDIA-T4-GPUS-per-project-region", "NVIDIA T4 GPUs", trial=0, paid=1, on_request=4),
    _compute("NVIDIA-L4-GPUS-per-project-region", "NVIDIA L4 GPUs", trial=0, paid=1, on_request=4),
    _compute("NVIDIA-V100-GPUS-per-project-region", "NVIDIA V100 GPUs", trial=0, paid=1, on_request=1),
    _compute("NVIDIA-A100-GPUS-per-project-region", "NVIDIA A100 GPUs", trial=0, paid=0, on_request=0),
    _compute(
        "PREEMPTIBLE-NVIDIA-T4-GPUS-per-project-region", "Preemptible NVIDIA T4 GPUs", trial=0, paid=1, on_request=4
    ),
    _compute(
        "PREEMPTIBLE-NVIDIA-L4-GPUS-per-project-region", "Preemptible NVIDIA L4 GPUs", trial=0, paid=1, on_request=4
    ),
    _compute("CPUS-per-project-region", "CPUs", trial=12, paid=24, on_request=72),
    _compute("CPUS-ALL-REGIONS-per-project", "CPUs (all regions)", trial=20, paid=32, on_request=96),
    _compute("INSTANCES-per-project-region", "VM instances", trial=21, paid=24, on_request=72),
    _compute(
        "DISKS-TOTAL-GB-per-project-region", "Persistent disk standard (GB)", trial=2596, paid=4096, on_request=8192
    ),
    _compute("SSD-TOTAL-GB-per-project-region", "Persistent disk SSD (GB)", trial=250, paid=500, on_request=2048),
    _compute("IN-USE-ADDRESSES-per-project-region", "In-use IP addresses", trial=5, paid=8, on_request=24),
    _training("cpus", "Custom model training CPUs for N1/E2 machine types per region", 2200),
    _training("n2_cpus", "Custom model training CPUs for N2 machine types per region", 450),
    _training("nvidia_t4_gpus", "Custom model training Nvidia T4 GPUs per region", 12),
    _training("nvidia_p4_gpus", "Custom model training Nvidia P4 GPUs per region", 6),
    _training("nvidia_v100_gpus", "Custom model training Nvidia V100 GPUs per region", 6),
    _training("nvidia_a100_gpus", "Custom model training Nvidia A100 GPUs per region", 8),
    _training("nvidia_l4_gpus", "Custom model training Nvidia L4 GPUs per region", 0),
    _training("nvidia_a100_80gb_gpus", "Custom model training Nvidia A100 80GB GPUs per region", 0),
    _training("nvidia_h100_gpus", "Custom model training Nvidia H100 GPUs per region", 0),
)


def find(service: str, quota_id: str) -> Quota | None:
    """The quota of a service by its id."""
    return next((quota for quota in QUOTAS if (quota.service, quota.quota_id) == (service, quota_id)), None)


def of_metric(metric: str) -> Quota:
    """The quota that limits a metric such as "compute.googleapis.com/nvidia_t4_gpus". Raises KeyError."""
    for quota in QUOTAS:
        if quota.metric == metric:
            return quota
    raise KeyError(metric)
