"""`storage.objects` of the JSON API that make an object of others: copy, rewrite, compose, move."""

from __future__ import annotations

from dataclasses import replace

from starlette.responses import Response

from labkit.localcloud.services.storage import names
from labkit.localcloud.services.storage.attributes import ObjectAttributes
from labkit.localcloud.services.storage.call import Call
from labkit.localcloud.services.storage.composition import Composition
from labkit.localcloud.services.storage.copies import Copy, Rewrite
from labkit.localcloud.services.storage.customer_keys import CustomerKey
from labkit.localcloud.services.storage.names import Address
from labkit.localcloud.services.storage.preconditions import Preconditions, integer
from labkit.localcloud.services.storage.storage import Move, Storage


class CopyCalls:
    """Each method answers the call of the same name."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def rewrite(self, call: Call) -> Response:
        rewrite = Rewrite(
            copy=await _copy(call),
            token=call.query.get("rewriteToken", ""),
            bytes_per_call=integer(call.query, "maxBytesRewrittenPerCall"),
        )
        return call.reply(call.representations.rewrite(await self._storage.rewrite(rewrite)))

    async def copy(self, call: Call) -> Response:
        return call.reply(call.representations.object(await self._storage.copy(await _copy(call))))

    async def compose(self, call: Call) -> Response:
        target = Address(call.variables["destinationBucket"], call.variables["destinationObject"])
        names.check_object(target.name)
        body = await call.body()
        composition = Composition.from_json(target, body, call.preconditions)
        for part in composition.parts:
            source = Address(target.bucket, part.name)
            call.caller.require_on_object("storage.objects.get", source, part.generation)
            if composition.deletes_sources:
                call.caller.require_on_object("storage.objects.delete", source)
        lists = call.acl_request(body.object("destination"), "destinationPredefinedAcl")
        authorship = call.caller.writes(target, composition.attributes, lists)
        composition = replace(composition, authorship=authorship, key=call.key)
        return call.reply(call.representations.object(await self._storage.compose(composition)))

    async def move(self, call: Call) -> Response:
        target = Address(call.bucket, call.variables["destinationObject"])
        names.check_object(target.name)
        source = Address(call.bucket, call.variables["sourceObject"])
        if not call.caller.permits_on_object("storage.objects.move", source):
            for permission in ("storage.objects.get", "storage.objects.delete"):
                call.caller.require_on_object(permission, source)
        move = Move(
            source=source,
            target=target,
            source_preconditions=_source_preconditions(call),
            preconditions=call.preconditions,
            authorship=call.caller.writes(target),
        )
        return call.reply(call.representations.object(self._storage.move(move)))


async def _copy(call: Call) -> Copy:
    body = await call.body()
    attributes = ObjectAttributes.from_json(body)
    target = Address(call.variables["destinationBucket"], call.variables["destinationObject"])
    names.check_object(target.name)
    return Copy(
        source=Address(call.variables["sourceBucket"], call.variables["sourceObject"]),
        target=target,
        source_generation=integer(call.query, "sourceGeneration"),
        # Nothing said of the copy means that it takes after its source.
        attributes=None if attributes == ObjectAttributes() else attributes,
        source_preconditions=_source_preconditions(call),
        preconditions=call.preconditions,
        authorship=call.caller.writes(target, attributes, call.acl_request(body, "destinationPredefinedAcl")),
        source_key=CustomerKey.of_source(call.request.headers),
        key=call.key,
    )


def _source_preconditions(call: Call) -> Preconditions:
    return Preconditions.from_query(call.query, prefix="ifSource")
