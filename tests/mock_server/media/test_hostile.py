"""Broken and hostile files are measured or refused, quickly and with little memory."""

from __future__ import annotations

import io
import struct
import tempfile
import tracemalloc
import wave
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from nemovideo_contract.wire import FORMATS, FileType
from nemovideo_mock.media import START, MediaFacts, UnsupportedMedia, check_start, decoding_limits, mp4_boxes, probe
from tests.mock_server.media.samples import SECONDS, SIZE, sample
from tests.mock_server.media.test_probe import absent

KINDS = {form: kind for kind, forms in FORMATS.items() for form in forms}


@pytest.fixture(params=["installed", "absent"])
def extra(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run the test with the `render` extra and without it."""
    if request.param == "absent":
        monkeypatch.setattr("nemovideo_mock.media.probing.find_spec", absent)
    return str(request.param)


def try_probe(folder: Path, content: bytes, filename: str) -> MediaFacts | str:
    """Return the facts about a file, or the sentence that refuses it."""
    path = folder / "file"
    path.write_bytes(content)
    try:
        return probe(path, filename)
    except UnsupportedMedia as refusal:
        return str(refusal).partition("; the accepted formats are")[0]


def chunk(tag: bytes, body: bytes) -> bytes:
    return struct.pack(">L", len(body)) + tag + body + struct.pack(">L", zlib.crc32(tag + body))


def png(width: int, height: int, extra: bytes = b"", pixels: bytes = zlib.compress(b"\0\0")) -> bytes:
    """Return a black and white PNG with the given chunks before its pixels."""
    header = chunk(b"IHDR", struct.pack(">LLBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + extra + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


FRAME = b",\0\0\0\0\1\0\1\0\0\2\2D\1\0"


def gif(before: bytes = b"", frames: int = 1) -> bytes:
    """Return a GIF of one pixel with the given blocks before its frames."""
    return b"GIF89a\1\0\1\0\0\0\0" + before + FRAME * frames + b";"


def jpg(**options: object) -> bytes:
    file = io.BytesIO()
    Image.radial_gradient("L").resize(SIZE).save(file, "JPEG", **options)
    return file.getvalue()


def webp(frames: int) -> bytes:
    """Return an animation of one pixel."""
    file = io.BytesIO()
    Image.new("RGB", (1, 1)).save(file, "WEBP", lossless=True)
    frame = bytes(12) + b"\1\0\0\0" + file.getvalue()[12:]
    header = b"VP8X" + struct.pack("<L", 10) + b"\2" + bytes(9) + b"ANIM" + struct.pack("<L", 6) + bytes(6)
    body = b"WEBP" + header + (b"ANMF" + struct.pack("<L", len(frame)) + frame) * frames
    return b"RIFF" + struct.pack("<L", len(body)) + body


# --- pictures ---------------------------------------------------------------------------------------------------------


REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "is empty"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>", "is not a readable media file"),
    "zip": (b"PK\3\4" + bytes(5000), "is not a readable media file"),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n", "is not a readable media file"),
    "large": (png(30_000, 30_000), "has 30000x30000 pixels, more than the 80 million that are safe"),
    "larger": (png(0xFFFFFFFF, 0xFFFFFFFF), "has 4294967295x4294967295 pixels, more than the 80 million that are safe"),
    "flat": (png(0, 5), "is a damaged png file"),
    "chunks": (png(1, 1, chunk(b"tEXt", b"") * decoding_limits.MOST_CHUNKS), "claims more than it holds"),
    "blocks": (gif(b"!\xf9\4\0\0\0\0\0" * decoding_limits.MOST_CHUNKS), "claims more than it holds"),
    "comment": (gif(b"!\xfe" + b"\1x" * decoding_limits.MOST_CHUNKS + b"\0"), "claims more than it holds"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_picture_is_refused_with_and_without_the_extra(name: str, extra: str, tmp_path: Path) -> None:
    content, refusal = REFUSED[name]

    filename = "x.png" if content.startswith(b"\x89") else "x.gif"
    assert try_probe(tmp_path, content, filename) == f"{filename} {refusal}"


TAKEN: dict[str, bytes] = {
    "png": png(1, 1),
    "gif": gif(),
    "jpg": jpg(),
    "progressive": jpg(progressive=True),
    "webp": webp(1),
    "gif of 100,000 frames": gif(frames=100_000),
    "webp of 20,000 frames": webp(20_000),
    "png that claims a million frames": png(1, 1, chunk(b"acTL", struct.pack(">LL", 1_000_000, 0))),
    "jpg and zip": jpg() + b"PK\3\4<script>alert(1)</script>",
    "gif and script": gif(b"!\xfe\x0d=1;alert(1)/*\0"),
    "exif beyond the end": jpg(exif=b"Exif\0\0MM\0*\xff\xff\xff\xff"),
    "exif of garbage": jpg(exif=b"Exif\0\0garbage"),
    "exif with an impossible value": jpg(exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x02\x01\x12\0\x09" + b"\xff" * 8),
    "exif of garbage in a png": png(1, 1, chunk(b"eXIf", b"garbage")),
    "exif in a png": png(1, 1, chunk(b"eXIf", b"II*\0\x08\0\0\0\xff\xff")),
}


@pytest.mark.parametrize("name", TAKEN)
def test_an_unusual_picture_that_can_be_displayed_is_accepted(name: str, extra: str, tmp_path: Path) -> None:
    facts = try_probe(tmp_path, TAKEN[name], "")

    assert isinstance(facts, MediaFacts), facts
    assert (facts.width, facts.height) in {(1, 1), SIZE}


@pytest.mark.parametrize("form", FORMATS[FileType.IMAGE])
def test_a_truncated_picture_is_refused_if_a_decoder_is_installed(
    form: str, samples: dict[str, Path], tmp_path: Path
) -> None:
    content = samples[form].read_bytes()

    assert (
        try_probe(tmp_path, content[: len(content) // 2], f"x.{form}")
        == f"x.{form} is a damaged or incomplete {form} file"
    )


BOMBS: dict[str, bytes] = {
    "profile": png(1, 1, chunk(b"iCCP", b"k\0\0" + zlib.compress(bytes(50_000_000)))),
    "texts": png(1, 1, chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(900_000))) * 100),
    "pixels": png(1, 1, pixels=zlib.compress(bytes(50_000_000))),
    "frame": b"GIF89a\1\0\1\0\0\0\0,\0\0\0\0\xff\xff\xff\xff\0\2\2D\1\0;",
}


@pytest.mark.parametrize("name", BOMBS)
def test_compressed_data_in_a_picture_is_never_unpacked_completely(name: str, tmp_path: Path) -> None:
    tracemalloc.start()
    try:
        try_probe(tmp_path, BOMBS[name], "")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 20_000_000


@pytest.mark.parametrize("kind", [b"iCCP", b"pHYs"])
def test_a_png_whose_damage_comes_after_its_pixels_is_refused(kind: bytes, tmp_path: Path) -> None:
    content = png(1, 1, pixels=zlib.compress(b"\0\0"))
    damaged = content[:-12] + chunk(kind, b"k\0b1") + content[-12:]
    assert try_probe(tmp_path, damaged, "x.png") == "x.png is a damaged or incomplete png file"


def test_a_jpeg_with_too_many_scans_is_refused(extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = jpg(progressive=True)
    scan = content[content.rindex(b"\xff\xda") : -2]
    monkeypatch.setattr(decoding_limits, "MOST_SCANNED", SIZE[0] * SIZE[1] * 30)

    assert isinstance(try_probe(tmp_path, content[:-2] + scan * 5 + b"\xff\xd9", ""), MediaFacts)
    assert try_probe(tmp_path, content[:-2] + scan * 30 + b"\xff\xd9", "x.jpg") == "x.jpg claims more than it holds"
    # The data after the end is not part of the picture: phones put a film there.
    assert isinstance(try_probe(tmp_path, content + b"\0\2" + scan * 30, ""), MediaFacts)


# --- films and sounds -------------------------------------------------------------------------------------------------


def find(content: bytearray, tag: bytes) -> int:
    """Return the start of the payload of an ISO box."""
    return content.index(tag) + 4


@pytest.mark.parametrize("form", ["mp4", "mov"])
def test_samples_that_cannot_fit_into_the_file_are_refused(
    form: str, extra: str, samples: dict[str, Path], tmp_path: Path
) -> None:
    content = bytearray(samples[form].read_bytes())
    at = find(content, b"stsz")
    content[at + 4 : at + 12] = struct.pack(">LL", 1, 80_000_000)

    assert try_probe(tmp_path, bytes(content), f"x.{form}") == f"x.{form} claims more than it holds"


@pytest.mark.parametrize(
    ("handler", "samples", "size", "unit", "honest"),
    [
        (b"vide", 1000, 0, False, True),
        (b"vide", 3000, 0, False, False),
        (b"vide", 10, 100, False, True),
        (b"vide", 11, 100, False, False),
        (b"soun", 250, 4, True, True),
    ],
)
def test_a_track_needs_space_in_the_file_for_each_sample(
    handler: bytes,
    samples: int,
    size: int,
    *,
    unit: bool,
    honest: bool,
) -> None:
    track = mp4_boxes.MediaTrack(handler, samples, size, unit)

    assert decoding_limits.has_plausible_samples(track, 1000) is honest


def test_only_pcm_may_have_any_number_of_samples() -> None:
    many = decoding_limits.MOST_SAMPLES + 1

    assert decoding_limits.has_plausible_samples(mp4_boxes.MediaTrack(b"soun", many, 4, unit=True), 10**9)
    assert not decoding_limits.has_plausible_samples(mp4_boxes.MediaTrack(b"soun", many, 4), 10**9)
    assert not decoding_limits.has_plausible_samples(mp4_boxes.MediaTrack(b"vide", many, 4, unit=True), 10**9)


def test_a_file_of_only_boxes_is_read_up_to_a_limit(extra: str, tmp_path: Path) -> None:
    track = struct.pack(">L", 8) + b"trak"
    movie = struct.pack(">L", 8 + 8 * 500) + b"moov" + track * 500

    assert mp4_boxes.tracks(io.BytesIO(movie * 10)) == ()
    assert mp4_boxes.tracks(io.BytesIO(movie * (1 + mp4_boxes.MOST_BOXES // 500))) is None
    assert str(try_probe(tmp_path, movie * 1000, "x.mp4")).startswith("x.mp4 is not a readable media file")


@pytest.mark.parametrize("form", ["mp4", "mov", "m4a"])
def test_a_duration_of_years_is_ignored(form: str, samples: dict[str, Path], tmp_path: Path) -> None:
    content = bytearray(samples[form].read_bytes())
    for tag, ticks, duration in ((b"mvhd", 12, 16), (b"mdhd", 12, 16)):
        at = find(content, tag)
        content[at + ticks : at + ticks + 4] = struct.pack(">L", 1)
        content[at + duration : at + duration + 4] = b"\x7f\xff\xff\xff"
    at = find(content, b"tkhd")
    content[at + 20 : at + 24] = b"\x7f\xff\xff\xff"

    facts = try_probe(tmp_path, bytes(content), f"x.{form}")

    assert isinstance(facts, str) or facts.duration is None or facts.duration <= 86_400


@pytest.mark.parametrize(
    ("rate", "size", "seconds"),
    [
        (176_400, 0xFFFFFFFF, SECONDS),
        (176_400, 0, SECONDS),
        (176_400, 0x7FFFFFFF, SECONDS),
        (176_400, 17_640, 0.1),
        (1, 0xFFFFFFFF, None),
        (0, 0xFFFFFFFF, None),
    ],
)
def test_the_duration_of_a_wav_is_that_of_its_data_for_any_header(
    rate: int, size: int, seconds: float | None, extra: str, tmp_path: Path
) -> None:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((2, 2, 44_100, 0, "NONE", ""))
        sound.writeframes(bytes(4 * round(44_100 * SECONDS)))
    content = bytearray(file.getvalue())
    content[28:32], content[40:44] = struct.pack("<L", rate), struct.pack("<L", size)

    facts = try_probe(tmp_path, bytes(content), "x.wav")

    if seconds is None:
        assert isinstance(facts, str) or facts.duration is None or 0 <= facts.duration <= 86_400
    else:
        assert isinstance(facts, MediaFacts), facts
        assert facts.duration == pytest.approx(seconds, abs=0.01)


@pytest.mark.parametrize("form", ["mp4", "mov"])
def test_a_truncated_film_is_refused(form: str, extra: str, samples: dict[str, Path], tmp_path: Path) -> None:
    content = samples[form].read_bytes()

    assert try_probe(tmp_path, content[: len(content) // 2], f"x.{form}") == f"x.{form} is not a readable media file"


# --- any of them ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", KINDS)
@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture], max_examples=60)
def test_a_real_file_with_other_bytes_is_measured_or_refused_and_nothing_else(
    form: str, data: st.DataObject, extra: str, samples: dict[str, Path], tmp_path: Path
) -> None:
    content = bytearray(samples[form].read_bytes())
    numbers = st.sampled_from([0, 1, 0x7F, 0x80, 0xFF]) | st.integers(0, 255)
    for _ in range(data.draw(st.integers(1, 8))):
        # Headers are at the start or, in ISO files, at the end.
        at = data.draw(
            st.integers(0, min(len(content) - 1, 400)) | st.integers(max(0, len(content) - 900), len(content) - 1)
        )
        run = data.draw(st.sampled_from([1, 1, 2, 4, 8]))
        content[at : at + run] = bytes([data.draw(numbers)]) * min(run, len(content) - at)

    facts = try_probe(tmp_path, bytes(content), "")

    if isinstance(facts, MediaFacts):
        assert facts.size == len(content)
        assert facts.duration is None or 0 <= facts.duration <= 86_400
        assert facts.width is None or (facts.width > 0 and facts.height is not None and facts.height > 0)
        assert facts.fps is None or 0 < facts.fps <= 1000
    else:
        assert facts.startswith("The file ")


@pytest.mark.parametrize("form", KINDS)
def test_no_real_file_is_refused_by_its_start(form: str, samples: dict[str, Path]) -> None:
    start = samples[form].read_bytes()[:START]

    check_start(start, f"x.{form}")
    for other, kind in KINDS.items():
        if kind is not KINDS[form] and {kind, KINDS[form]} != {FileType.VIDEO, FileType.AUDIO}:
            with pytest.raises(UnsupportedMedia, match="by its name but"):
                check_start(start, f"x.{other}")


@given(
    st.binary(max_size=40), st.sampled_from([b"", b"ID3", b"\xff\xfb\x90\x44", b"\xff\xf1", b"RIFF", b"\0\0\0\x08moov"])
)
def test_a_type_that_a_files_start_excludes_is_not_the_files_type(tail: bytes, start: bytes) -> None:
    content = (start + tail).ljust(START, b"\0")
    try:
        check_start(content, "")
    except UnsupportedMedia:
        with tempfile.TemporaryDirectory() as folder, pytest.raises(UnsupportedMedia):
            try_probe_strictly(Path(folder), content + tail)


def try_probe_strictly(folder: Path, content: bytes) -> MediaFacts:
    (folder / "file").write_bytes(content)
    return probe(folder / "file", "")


def colour_png(width: int, height: int) -> bytes:
    """Return the start of a PNG with 16 bits for each of four channels."""
    header = chunk(b"IHDR", struct.pack(">LLBBBBB", width, height, 16, 6, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


def progressive_jpg(width: int, height: int, components: int) -> bytes:
    """Return the start of a progressive JPEG whose components are not subsampled."""
    shares = b"".join(bytes([number, 0x11, 0]) for number in range(components))
    frame = struct.pack(">BHHB", 8, height, width, components) + shares
    return b"\xff\xd8\xff\xc2" + struct.pack(">H", len(frame) + 2) + frame + b"\xff\xd9"


def large_webp(width: int, height: int) -> bytes:
    """Return the start of a lossless WebP."""
    bits = width - 1 | height - 1 << 14
    return b"RIFF\x1a\0\0\0WEBPVP8L\x05\0\0\0\x2f" + struct.pack("<L", bits) + bytes(5)


HEAVY: dict[str, tuple[bytes, int]] = {
    "png": (colour_png(8000, 9999), 305),
    "jpg": (progressive_jpg(8000, 5000, 3), 228),
    "webp": (large_webp(8000, 9999), 1220),
}


@pytest.mark.parametrize("form", HEAVY)
def test_a_picture_that_needs_too_much_memory_is_refused_by_its_header(form: str, extra: str, tmp_path: Path) -> None:
    content, megabytes = HEAVY[form]

    refusal = try_probe(tmp_path, content, f"x.{form}")

    assert isinstance(refusal, str)
    assert f"a {form} file needs {megabytes} MB of memory, more than the 192 MB that are safe" in refusal


@pytest.mark.parametrize("form", ["mp4", "mov", "m4a", "avi", "webm", "mkv", "wav"])
def test_a_recording_that_ends_before_its_own_end_is_refused(form: str, tmp_path: Path) -> None:
    content = sample(tmp_path, form).read_bytes()

    assert isinstance(try_probe(tmp_path, content, f"x.{form}"), MediaFacts)
    for share in (0.6, 0.95):
        refusal = try_probe(tmp_path, content[: round(len(content) * share)], f"x.{form}")
        assert refusal in {f"x.{form} is a damaged or incomplete {form} file", f"x.{form} is not a readable media file"}


def test_a_recording_that_was_interrupted_and_says_no_length_is_taken(tmp_path: Path) -> None:
    content = sample(tmp_path, "wav").read_bytes()

    for unknown in (bytes(4), b"\xff" * 4):
        facts = try_probe(tmp_path, content[:4] + unknown + content[8:40] + unknown + content[44:], "x.wav")
        assert isinstance(facts, MediaFacts)
        assert facts.duration == pytest.approx(SECONDS, abs=0.01)
