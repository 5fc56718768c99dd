"""The work of a small job: say what the machine knows, then leave a file where the results belong."""

import os
import time
from pathlib import Path

for name in sorted(os.environ):
    if name.startswith(("AIP_", "CLOUD_ML_")):
        print(f"{name} = {os.environ[name]}", flush=True)

time.sleep(1)  # The work. A training script would train here.

results = Path(os.environ["AIP_MODEL_DIR"].replace("gs://", "/gcs/", 1))
results.mkdir(parents=True, exist_ok=True)
(results / "answer.txt").write_text("42\n")
print(f"wrote {results / 'answer.txt'}", flush=True)
