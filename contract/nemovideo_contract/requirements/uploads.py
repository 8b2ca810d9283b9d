"""Requirements on uploads: what the service accepts, how it answers, and what it refuses."""

from __future__ import annotations

from typing import Final

from nemovideo_contract.requirements.requirement import ASSUMED, SESSION, UPLOAD, Requirement, parse_sources

REQUIREMENTS: Final = (
    Requirement(
        "upload-file",
        "POST /api/upload-video/nemo_agent/me/{session_id} accepts a file as a form.",
        parse_sources("F0 step 3", "F1 upload-video", "F2 1.9 §3.2", "F3 §3.2", "F5 calls"),
        cost=UPLOAD,
    ),
    Requirement(
        "upload-field",
        "The parts of the form are named files; a form without such a part gets 400.",
        parse_sources("F0 step 3", "F2 1.9 §3.2", "ours the refusal"),
        standing=ASSUMED,
        cost=UPLOAD,
    ),
    Requirement(
        "upload-several",
        "One form can have several parts; the response lists them in the same order.",
        parse_sources("F0 step 3", "F1 upload-video"),
        cost=UPLOAD,
    ),
    Requirement(
        "upload-url",
        "A JSON body with urls and source_type url uploads by URL.",
        parse_sources("F0 step 3", "F2 1.9 §3.2", "F3 §3.2", "F5 calls"),
        cost=UPLOAD,
    ),
    Requirement(
        "upload-answer",
        "data.files has each file's filename, file_type and cdn_url, and session_state_applied is true.",
        parse_sources("F0 step 3", "F1 upload-video"),
        cost=UPLOAD,
    ),
    Requirement(
        "upload-file-type",
        "file_type is video, image or audio, depending on the extension of the file.",
        parse_sources("F0 step 3, for video", "ours the other two are named alike"),
        standing=ASSUMED,
        cost=UPLOAD,
    ),
    Requirement(
        "upload-formats",
        "The service accepts mp4, mov, avi, webm, mkv, jpg, png, gif, webp, mp3, wav, m4a and aac.",
        parse_sources("F0 step 3", "F2 1.9 §3.2", "F3 §3.2", "F5 formats"),
        cost=UPLOAD,
    ),
    Requirement(
        "upload-jpeg",
        "The service accepts jpeg in the same way as jpg.",
        parse_sources("F8 its list of formats"),
        cost=UPLOAD,
    ),
    Requirement(
        "upload-size-image",
        "The response to a photo has its width and height in pixels.",
        parse_sources("F0 step 3, for video"),
        standing=ASSUMED,
        cost=UPLOAD,
    ),
    Requirement(
        "upload-size-video",
        "The response to a video has its width and height in pixels, and its duration in seconds.",
        parse_sources("F0 step 3", "F1 upload-video"),
        cost=UPLOAD,
    ),
    Requirement(
        "upload-measures-null",
        "A value that a file does not have, such as the duration of a photo, is null.",
        parse_sources("ours the only sample is a video"),
        standing=ASSUMED,
        cost=UPLOAD,
    ),
    Requirement(
        "upload-hash",
        "The response has a hash of the file: equal for equal bytes, different for different bytes.",
        parse_sources("F1 upload-video"),
        cost=UPLOAD,
    ),
    Requirement(
        "upload-fetch",
        "cdn_url returns the bytes of the file without a token.",
        parse_sources("F0 step 3, by its name"),
        standing=ASSUMED,
        cost=UPLOAD,
    ),
    Requirement(
        "upload-state",
        "An uploaded file appears at once in video_infos of the state.",
        parse_sources("F0 step 3"),
        cost=UPLOAD,
    ),
    Requirement(
        "upload-again",
        "A second upload of the same file gets the same response as the first.",
        parse_sources("F5 one skill"),
        cost=UPLOAD,
    ),
    Requirement(
        "code-4001",
        "A file of any other type, such as heic, tiff, txt or pdf, gets 4001.",
        parse_sources("F0 errors", "F2 1.9 §7", "F3 §7", "F5 errors"),
        cost=SESSION,
    ),
    Requirement(
        "upload-refused-whole",
        "If the service refuses one file of a form, the session gets none of the files.",
        parse_sources("ours no document has such a form"),
        standing=ASSUMED,
        cost=SESSION,
    ),
    Requirement(
        "code-4002",
        "A file that is too large gets 4002.",
        parse_sources("F0 errors", "F2 1.9 §7", "F3 §7", "F5 errors"),
        needs="upload_too_large",
        cost=SESSION,
    ),
    Requirement(
        "upload-size-limit",
        "A file of more than 200 MB gets 4002.",
        parse_sources("F5 with images, seed image-to-video-in-flow"),
        profiles=("size_limit_mb=200",),
        cost=UPLOAD,
    ),
    Requirement(
        "upload-size-limit-500",
        "A file of more than 500 MB gets 4002; the service accepts a file of 200 MB plus one byte.",
        parse_sources("F5 with video"),
        profiles=("size_limit_mb=500",),
        cost=UPLOAD,
    ),
)
