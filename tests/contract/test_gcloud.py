"""Google's CLI, unmodified, in the redirected environment. Each call costs gcloud two seconds of its own."""

import json

import pytest

pytestmark = pytest.mark.usefixtures("local_cloud")


@pytest.fixture
def gcloud(shell):
    def run(*arguments):
        done = shell(["gcloud", "--quiet", *arguments])
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_the_account_and_the_project_are_those_of_the_metadata_server(cloud, gcloud):
    shown = json.loads(gcloud("config", "list", "--format=json"))

    assert shown["core"]["project"] == cloud.project
    assert shown["core"]["account"].endswith("-compute@developer.gserviceaccount.com")


def test_a_custom_job_is_created_and_its_log_streamed(cloud, gcloud):
    name = gcloud(
        "ai",
        "custom-jobs",
        "create",
        f"--region={cloud.region}",
        "--display-name=by-gcloud",
        "--worker-pool-spec=machine-type=n1-standard-4,replica-count=1,container-image-uri=python:3.11",
        "--command=python3,-c,print('hello from the job')",
        "--format=value(name)",
    ).strip()

    log = gcloud("ai", "custom-jobs", "stream-logs", name, "--polling-interval=1", "--task-name=workerpool0-0")

    assert "hello from the job" in log
    assert gcloud("ai", "custom-jobs", "describe", name, "--format=value(state)").strip() == "JOB_STATE_SUCCEEDED"


def test_an_endpoint_is_created_and_predicts(cloud, gcloud, tmp_path):
    region = f"--region={cloud.region}"
    server = (
        "import http.server as h,json,os\n"
        "class H(h.BaseHTTPRequestHandler):\n"
        "  def do_GET(s): s.answer({})\n"
        "  def do_POST(s):\n"
        "    request = json.loads(s.rfile.read(int(s.headers['content-length'])))\n"
        "    s.answer({'predictions': request['instances']})\n"
        "  def answer(s, c): s.send_response(200); s.end_headers(); s.wfile.write(json.dumps(c).encode())\n"
        "h.HTTPServer(('127.0.0.1', int(os.environ['AIP_HTTP_PORT'])), H).serve_forever()"
    )
    gcloud(
        "ai",
        "models",
        "upload",
        region,
        "--display-name=echo",
        "--container-image-uri=python:3.11",
        f"--container-command=^|^python3|-c|{server}",
    )
    model = gcloud("ai", "models", "list", region, "--filter=displayName=echo", "--format=value(name)").strip()
    gcloud("ai", "endpoints", "create", region, "--display-name=echo")
    endpoint = gcloud("ai", "endpoints", "list", region, "--filter=displayName=echo", "--format=value(name)").strip()
    named = [f"--model={model}", "--display-name=echo", "--machine-type=n1-standard-4", "--traffic-split=0=100"]
    gcloud("ai", "endpoints", "deploy-model", endpoint, region, *named)
    request = tmp_path / "request.json"
    request.write_text(json.dumps({"instances": [[1, 2, 3]]}))

    answer = gcloud("ai", "endpoints", "predict", endpoint, region, f"--json-request={request}", "--format=json")

    assert json.loads(answer)["predictions"] == [[1, 2, 3]]


def test_what_is_not_written_is_refused_at_once_and_by_name(cloud, shell):
    done = shell(["gcloud", "ai", "hp-tuning-jobs", "list", f"--region={cloud.region}"])

    assert done.returncode != 0
    assert "JobService.ListHyperparameterTuningJobs is not implemented" in done.stderr
