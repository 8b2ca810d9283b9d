"""Decode the bytes of a document, in UTF-8 or UTF-16."""

from __future__ import annotations

import codecs


def decode_text(content: bytes) -> tuple[str, bool]:
    """Return a file's text, and whether all of it was UTF-8; each wrong byte becomes U+FFFD.

    UTF-16 is recognised by its byte order mark or by its zero bytes. Other zero bytes stay; such a file is not text.
    """
    other = _utf_16(content)
    if other is not None:
        try:
            return content.decode(other), False
        except UnicodeDecodeError:
            pass  # decoded as damaged text below
    try:
        return content.decode("utf-8-sig"), b"\0" not in content
    except UnicodeDecodeError:
        return content.decode("utf-8-sig", errors="replace"), False


def _utf_16(content: bytes) -> str | None:
    """Return the name of a file's UTF-16 encoding, or None."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = content[0:2000:2].count(0), content[1:2000:2].count(0)
    # In western text every second byte is zero; a picture has zeros at both positions.
    if min(even, odd) == 0 and max(even, odd) > len(content[:2000]) // 4:
        return "utf-16-le" if odd else "utf-16-be"
    return None
