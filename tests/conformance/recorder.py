"""A plugin that keeps each JSON reply that Google's clients were given: one JSON object a line, a file a process.

It is loaded by `-p recorder` into the test runs whose replies `discovery` then checks.
"""

import json
import os
from pathlib import Path

import requests


def pytest_configure():
    folder = Path(os.environ["REPLIES"])
    folder.mkdir(parents=True, exist_ok=True)
    _record_into(folder / f"{os.getpid()}.jsonl")


def _record_into(path):
    send = requests.adapters.HTTPAdapter.send

    def send_and_record(adapter, request, **options):
        reply = send(adapter, request, **options)
        if _is_json_of_an_api(request, reply) and not options.get("stream"):
            line = {"verb": request.method, "url": request.url, "status": reply.status_code, "body": reply.text}
            with path.open("a") as file:
                file.write(json.dumps(line) + "\n")
        return reply

    requests.adapters.HTTPAdapter.send = send_and_record


def _is_json_of_an_api(request, reply):
    # An object that holds JSON has nobody's schema; loopback is the metadata server.
    is_object, is_metadata = "alt=media" in request.url, request.url.startswith("http://")
    return "json" in reply.headers.get("content-type", "") and not is_object and not is_metadata
