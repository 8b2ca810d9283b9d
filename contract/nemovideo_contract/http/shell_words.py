"""Bodies and headers of a request as words for bash and curl."""

from __future__ import annotations

import base64
import re
import shlex
import zlib


def file_lines(content: bytes, padding: int, path: str) -> list[str]:
    """Return shell lines that write a content, and `padding` zero bytes after it, to a file."""
    packed = zlib.compress(content, 9, wbits=31)
    is_shorter = len(packed) < len(content) // 2
    encoded = base64.b64encode(packed if is_shorter else content).decode()
    unpack = "base64 -d | gunzip" if is_shorter else "base64 -d"
    lines = [f"printf %s {shlex.quote(encoded)} | {unpack} > {path}"]
    if padding:
        lines.append(f"head -c {padding} /dev/zero >> {path}")
    return lines


def form_part(field_name: str, file_name: str, path: str) -> str:
    """Return curl's option for one part of a form; `path` names the file with its content."""
    name = re.sub(r'(["\\])', r"\\\1", file_name)
    return "-F " + shlex.quote(f'{field_name}=@{path};filename="{name}"')


def binary_body(content: bytes) -> str:
    """Return curl's option for a body of any bytes."""
    octal = "".join(f"\\{byte:03o}" for byte in content)
    return f"--data-binary @<(printf '{octal}')"


def text_body(content: bytes) -> str | None:
    """Return curl's option for a body of printable text, or None if the body is something else."""
    try:
        said = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return f"--data-raw {shlex.quote(said)}" if all(each.isprintable() or each == "\n" for each in said) else None


def header(name: str, value: str) -> str:
    """Return a header for curl, which leaves out a header without a value unless it ends in a semicolon."""
    return f"{name}: {value}" if value else f"{name};"
