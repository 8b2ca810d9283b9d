"""Uploads: what is taken, how it is answered, and what is refused."""

from __future__ import annotations

from typing import Final

from nemovideo_contract.requirements.requirement import ASSUMED, SESSION, UPLOAD, Requirement, said

REQUIREMENTS: Final = (
    Requirement(
        "upload-file",
        "POST /api/upload-video/nemo_agent/me/{session_id} takes a file as a form.",
        said("F0 step 3", "F1 upload-video", "F2 1.9 §3.2", "F3 §3.2", "F5 calls"),
        cost=UPLOAD,
    ),
    Requirement(
        "upload-field",
        "The form's parts are named files, and a form without one is refused with 400.",
        said("F0 step 3", "F2 1.9 §3.2", "ours the refusal"),
        standing=ASSUMED,
        cost=UPLOAD,
    ),
    Requirement(
        "upload-several",
        "Several parts of one form are all taken, and answered in their order.",
        said("F0 step 3", "F1 upload-video"),
        cost=UPLOAD,
    ),
    Requirement(
        "upload-url",
        "A JSON body with urls and source_type url uploads by URL.",
        said("F0 step 3", "F2 1.9 §3.2", "F3 §3.2", "F5 calls"),
        cost=UPLOAD,
    ),
    Requirement(
        "upload-answer",
        "data.files has each file's filename, file_type and cdn_url, and session_state_applied is true.",
        said("F0 step 3", "F1 upload-video"),
        cost=UPLOAD,
    ),
    Requirement(
        "upload-file-type",
        "file_type is video, image or audio, as the file's ending says.",
        said("F0 step 3, for video", "ours the other two are named alike"),
        standing=ASSUMED,
        cost=UPLOAD,
    ),
    Requirement(
        "upload-formats",
        "mp4, mov, avi, webm, mkv, jpg, png, gif, webp, mp3, wav, m4a and aac are taken.",
        said("F0 step 3", "F2 1.9 §3.2", "F3 §3.2", "F5 formats"),
        cost=UPLOAD,
    ),
    Requirement(
        "upload-jpeg",
        "jpeg is taken as jpg is.",
        said("F8 its list of formats"),
        cost=UPLOAD,
    ),
    Requirement(
        "upload-size-image",
        "A photo is answered with its width and height in pixels.",
        said("F0 step 3, for video"),
        standing=ASSUMED,
        cost=UPLOAD,
    ),
    Requirement(
        "upload-size-video",
        "A video is answered with its width and height in pixels and its duration in seconds.",
        said("F0 step 3", "F1 upload-video"),
        cost=UPLOAD,
    ),
    Requirement(
        "upload-measures-null",
        "A measure that a file does not have, such as a photo's duration, is null.",
        said("ours the only sample is a video"),
        standing=ASSUMED,
        cost=UPLOAD,
    ),
    Requirement(
        "upload-hash",
        "A file is answered with a hash, the same for the same bytes and another for others.",
        said("F1 upload-video"),
        cost=UPLOAD,
    ),
    Requirement(
        "upload-fetch",
        "cdn_url gives the file's own bytes back without a token.",
        said("F0 step 3, by its name"),
        standing=ASSUMED,
        cost=UPLOAD,
    ),
    Requirement(
        "upload-state",
        "What was uploaded stands in the state's video_infos at once.",
        said("F0 step 3"),
        cost=UPLOAD,
    ),
    Requirement(
        "upload-again",
        "Uploading the same file again is answered as the first time.",
        said("F5 one skill"),
        cost=UPLOAD,
    ),
    Requirement(
        "code-4001",
        "A file of another kind, such as heic, tiff, txt or pdf, is refused with 4001.",
        said("F0 errors", "F2 1.9 §7", "F3 §7", "F5 errors"),
        cost=SESSION,
    ),
    Requirement(
        "upload-refused-whole",
        "A form with one file that is refused leaves none of its files in the session.",
        said("ours no document has such a form"),
        standing=ASSUMED,
        cost=SESSION,
    ),
    Requirement(
        "code-4002",
        "A file that is too large is refused with 4002.",
        said("F0 errors", "F2 1.9 §7", "F3 §7", "F5 errors"),
        needs="upload_too_large",
        cost=SESSION,
    ),
    Requirement(
        "upload-size-limit",
        "A file of more than 200 MB is refused with 4002.",
        said("F5 with images, seed image-to-video-in-flow"),
        profiles=("size_limit_mb=200",),
        cost=UPLOAD,
    ),
    Requirement(
        "upload-size-limit-500",
        "A file of more than 500 MB is refused with 4002, one of 200 MB and a byte is taken.",
        said("F5 with video"),
        profiles=("size_limit_mb=500",),
        cost=UPLOAD,
    ),
)
