"""XML in and out: replies are small trees of names, texts and children; what clients send may define no entities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage.xml import refusals

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

# Lists have the one, multipart uploads the other: https://cloud.google.com/storage/docs/xml-api/reference-methods
LISTS = "http://doc.s3.amazonaws.com/2006-03-01"
UPLOADS = "http://s3.amazonaws.com/doc/2006-03-01/"

_DECLARATION = "<?xml version='1.0' encoding='UTF-8'?>"


@dataclass(frozen=True)
class Node:
    """An element with a text or with children."""

    name: str
    content: str | Sequence[Node] = ""
    namespace: str = ""

    def __str__(self) -> str:
        attribute = f" xmlns='{self.namespace}'" if self.namespace else ""
        content = escape(_visible(self.content)) if isinstance(self.content, str) else "".join(map(str, self.content))
        return f"<{self.name}{attribute}>{content}</{self.name}>"


def render(root: Node) -> bytes:
    """A whole document."""
    return (_DECLARATION + str(root)).encode()


def parse(data: bytes) -> Element:
    """The root of what a client sent. Raises MalformedXML, also for what tries to define entities."""
    from defusedxml import DefusedXmlException, ElementTree

    try:
        root: Element = ElementTree.fromstring(data)
    except (ElementTree.ParseError, DefusedXmlException) as error:
        raise refusals.malformed(f"The document is not well-formed: {error}") from error
    return root


def children(element: Element, name: str) -> list[Element]:
    """The children of this name in any namespace: clients write Google's, Amazon's or none."""
    return [child for child in element if _local(child) == name]


def text(element: Element, name: str) -> str:
    """The text of a child; empty where there is none."""
    found = children(element, name)
    return (found[0].text or "").strip() if found else ""


def number(element: Element, name: str) -> int:
    """The number in a child. Raises INVALID_ARGUMENT."""
    value = text(element, name)
    if not value.isdecimal():
        raise ApiError.invalid(f"<{name}> must be a whole number; got '{value}'.")
    return int(value)


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _visible(value: str) -> str:
    # XML 1.0 has no way to write most control characters, which an object's name may hold.
    return "".join(c if c >= " " or c in "\t\n\r" else "\N{REPLACEMENT CHARACTER}" for c in value)
