"""Bodies and headers of a request in the words of bash and curl."""

from __future__ import annotations

import base64
import gzip
import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nemovideo_contract.http.exchange import File


def making(file: File, path: str) -> list[str]:
    """Lines that write a file's content to a path, without its name."""
    packed = gzip.compress(file.content, mtime=0)
    is_shorter = len(packed) < len(file.content) // 2
    encoded = base64.b64encode(packed if is_shorter else file.content).decode()
    unpack = "base64 -d | gunzip" if is_shorter else "base64 -d"
    lines = [f"printf %s {shlex.quote(encoded)} | {unpack} > {path}"]
    if file.padding:
        lines.append(f"head -c {file.padding} /dev/zero >> {path}")
    return lines


def part(file: File, path: str) -> str:
    """The option for a form's part whose content stands at a path."""
    name = re.sub(r'(["\\])', r"\\\1", file.name)
    return "-F " + shlex.quote(f'{file.field_name}=@{path};filename="{name}"')


def octets(content: bytes) -> str:
    """The option for a body of just these bytes, of which none means anything to curl."""
    octal = "".join(f"\\{byte:03o}" for byte in content)
    return f"--data-binary @<(printf '{octal}')"


def text(content: bytes) -> str | None:
    """The same where they are text that can be read; else None."""
    try:
        said = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return f"--data-raw {shlex.quote(said)}" if all(each.isprintable() or each == "\n" for each in said) else None


def header(name: str, value: str) -> str:
    """The words of a header; curl leaves out one without a value unless it ends in a semicolon."""
    return f"{name}: {value}" if value else f"{name};"
