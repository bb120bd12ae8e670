"""Texts of payloads and of objects as attributes of events."""

__all__ = ["MOST_CHARACTERS", "attribute_text"]

MOST_CHARACTERS = 1024
"""Of one attribute; the data has the whole. Each may take 12 bytes of a header, of which an ingress
reads 128 KiB."""


def attribute_text(value: object) -> str | None:
    """A string, number or boolean of JSON as an attribute's text, without what CloudEvents forbids
    there (1.0.2, Type System: control characters, surrogates, non-characters); None for anything
    else, and where nothing is left.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if not isinstance(value, str):
        return None
    kept = value[:MOST_CHARACTERS]
    if not (kept.isascii() and kept.isprintable()):
        kept = "".join(each for each in kept if _is_legal(ord(each)))
    return kept or None


def _is_legal(code: int) -> bool:
    if code < 0x20 or 0x7F <= code <= 0x9F or 0xD800 <= code <= 0xDFFF:
        return False
    return not (0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE)
