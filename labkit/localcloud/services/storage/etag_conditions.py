"""`If-Match` and `If-None-Match` on reads.

Source: https://cloud.google.com/storage/docs/request-preconditions#special-headers
"""

from __future__ import annotations

from collections.abc import Mapping

from labkit.localcloud.services.storage import refusals

_ANY = "*"


def check_etag(headers: Mapping[str, str], etag: str) -> None:
    """Raises conditionNotMet, or notModified where the caller has what is stored."""
    wanted, unwanted = _etags(headers.get("if-match", "")), _etags(headers.get("if-none-match", ""))
    if wanted and not wanted & {etag, _ANY}:
        raise refusals.condition_not_met()
    if unwanted & {etag, _ANY}:
        raise refusals.not_modified()


def _etags(header: str) -> set[str]:
    """The etags in a header; clients write them with and without quotes."""
    return {etag.strip().removeprefix("W/").strip('"') for etag in header.split(",") if etag.strip()}
