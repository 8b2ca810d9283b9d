from __future__ import annotations

import hashlib
import io
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from nemovideo_contract.wire import FORMATS, FileType
from nemovideo_mock.media import MediaFacts, UnsupportedMedia, file_headers, probe
from nemovideo_mock.media.sniff import sniff
from tests.mock_server.media.samples import SECONDS, SIZE

KINDS = {form: kind for kind, forms in FORMATS.items() for form in forms}
#: Seconds that a lossy encoder may add to a duration.
PADDING = 0.12


@pytest.mark.parametrize("form", KINDS)
def test_each_format_is_known_by_its_content_and_measured(form: str, samples: dict[str, Path]) -> None:
    path = samples[form]

    facts = probe(path, f"My file.{form.upper()}")

    content = path.read_bytes()
    assert (facts.file_type, facts.format) == (KINDS[form], form)
    assert (facts.size, facts.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    if facts.file_type is FileType.AUDIO:
        assert (facts.width, facts.height, facts.fps) == (None, None, None)
    else:
        assert (facts.width, facts.height) == SIZE
    if facts.file_type is FileType.IMAGE:
        assert (facts.duration, facts.fps) == (None, None)
    else:
        assert facts.duration == pytest.approx(SECONDS, abs=PADDING)
    if facts.file_type is FileType.VIDEO:
        assert facts.fps == pytest.approx(10)


@pytest.mark.parametrize("form", KINDS)
def test_without_the_extra_the_format_is_known_and_unreadable_facts_are_none(
    form: str, samples: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nemovideo_mock.media.probing.find_spec", absent)

    facts = probe(samples[form], samples[form].name)

    assert (facts.file_type, facts.format) == (KINDS[form], form)
    if facts.file_type is FileType.IMAGE:
        assert (facts.width, facts.height) == SIZE
    elif form in {"wav", "aac"}:
        assert facts.duration == pytest.approx(SECONDS, abs=PADDING)
    else:
        assert facts == MediaFacts(facts.file_type, form, facts.size, facts.sha256)


def absent(_name: str) -> None:
    """Find no package."""


@pytest.mark.parametrize("form", KINDS)
def test_a_name_of_another_kind_is_refused_and_one_of_the_same_kind_is_not(form: str, samples: dict[str, Path]) -> None:
    for other, kind in KINDS.items():
        if kind is KINDS[form]:
            assert probe(samples[form], f"x.{other}").format == form
        else:
            with pytest.raises(UnsupportedMedia, match=r"by its name but .* by its content; the accepted formats"):
                probe(samples[form], f"x.{other}")
    with pytest.raises(UnsupportedMedia, match=r"x\.txt is a \.txt file by its name"):
        probe(samples[form], "x.txt")
    assert probe(samples[form], "no ending").format == form


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"Dear diary, today I saw a cat.", "not a readable media file"),
        (b"%PDF-1.7 ...", "not a readable media file"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a readable media file"),
        (b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n", "not a readable media file"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "is a HEIC photo by its content"),
        (b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2", "not a readable media file"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "damaged jpg"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "damaged webp"),
    ],
)
def test_a_file_of_no_accepted_format_is_refused_in_one_sentence(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)

    with pytest.raises(UnsupportedMedia, match=rf"photo\.jpg .*{words}.*the accepted formats are .*aac\.$"):
        probe(path, "photo.jpg")


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture], max_examples=200)
def test_truncated_and_damaged_files_are_measured_or_refused_but_nothing_else(
    data: st.DataObject, samples: dict[str, Path], tmp_path: Path
) -> None:
    form = data.draw(st.sampled_from(sorted(KINDS)))
    content = bytearray(samples[form].read_bytes())
    content = content[: data.draw(st.integers(0, len(content)))]
    for _ in range(data.draw(st.integers(0, 3)) if content else 0):
        content[data.draw(st.integers(0, min(len(content) - 1, 300)))] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged"
    path.write_bytes(content)

    try:
        facts = probe(path, "")
    except UnsupportedMedia:
        return
    assert facts.size == len(content)
    assert facts.duration is None or facts.duration >= 0
    assert facts.width is None or facts.width > 0


@given(st.binary(max_size=300), st.sampled_from(["jpg", "png", "gif", "webp"]))
def test_any_bytes_have_a_size_or_none(content: bytes, form: str) -> None:
    size = file_headers.picture_size(io.BytesIO(content), form)

    assert size is None or min(size) > 0


STARTS = (b"", b"ID3\x04\x00\x00\x00\x00\x00\x05", b"\xff\xfb", b"\xff\xf1", b"\0\0\0\x08moov")


@given(st.binary(max_size=300), st.sampled_from(STARTS))
def test_any_bytes_are_sniffed_without_an_error(content: bytes, start: bytes) -> None:
    file = io.BytesIO(start + content)

    kind = sniff(file)
    file_headers.sound_duration(file, "wav")
    file_headers.sound_duration(file, "aac")
    assert kind is None or KINDS[kind.format] is kind.file_type


def test_a_decompression_bomb_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    header = struct.pack(">LLBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">L", 13) + chunk + struct.pack(">L", zlib.crc32(chunk))
    path = tmp_path / "bomb.png"
    path.write_bytes(bomb)

    with pytest.raises(UnsupportedMedia, match="60000x60000 pixels, more than the 80 million"):
        probe(path, "bomb.png")


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("extra", ["installed", "absent"])
def test_a_photo_that_lies_on_its_side_reports_its_displayed_size(
    orientation: int, extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if extra == "absent":
        monkeypatch.setattr("nemovideo_mock.media.probing.find_spec", absent)
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "photo.jpg"
    Image.new("RGB", (40, 30)).save(path, exif=exif)

    facts = probe(path, "photo.jpg")

    assert (facts.width, facts.height) == ((30, 40) if orientation >= 5 else (40, 30))


@pytest.mark.parametrize(
    "options", [{"lossless": True}, {"lossless": False}, {"lossless": False, "exif": b"Exif\0\0", "quality": 90}]
)
def test_the_size_of_all_three_kinds_of_webp_is_read(options: dict[str, object], tmp_path: Path) -> None:
    file = io.BytesIO()
    Image.radial_gradient("L").resize((301, 57)).convert("RGB").save(file, "WEBP", **options)

    assert file_headers.picture_size(file, "webp") == (301, 57)


def test_mp3_with_and_without_a_tag_and_aac_are_told_apart(samples: dict[str, Path]) -> None:
    tagged = samples["mp3"].read_bytes()
    assert tagged.startswith(b"ID3")
    bare = tagged[tagged.index(b"\xff\xfb") :]
    tag = b"ID3\x04\x00\x00\x00\x00\x40\x00" + bytes(64 << 7)

    def form(content: bytes) -> str | None:
        kind = sniff(io.BytesIO(content))
        return None if kind is None else kind.format

    assert form(tagged) == form(bare) == form(tag + bare) == "mp3"
    assert form(tag + samples["aac"].read_bytes()) == "aac"


def test_an_mp4_that_holds_only_sound_is_a_sound(samples: dict[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "voice.m4a"
    path.write_bytes(samples["m4a"].read_bytes().replace(b"ftypM4A ", b"ftypmp42"))

    assert probe(path, "voice.m4a").format == "m4a"
    with pytest.raises(UnsupportedMedia, match="a video by its name but a sound by its content"):
        probe(path, "voice.mp4")


def test_the_duration_of_an_interrupted_wav_is_that_of_its_data(samples: dict[str, Path], tmp_path: Path) -> None:
    content = bytearray(samples["wav"].read_bytes())
    content[40:44] = b"\xff\xff\xff\xff"

    assert file_headers.sound_duration(io.BytesIO(content), "wav") == pytest.approx(SECONDS, abs=0.001)
    assert file_headers.sound_duration(io.BytesIO(content[: 44 + 44_100]), "wav") == pytest.approx(0.25, abs=0.001)


def test_hashing_reads_in_chunks(samples: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nemovideo_mock.media.probing.CHUNK", 7)

    path = samples["png"]
    assert probe(path, "a.png").sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
