"""Write the boxes of an MP4 file (ISO/IEC 14496-12, -14, -15) for one H.264 track and one AAC track."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

_MATRIX: Final = struct.pack(">9L", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
#: Ticks per second of the whole file: exact for any common frame rate, unlike the usual milliseconds.
TICKS: Final = 48_000


@dataclass(frozen=True, slots=True)
class Track:
    """The samples of a track and their durations, in `timescale` ticks per second; `entry` is the sample entry box.

    `sample` returns a sample by its number, counted from 0, and `sizes` are the sizes of all samples in bytes. `chunks`
    are the numbers of samples that are stored together, in order. `keys` are the numbers of the samples that a player
    can seek to, counted from 1; empty means all.
    """

    handler: bytes
    entry: bytes
    timescale: int
    sample: Callable[[int], bytes]
    sizes: list[int]
    durations: list[int]
    chunks: list[int]
    keys: list[int]
    width: int = 0
    height: int = 0


def box(tag: bytes, *parts: bytes) -> bytes:
    """Return a box of this type."""
    payload = b"".join(parts)
    return struct.pack(">L4s", 8 + len(payload), tag) + payload


def full_box(tag: bytes, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    """Return a box with a version and flags."""
    return box(tag, struct.pack(">L", version << 24 | flags), *parts)


def make_file(tracks: list[Track], comment: str) -> Iterator[bytes]:
    """Yield a file in pieces: the index first, then the tracks chunk by chunk; players show the comment."""
    head = box(b"ftyp", b"isom", struct.pack(">L", 0x200), b"isomiso2avc1mp41")
    size = len(_movie(tracks, [[0] * len(track.chunks) for track in tracks], comment))
    offsets: list[list[int]] = [[] for _ in tracks]
    at = begin = len(head) + size + 8
    chunks: list[tuple[Track, range]] = []
    taken = [0] * len(tracks)
    for number in range(max(len(track.chunks) for track in tracks)):
        for index, track in enumerate(tracks):
            if number < len(track.chunks):
                end = taken[index] + track.chunks[number]
                chunks.append((track, range(taken[index], end)))
                offsets[index].append(at)
                at += sum(track.sizes[taken[index] : end])
                taken[index] = end
    yield head + _movie(tracks, offsets, comment) + struct.pack(">L4s", 8 + at - begin, b"mdat")
    for track, numbers in chunks:
        yield b"".join(map(track.sample, numbers))


def _movie(tracks: list[Track], offsets: list[list[int]], comment: str) -> bytes:
    duration = max(_ticks(track) for track in tracks)
    header = full_box(
        b"mvhd",
        struct.pack(">4LLH10x", 0, 0, TICKS, duration, 0x10000, 0x100),
        _MATRIX,
        bytes(24),
        struct.pack(">L", len(tracks) + 1),
    )
    parts = [_track(number, track, at) for number, (track, at) in enumerate(zip(tracks, offsets, strict=True), 1)]
    return box(b"moov", header, *parts, _comment(comment))


def _ticks(track: Track) -> int:
    """Return the track's duration in ticks of the file."""
    return round(sum(track.durations) * TICKS / track.timescale)


def _track(number: int, track: Track, offsets: list[int]) -> bytes:
    seen = track.handler == b"vide"
    header = full_box(
        b"tkhd",
        struct.pack(">5L8xHHHxx", 0, 0, number, 0, _ticks(track), 0, 0, 0 if seen else 0x100),
        _MATRIX,
        struct.pack(">LL", track.width << 16, track.height << 16),
        flags=3,
    )
    media = full_box(b"mdhd", struct.pack(">4LHH", 0, 0, track.timescale, sum(track.durations), 0x55C4, 0))
    handler = full_box(b"hdlr", bytes(4), track.handler, bytes(12), b"VideoHandler\0" if seen else b"SoundHandler\0")
    kind = full_box(b"vmhd", bytes(8), flags=1) if seen else full_box(b"smhd", bytes(4))
    references = box(b"dinf", full_box(b"dref", struct.pack(">L", 1), full_box(b"url ", flags=1)))
    return box(
        b"trak",
        header,
        box(b"mdia", media, handler, box(b"minf", kind, references, _samples(track, offsets))),
    )


def _samples(track: Track, offsets: list[int]) -> bytes:
    times = [(len(list(run)), duration) for duration, run in groupby(track.durations)]
    changes: list[tuple[int, int, int]] = []
    for number, count in enumerate(track.chunks, 1):
        if not changes or changes[-1][1] != count:
            changes.append((number, count, 1))
    keys = [full_box(b"stss", _table(">L", [(key,) for key in track.keys]))] if track.keys else []
    return box(
        b"stbl",
        full_box(b"stsd", struct.pack(">L", 1), track.entry),
        full_box(b"stts", _table(">LL", times)),
        *keys,
        full_box(b"stsc", _table(">LLL", changes)),
        full_box(b"stsz", bytes(4), _table(">L", [(size,) for size in track.sizes])),
        full_box(b"stco", _table(">L", [(offset,) for offset in offsets])),
    )


def _table(form: str, rows: Sequence[tuple[int, ...]]) -> bytes:
    return struct.pack(">L", len(rows)) + b"".join(struct.pack(form, *row) for row in rows)


def _comment(words: str) -> bytes:
    """Return the comment in the format of iTunes, which all players read."""
    content = box(b"data", struct.pack(">LL", 1, 0), words.encode("utf-8"))
    handler = full_box(b"hdlr", bytes(4), b"mdirappl", bytes(9))
    return box(b"udta", full_box(b"meta", handler, box(b"ilst", box(b"\xa9cmt", content))))


def avc_entry(width: int, height: int, level: int, sequence: bytes, picture: bytes) -> bytes:
    """Return the sample entry of an H.264 track in Baseline profile."""
    configuration = box(
        b"avcC",
        bytes([1, 66, 0b11000000, level, 0xFF, 0xE1]),
        struct.pack(">H", len(sequence)) + sequence,
        b"\x01" + struct.pack(">H", len(picture)) + picture,
    )
    colour = box(b"colr", b"nclx", struct.pack(">HHHB", 1, 1, 1, 0))
    fields = struct.pack(">6xH16xHHLL4xH32xHh", 1, width, height, 0x480000, 0x480000, 1, 24, -1)
    return box(b"avc1", fields, configuration, colour)


def aac_entry(rate: int) -> bytes:
    """Return the sample entry of a stereo AAC-LC track at 48 kHz."""
    specific = b"\x11\x90"  # AAC-LC, 48 kHz, two channels
    decoder = _descriptor(4, b"\x40\x15" + bytes(3) + struct.pack(">LL", 128_000, 128_000) + _descriptor(5, specific))
    elementary = full_box(b"esds", _descriptor(3, b"\0\1\0" + decoder + _descriptor(6, b"\x02")))
    return box(b"mp4a", struct.pack(">6xH8xHH4xL", 1, 2, 16, rate << 16), elementary)


def _descriptor(tag: int, payload: bytes) -> bytes:
    return bytes([tag, len(payload)]) + payload
