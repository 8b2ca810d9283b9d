"""Detect a file's format by its first bytes; its name is not used."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from nemovideo_contract.wire import FileType
from nemovideo_mock.media import mp4_boxes

#: The bytes that identify most formats.
HEAD: Final = 4096
#: The bytes that identify nearly all formats: more than any audio frame and the next frame's header.
START: Final = 16_384
#: Brands of ISO files that are pictures, which the service does not accept, and the names of their formats.
_PICTURE_BRANDS: Final = {
    b"heic": "HEIC", b"heix": "HEIC", b"hevc": "HEIC", b"mif1": "HEIF", b"msf1": "HEIF", b"avif": "AVIF",
    b"avis": "AVIF", b"crx ": "CR3",
}  # fmt: skip
#: First boxes of old QuickTime files, which have no `ftyp`.
_OLD_QUICKTIME: Final = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})


@dataclass(frozen=True, slots=True)
class FileFormat:
    """A file format by its ending, and its file type."""

    file_type: FileType
    format: str


def sniff_file(path: Path) -> FileFormat | None:
    """Return the format of a file; None if the service does not accept it."""
    with path.open("rb") as file:
        return sniff(file)


def sniff(file: BinaryIO) -> FileFormat | None:
    """Return the format of an open file, read from its start; None if the service does not accept it."""
    file.seek(0)
    head = file.read(HEAD)
    return _picture(head) or _riff(head) or _matroska(head) or _iso(head, file) or _audio(head, file)


def possible_types(start: bytes) -> frozenset[FileType]:
    """Return the possible types of a file whose first `START` bytes are known; none if it cannot be accepted."""
    kind = _picture(start) or _riff(start) or _matroska(start)
    if kind is not None:
        return frozenset({kind.file_type})
    if start[4:8] == b"ftyp" or start[4:8] in _OLD_QUICKTIME:
        # The list of tracks may be at the end of the file.
        is_picture = start[4:8] == b"ftyp" and start[8:12] in _PICTURE_BRANDS
        return frozenset() if is_picture else frozenset({FileType.VIDEO, FileType.AUDIO})
    if start.startswith(b"ID3") or _audio(start[:HEAD], io.BytesIO(start)) is not None:
        return frozenset({FileType.AUDIO})
    return frozenset()


def refused_photo(start: bytes) -> str | None:
    """Return the format of a photo that the service does not accept, such as HEIC; None for all other files."""
    return _PICTURE_BRANDS.get(start[8:12]) if start[4:8] == b"ftyp" else None


def _picture(head: bytes) -> FileFormat | None:
    if head.startswith(b"\xff\xd8\xff"):
        return FileFormat(FileType.IMAGE, "jpg")
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return FileFormat(FileType.IMAGE, "png")
    if head[:6] in {b"GIF87a", b"GIF89a"}:
        return FileFormat(FileType.IMAGE, "gif")
    return None


def _riff(head: bytes) -> FileFormat | None:
    if head[:4] not in {b"RIFF", b"RF64"}:
        return None
    return {
        b"WEBP": FileFormat(FileType.IMAGE, "webp"),
        b"AVI ": FileFormat(FileType.VIDEO, "avi"),
        b"WAVE": FileFormat(FileType.AUDIO, "wav"),
    }.get(head[8:12])


def _matroska(head: bytes) -> FileFormat | None:
    """Read the format from the EBML header: element 0x4282, one byte for the length, the name."""
    if not head.startswith(b"\x1a\x45\xdf\xa3"):
        return None
    at = head.find(b"\x42\x82", 4, 128)
    if at < 0 or at + 3 > len(head):
        return None
    name = head[at + 3 : at + 3 + (head[at + 2] & 0x7F)].rstrip(b"\0")
    return {b"webm": FileFormat(FileType.VIDEO, "webm"), b"matroska": FileFormat(FileType.VIDEO, "mkv")}.get(name)


def _iso(head: bytes, file: BinaryIO) -> FileFormat | None:
    """Distinguish MP4, QuickTime and M4A, which use one container: by the brand, or else by the tracks."""
    tag, brand = head[4:8], head[8:12]
    if tag == b"ftyp":
        if brand in _PICTURE_BRANDS:
            return None
    elif tag not in _OLD_QUICKTIME:
        return None
    tracks = {track.handler for track in mp4_boxes.tracks(file) or ()}
    if b"vide" in tracks:
        return FileFormat(FileType.VIDEO, "mov" if tag != b"ftyp" or brand == b"qt  " else "mp4")
    if b"soun" in tracks:
        return FileFormat(FileType.AUDIO, "m4a")
    return None


def _audio(head: bytes, file: BinaryIO) -> FileFormat | None:
    """Detect MP3 and AAC: consecutive frames, perhaps after an ID3 tag; two consecutive frames are proof."""
    start = id3_length(head)
    file.seek(start)
    frames = file.read(8192)
    frames = frames[frames.find(b"\xff") :] if start and b"\xff" in frames else frames
    for kind, length in (
        (FileFormat(FileType.AUDIO, "aac"), adts_length),
        (FileFormat(FileType.AUDIO, "mp3"), mp3_length),
    ):
        first = length(frames)
        if first and (len(frames) <= first or length(frames[first:])):
            return kind
    return None


def id3_length(head: bytes) -> int:
    """Return the bytes of an ID3v2 tag at the start; 0 if there is none."""
    if not head.startswith(b"ID3") or len(head) < 10:
        return 0
    size = 0
    for byte in head[6:10]:
        size = size << 7 | byte & 0x7F
    return 10 + size + (10 if head[5] & 0x10 else 0)


def adts_length(frame: bytes) -> int:
    """Return the bytes of the ADTS frame that begins here (ISO/IEC 13818-7), or 0; its layer bits are 00."""
    if len(frame) < 7 or frame[0] != 0xFF or frame[1] & 0xF6 != 0xF0:
        return 0
    if frame[2] >> 2 & 0xF > 12:
        return 0
    length = (frame[3] & 3) << 11 | frame[4] << 3 | frame[5] >> 5
    return length if length > 7 else 0


#: kbit/s by bitrate index, for MPEG-1 and for MPEG-2 and 2.5 (ISO/IEC 11172-3, 13818-3), layer III.
_MPEG1: Final = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_MPEG2: Final = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES: Final = (44_100, 48_000, 32_000)


def mp3_length(frame: bytes) -> int:
    """Return the bytes of the layer III frame that begins here, or 0 if none does."""
    if len(frame) < 4 or frame[0] != 0xFF or frame[1] & 0xE6 != 0xE2:
        return 0
    version, bitrate, rate = frame[1] >> 3 & 3, frame[2] >> 4, frame[2] >> 2 & 3
    if version == 1 or bitrate in {0, 15} or rate == 3:
        return 0
    first = version == 3
    kilobits = (_MPEG1 if first else _MPEG2)[bitrate]
    hertz = _RATES[rate] >> (0 if first else 1 if version == 2 else 2)
    return (144 if first else 72) * kilobits * 1000 // hertz + (frame[2] >> 1 & 1)
