"""Wishes that are recognised but not fulfilled."""

from __future__ import annotations

from typing import Final

#: Wishes that are recognised but not fulfilled; the second item is a key of the replies.
REFUSALS: Final[tuple[tuple[str, str], ...]] = (
    (
        (
            r"(?<!to )(?<!can )(?<!for )(?<!ll )(?<!could )\b(?:upload|publish|post|share|send|tweet|email"
            r"|e-mail)(?:ing)?(?: (?:it|this|that|them|the (?:video|result|reel|clip)"
            r"|everything))?(?: directly| straight| up| automatically)? (?:to|on|onto|with"
            r"|via) (?!me\b)[a-z' ]{1,30}|(?:帮我|直接|自动|然后|并且?|再|请|一键)(?:把视频|将视频"
            r"|把它)?(?:直接|自动)?(?:上传|发布|发送|分享|发|转发)(?:视频)?(?:到|至|给"
            r"|在)(?!我)[^,.;!?\n]{1,12}"
        ),
        "publish",
    ),
    (
        (
            r"[^,.;!?\n\ue000-\uf8ff]{0,40}\bevery (?:other|second|third|2nd|3rd|nth) (?:photo|picture|pic|image"
            r"|one|slide|shot)\b"
            r"[^,.;!?\n\ue000-\uf8ff]{0,40}|每隔[一两]张[^,.;!?\n\ue000-\uf8ff]{0,20}"
        ),
        "place",
    ),
    (
        (
            r"\b(?:4|8|2)k\b(?: (?:resolution|quality|video|uhd))?|\b(?:2160|1440|720|480)p\b|\buhd\b"
            r"|\b\d{2,3} ?fps\b|\b\d{2,3} frames (?:per|a) second\b|(?:4|8|2)k(?:分辨率|画质|超清)?"
            r"|(?:每秒)?\d{2,3}帧(?:每秒)?"
        ),
        "format",
    ),
    (
        (
            r"\b(?:in|into|as) (?:a |an )?(?:gif|avi|mov|webm|mkv|prores|hevc|h\.?265)(?: format| file)?\b"
            r"|\b(?:gif|avi|mov|webm|mkv|hevc|h\.?265) (?:format|file|output)\b|(?:gif|avi|mov|webm"
            r"|mkv)格式"
        ),
        "format",
    ),
    (
        (
            r"[^,.;!?\n]{0,16}(?:翻译|译成|译为)[^,.;!?\n]{0,16}|\b(?:translat(?:e|es|ing)|lip[ -]?sync(?:ed|ing)?)\b"
            r"[^,.;!?\n]{0,40}|[^,.;!?\n]{0,16}(?:对口型|口型)[^,.;!?\n]{0,16}"
        ),
        "unknown",
    ),
    (r"\b(?:make (?:it|them|this|the [a-z]{3,8}) |in )?black[ -](?:and|&)[ -]white\b|黑白", "unknown"),
    (
        (
            r"\b(?:in|with|like|after) (?:the |a |an )?(?:style|manner|look|fashion|spirit|vein) of (?!(?:a |an |the )?"
            r"(?:movie|film|reel|vlog|slideshow|trailer)\b)[^,.;!?\n\ue000-\uf8ff]{2,40}?(?= and | with | for "
            r"| at | but |[,.;!?\n]|$)"
            r"|\b(?:like|as|into) (?:a |an )?(?:[a-z]{3,14} )?(?:painting|cartoon|anime|watercolou?r|sketch"
            r"|comic|oil painting)s?\b"
        ),
        "style",
    ),
    (
        (
            r"\b(?:play|run)[^,.;!?\n]{0,20} (?:in reverse|backwards?)\b(?! order)|\bslow[ -]mo(?:tion)?\b"
            r"|\btime[ -]?lapse\b(?! (?:video|photo|clip|of))|慢动作|倒放|延时摄影"
        ),
        "speed",
    ),
)
