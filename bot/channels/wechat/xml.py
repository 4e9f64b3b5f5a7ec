"""The flat XML that WeChat and WeCom push."""

from __future__ import annotations

from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from bot.errors import MalformedRequest


def read_xml(body: bytes) -> dict[str, str]:
    """Return the texts of the root's children by their names; what is nested deeper is left out.

    Raises MalformedRequest for what is no XML, and for document types and entities.
    """
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise MalformedRequest("the body is not the XML that the platform documents") from error
    return {child.tag: child.text or "" for child in root}
