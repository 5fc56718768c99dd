"""Every recorded reply against Google's discovery documents, which google-api-python-client brings along."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.conformance.outcome import Outcome
from tests.conformance.schema import Schemas

# Not a message in JSON but the body itself, of whatever type: google/api/httpbody.proto.
_ANY_BODY = re.compile(r"(Google\w*)?HttpBody")

_INDEX = re.compile(r"\[\d+\]")
_REGION = re.compile(r"^[a-z]+-[a-z]+\d+-")

# Cloud Storage's paths for bytes lead to the same methods as those without a prefix.
_MEDIA_PREFIX = re.compile(r"^/(resumable/upload|upload|download)(?=/)")


@dataclass(frozen=True)
class Reply:
    """A line of the recording."""

    verb: str
    url: str
    status: int
    body: str

    @property
    def documented_verb(self) -> str:
        """A resumable upload goes on with PUT; the documents know the POST that begins it."""
        return "POST" if "upload_id=" in self.url else self.verb

    @property
    def host(self) -> str:
        return _REGION.sub("", urlsplit(self.url).hostname or "")

    @property
    def path(self) -> str:
        # Operations are polled under /ui/, a binding that the documents leave out.
        return _MEDIA_PREFIX.sub("", urlsplit(self.url).path).replace("/ui/", "/v1/", 1)

    @property
    def enums_as_ints(self) -> bool:
        return any("enum-encoding=int" in value for value in parse_qs(urlsplit(self.url).query).get("$alt", ()))


def check(replies: Path) -> Outcome:
    """The outcome for all that was recorded into a folder."""
    checked = invalid = 0
    problems: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    for reply in _recorded(replies):
        method = _method(reply)
        if method is None:
            unknown[f"{reply.verb} {reply.host}"] += 1
            continue
        found = set(_problems(reply, method))
        problems.update(found)
        checked += 1
        invalid += bool(found)
    failed = tuple(f"{line} ({count} times)" for line, count in problems.most_common())
    note = f"{sum(unknown.values())} more are of no method of a document: {', '.join(unknown) or 'none'}"
    return Outcome("replies by Google's discovery documents", checked, checked - invalid, checked, failed, note)


def _recorded(folder: Path) -> Iterator[Reply]:
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text().splitlines():
            reply = Reply(**json.loads(line))
            if reply.status == 200 and reply.body and not reply.path.startswith("/retry_test"):
                yield reply


@dataclass(frozen=True)
class _Method:
    document: "_Document"
    id: str
    verb: str
    pattern: re.Pattern[str]
    literal: int  # how many characters of the path are not a variable's
    response: str

    def takes(self, reply: Reply) -> bool:
        return self.verb == reply.documented_verb and bool(self.pattern.fullmatch(reply.path))


class _Document:
    def __init__(self, content: Mapping[str, Any]) -> None:
        self._content = content
        self.schemas: Mapping[str, Any] = content.get("schemas", {})

    @cached_property
    def methods(self) -> list[_Method]:
        return list(self._in(self._content))

    def _in(self, resource: Mapping[str, Any]) -> Iterator[_Method]:
        for method in resource.get("methods", {}).values():
            path = "/" + self._content["servicePath"] + method.get("flatPath", method["path"])
            parts = re.split(r"\{[^}]+\}", path)
            pattern = re.compile("[^/]+".join(map(re.escape, parts)))
            literal = sum(map(len, parts))
            response = method.get("response", {}).get("$ref", "")
            yield _Method(self, method["id"], method["httpMethod"], pattern, literal, response)
        for inner in resource.get("resources", {}).values():
            yield from self._in(inner)


@cache
def _documents(host: str) -> list[_Document]:
    """Those of all versions of the API at a host."""
    folder = files("googleapiclient") / "discovery_cache" / "documents"
    name = host.partition(".")[0]
    paths = [path for path in folder.iterdir() if re.fullmatch(rf"{re.escape(name)}\.v\d+(beta\d*)?\.json", path.name)]
    return [_Document(json.loads(path.read_text())) for path in paths]


def _method(reply: Reply) -> _Method | None:
    fitting = [method for each in _documents(reply.host) for method in each.methods if method.takes(reply)]
    return max(fitting, key=lambda method: method.literal, default=None)


def _problems(reply: Reply, method: _Method) -> Iterator[str]:
    if _ANY_BODY.fullmatch(method.response):
        return
    schemas = Schemas(method.document.schemas, reply.enums_as_ints)
    try:
        value = json.loads(reply.body)
    except ValueError:
        yield f"{method.id}: the reply is not JSON"
        return
    schema = {"$ref": method.response} if method.response else {"type": "object"}
    for problem in schemas.problems(schema, value):
        # Ids and indices aside, so that one mistake is one line.
        yield f"{method.id}: {_INDEX.sub('[]', problem)[:200]}"
