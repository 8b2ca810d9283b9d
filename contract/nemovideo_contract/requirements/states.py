"""Requirements on the state of a session and its draft: what a caller may read, and what the keys mean."""

from __future__ import annotations

from typing import Final

from nemovideo_contract.requirements.requirement import ASSUMED, CLIP, EDIT, EXPORT, SESSION, Requirement, parse_sources

REQUIREMENTS: Final = (
    Requirement(
        "state-read",
        "GET /api/state/nemo_agent/me/{session_id}/latest returns the state of the session in data.state.",
        parse_sources("F0 step 4", "F1 state", "F2 1.9 §3.4", "F3 §3.4", "F5 calls"),
        cost=SESSION,
    ),
    Requirement(
        "state-ids",
        "The response has the session_id, task_id and task_name of the session.",
        parse_sources("F0 step 4"),
        cost=SESSION,
    ),
    Requirement(
        "state-user-id",
        "The response has the user_id of the session's account.",
        parse_sources("F2 1.9 §7, which takes the id from here without its key"),
        standing=ASSUMED,
        cost=SESSION,
    ),
    Requirement(
        "state-keys",
        "The state has the lists video_infos and generated_media and the objects canvas_config and video_analyses.",
        parse_sources("F0 step 4", "F2 1.9 §3.4", "F3 §3.4"),
        cost=SESSION,
    ),
    Requirement(
        "state-canvas-size",
        "If there is a draft, canvas_config has its width, its height and its aspect_ratio.",
        parse_sources("F1 state, for what is in it; its keys are in no document"),
        standing=ASSUMED,
        cost=EDIT,
    ),
    Requirement(
        "state-generated",
        "generated_media lists each clip that was generated from words.",
        parse_sources("F0 step 4", "F2 1.9 §3.4"),
        cost=CLIP,
    ),
    Requirement(
        "state-uploads-only",
        "video_infos lists the uploads in their order, and nothing else.",
        parse_sources("F0 step 4", "ours F1 has generated media there too"),
        standing=ASSUMED,
        cost=CLIP,
    ),
    Requirement(
        "state-still",
        "A read changes nothing: two reads of a state are equal if only reads and exports happen between them.",
        parse_sources("F2 1.9 §3.6, which compares two reads"),
        cost=EXPORT,
    ),
    Requirement(
        "state-empty-object",
        "Before the first work, draft is {}.",
        parse_sources("F0 step 4, by its test for an empty draft"),
        standing=ASSUMED,
        profiles=("empty_draft=object",),
        cost=SESSION,
    ),
    Requirement(
        "state-empty-null",
        "Before the first work, draft is null.",
        parse_sources("ours the empty value is in no document"),
        standing=ASSUMED,
        profiles=("empty_draft=null",),
        cost=SESSION,
    ),
    Requirement(
        "state-empty-absent",
        "Before the first work, the state has no draft.",
        parse_sources("ours the empty value is in no document"),
        standing=ASSUMED,
        profiles=("empty_draft=absent",),
        cost=SESSION,
    ),
    Requirement(
        "draft-tracks",
        "A draft has its tracks in t, each with its type in tt and its segments in sg.",
        parse_sources("F1 state", "F2 1.9 §3.4", "F3 §3.4", "F5 draft"),
        cost=EDIT,
    ),
    Requirement(
        "draft-track-type",
        "tt is 0 for video, 1 for audio and 7 for text.",
        parse_sources("F1 state", "F2 1.9 §3.4", "F3 §3.4", "F5 draft"),
        cost=EDIT,
    ),
    Requirement(
        "draft-duration",
        "d is the length of the draft in milliseconds: 5000 if the user asked for five seconds.",
        parse_sources("F1 state", "F2 1.9 §3.4", "F3 §3.4"),
        cost=EDIT,
    ),
    Requirement(
        "draft-meta",
        "m has the draft's title, its width and its height.",
        parse_sources("F1 state"),
        cost=EDIT,
    ),
    Requirement(
        "draft-ready",
        "A draft can be exported if at least one track has a segment.",
        parse_sources("F1 state", "F2 1.9 §3.5", "F3 §3.5"),
        cost=EDIT,
    ),
    Requirement(
        "draft-segments",
        "A segment has an id, its start s and its length d in milliseconds, and its own m.",
        parse_sources("F4 two skills, for start and length of a text", "ours the keys are in no document"),
        standing=ASSUMED,
        cost=EDIT,
    ),
    Requirement(
        "draft-segments-in-order",
        "The segments of a track are in order, don't overlap, and are inside the length of the draft.",
        parse_sources("ours no document shows a nested draft"),
        standing=ASSUMED,
        cost=EDIT,
    ),
    Requirement(
        "draft-photo",
        "Each uploaded photo becomes a segment of a video track, with its cdn_url in m.src.",
        parse_sources("F5 the seeds, for the segments", "F8 media paths in segments", "ours the key"),
        standing=ASSUMED,
        cost=EDIT,
    ),
    Requirement(
        "draft-title",
        "A requested title is in a segment of a text track, in m.text.",
        parse_sources("F1 state, by its summary of tracks", "F4 three skills, for the text in m"),
        standing=ASSUMED,
        cost=EDIT,
    ),
    Requirement(
        "draft-music",
        "Requested music is a segment of an audio track.",
        parse_sources("F2 1.9 §3.4, by its summary of tracks", "F5 draft"),
        cost=EDIT,
    ),
    Requirement(
        "draft-landscape",
        "A video is 16:9 if the user asks for no aspect ratio.",
        parse_sources("F2 a published copy, generate", "F8 its default"),
        cost=EDIT,
    ),
    Requirement(
        "draft-ratio",
        "A vertical video is 9:16, and a square video is 1:1.",
        parse_sources("F2 a published copy, generate", "F5 the seeds"),
        cost=EDIT + EDIT,
    ),
)
