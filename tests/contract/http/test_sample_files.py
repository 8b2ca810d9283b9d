"""The sample files of the suite, and what it reads from the files of a server."""

from __future__ import annotations

import pytest

from nemovideo_contract.http.sample_files import video_size


def track_header(width: int, height: int) -> bytes:
    """Return the header of a track (`tkhd`, version 0), whose last eight bytes are the size in 16.16 fixed point."""
    body = b"tkhd" + bytes(76) + (width << 16).to_bytes(4) + (height << 16).to_bytes(4)
    return (len(body) + 4).to_bytes(4) + body


def test_the_size_of_a_video_is_that_of_its_first_track_with_a_picture() -> None:
    assert video_size(b"ftyp" + track_header(0, 0) + track_header(360, 640) + track_header(16, 16)) == (360, 640)


@pytest.mark.parametrize("content", [b"", b"tkhd", track_header(0, 0), track_header(9, 9)[:40]])
def test_a_file_without_a_track_with_a_picture_has_no_size(content: bytes) -> None:
    with pytest.raises(ValueError, match="no header of a track"):
        video_size(content)
