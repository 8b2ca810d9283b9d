"""Hostile values, and mutations of valid JSON, text, pictures and file names; all chance comes from the caller."""

from __future__ import annotations

import copy
import json
import re
import struct
import zlib
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any, Final

#: Texts that layouts, terminals, paths, headers, databases and parsers have stumbled over.
TEXTS: Final = (
    "", " ", "\0", "\x1b]52;c;cHduZWQ=\x07", "\x9b31m", "\u202e", "\ufeff", "\ud800", "\udfff\ud800", "a\r\nX-Odd: 1",
    "W" * 2000, "a b " * 2000, "🎬" * 400, "e\u0301\u0327" * 300, "北京" * 300, "x" * 100_000, "../../../../etc/passwd",
    "/etc/passwd", "..\\..\\a", "%2e%2e%2f", "C:\\a", "a/b", ".", "..", "con", "-rf", "~", "http://127.0.0.1:1/",
    "http://169.254.169.254/a.jpg", "file:///etc/passwd", "http://[::1]/", "http://a@b:99999/", "nmv_usr_" + "A" * 43,
    "NaN", "1e999", "9" * 400, "-1", "null", "true", "<script>alert(1)</script>", "${a}", "=?utf-8?B?5YyX5Lqs?=",
    "::error::a%0A::set-output name=x::y", "%s%n%d", "{0.__class__}", "2026-02-30T25:61:61Z",
)  # fmt: skip
#: Numbers at and beyond the edges of machines, dates and formats.
NUMBERS: Final[tuple[object, ...]] = (
    0, -1, 1, 2, 255, 65_536, 2**31, 2**32, 2**53 + 1, 2**63, 2**64, 10**18, 10**19, 10**400, -(10**400), 0.1, -0.0,
    1e-9, 5e-324, 1e16, 1e308, -1e308, float("nan"), float("inf"), float("-inf"), True, False,
)  # fmt: skip
#: Values of other types.
OTHERS: Final[tuple[object, ...]] = (None, [], {}, [None], [[]], {"": ""}, [0] * 500, {"a": {"a": {"a": {}}}})
#: What JSON writers do not write: in place of a value.
RAW: Final = (
    b"9" * 400, b"9" * 5000, b"-" + b"9" * 5000, b"1e400", b"-0", b"01", b"+1", b"1.", b"0x10", b"1_0", b"NaN", b"[1,]",
    b"-Infinity", b"tru", b"", b"'a'", b"undefined", b'"\xed\xa0\x80"', b'"\xed\xb0\x80\xed\xa0\x80"', b'"\\ud800"',
    b'"\xff\xfe"', b'"\xc0\x80"', b'"\\u0000"', b'"\\x41"', b'"\x00"', b'"\n"', b'{"a": 1, "a": 2}', b"1 2",
    b"[" * 900 + b"]" * 900, b"[" * 100_000, b'{"a":' * 5000, b"[" + b"0," * 50_000 + b"0]",
    b"{" + b",".join(b'"k%d":0' % each for each in range(20_000)) + b"}", b"1" * 2_000_000,
    b'"' + b"a" * 1_500_000 + b'"',
)  # fmt: skip
#: The last ones are large, and so rarer.
LARGE: Final = 5
_MARK: Final = "@raw@"
_NUMBER: Final = re.compile(rb"-?\d+(?:\.\d+)?")
_QUOTED: Final = re.compile(rb'"[^"\n]*"')


def odd_value(chance: Random) -> object:
    """Return a text, a number or another value that a reader may not expect."""
    return copy.deepcopy(chance.choice(chance.choice((TEXTS, NUMBERS, OTHERS))))


def _nodes(value: object) -> list[tuple[Any, Any]]:  # Any: a dict or list, and its key or index
    found: list[tuple[Any, Any]] = []
    todo = [value]
    while todo:
        node = todo.pop()
        keys: list[Any] = (
            list(node) if isinstance(node, dict) else list(range(len(node))) if isinstance(node, list) else []
        )
        for key in keys:
            found.append((node, key))
            todo.append(node[key])  # type: ignore[index] # it has keys, so it is a dict or a list
    return found


def mutate_json(value: object, chance: Random) -> object:
    """Return a copy of a JSON value with one to three changes.

    Half of the copies are still JSON, most of them with the same types; in the others a text `@raw@` can stand for a
    value of `RAW`.
    """
    is_json = chance.random() < 0.5
    keeps_types = is_json and chance.random() < 0.7
    root: list[object] = [copy.deepcopy(value)]
    for _ in range(chance.randint(1, 3)):
        node, key = chance.choice(_nodes(root))
        if keeps_types:
            node[key] = _of_same_type(node[key], chance)
            continue
        match chance.randrange(10):
            case 0 if isinstance(node, dict):
                del node[key]
            case 1 if isinstance(node, dict):
                node[chance.choice(TEXTS[:25])] = node[key]
            case 2 if isinstance(node, dict):
                node[str(key) + chance.choice(("", "s", " ", "\0", "A"))] = odd_value(chance)
            case 3 if node is not root:
                node[key] = [node[key]] * chance.choice((1, 2, 50))
            case 4 if isinstance(node[key], list):
                node[key] = node[key] * chance.choice((0, 2, 100))
            case 5 | 6 if not is_json:
                node[key] = _MARK
            case 7:
                other, that = chance.choice(_nodes(root))
                node[key] = copy.deepcopy(other[that])
            case _:
                node[key] = odd_value(chance)
    return root[0] if root else None


def _of_same_type(value: object, chance: Random) -> object:
    match value:
        case bool():
            return not value
        case int() | float():
            return chance.choice([each for each in NUMBERS if type(each) is type(value) and each == each])
        case str():
            return chance.choice(TEXTS)
        case list():
            return value * chance.choice((0, 2, 20))
        case _:
            return value


def json_bytes(value: object, chance: Random) -> bytes:
    """Return a JSON value as bytes, as a hostile writer writes it: other encodings, marks, raw values, a cut end."""
    text = json.dumps(value, ensure_ascii=chance.random() < 0.5)
    data = text.encode("utf-8", "surrogatepass")
    for _ in range(data.count(_MARK.encode())):
        raw = chance.choice(RAW if chance.random() < 0.1 else RAW[:-LARGE])
        data = data.replace(b'"' + _MARK.encode() + b'"', raw, 1)
    match chance.randrange(40):
        case 0:
            return b"\xef\xbb\xbf" + data
        case 1:
            return text.encode(chance.choice(("utf-16", "utf-32", "utf-16-le")), "surrogatepass")
        case 2:
            return data[: chance.randrange(len(data) + 1)]
        case 3:
            return data + chance.choice((b"\0", b"{}", b"\n\n", b"//", b"]"))
        case _:
            return data


def mutate_text(data: bytes, chance: Random) -> bytes:
    """Return a text with one to four changes to bytes, numbers, quoted texts or lines."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data) + 1)
        end = min(len(data), at + chance.choice((1, 2, 8, 60, 2000)))
        lines = data.split(b"\n")
        line = chance.randrange(len(lines))
        match chance.randrange(12):
            case 0:
                data = data[:at]
            case 1:
                data = data[:at] + data[end:]
            case 2:
                data = data[:at] + data[at:end] * chance.choice((2, 3, 200)) + data[end:]
            case 3:
                data = data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
            case 4:
                data = data[:at] + chance.choice((*RAW[:-LARGE], _odd_bytes(chance))) + data[at:]
            case 5 | 6:
                data = _replace_one(_NUMBER, data, chance, lambda: str(chance.choice(NUMBERS)).encode())
            case 7 | 8:
                data = _replace_one(_QUOTED, data, chance, lambda: b'"' + _odd_bytes(chance) + b'"')
            case 9:
                data = b"\n".join([*lines[:line], *lines[line : line + 1] * chance.choice((2, 30)), *lines[line + 1 :]])
            case 10:
                data = b"\n".join([*lines[:line], *lines[line + 1 :], lines[line]])
            case _:
                data = chance.choice(
                    (b"\xef\xbb\xbf" + data, data.replace(b"\n", b"\r\n"), data.replace(b"\n", b"\r"), data + b"\x1a")
                )
    return data[:4_000_000]


def _odd_bytes(chance: Random) -> bytes:
    return str(odd_value(chance)).encode("utf-8", "surrogatepass")


def _replace_one(pattern: re.Pattern[bytes], data: bytes, chance: Random, new: Callable[[], bytes]) -> bytes:
    found = list(pattern.finditer(data))
    if not found:
        return data
    one = chance.choice(found)
    return data[: one.start()] + new() + data[one.end() :]


def mutate_media(data: bytes, chance: Random) -> bytes:
    """Return a picture, sound or video with changed lengths, sizes, parts or bytes; PNG checksums stay right."""
    if chance.random() < 0.02:
        return png_bomb()
    result = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(result) + 1)
        match chance.randrange(6):
            case 0:
                result[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                size = chance.choice((0, 1, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF))
                result[at : at + 4] = struct.pack(chance.choice((">I", "<I")), size)
            case 2:
                del result[at:]
            case 3:
                del result[at : at + chance.choice((1, 4, 200))]
            case 4:
                result[at:at] = result[at : at + 100] * chance.choice((1, 50))
            case _ if result[:4] == b"\x89PNG" and len(result) > 33:
                result[16:24] = struct.pack(">II", *chance.choices((0, 1, 100, 10_000, 65_535, 2**31 - 1), k=2))
                result[24:29] = bytes(
                    (chance.choice((8, 16)), chance.choice((0, 2, 3, 4, 6)), 0, 0, chance.choice((0, 1)))
                )
                result[29:33] = struct.pack(">I", zlib.crc32(result[12:29]))
            case _:
                result += bytes(chance.randrange(256) for _ in range(20))
    return bytes(result)


@cache
def png_bomb(width: int = 5000, height: int = 5000) -> bytes:
    """Return a small PNG that has many pixels of 16 bits and alpha."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    packer, row = zlib.compressobj(9), bytes(1 + width * 8)
    pixels = b"".join([*(packer.compress(row) for _ in range(height)), packer.flush()])
    head = struct.pack(">IIBBBBB", width, height, 16, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
