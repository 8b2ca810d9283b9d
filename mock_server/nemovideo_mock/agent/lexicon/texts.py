"""Titles, captions and voiceovers, and their look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from nemovideo_contract.draft import TextPosition

TITLE: Final = (
    r"(?:\b(?:main |opening |intro |start |big |large |bold |short )?(?:titles?|headings?"
    r"|headlines?)(?:[ -](?:text|card|screen|overlay|slide))?\b|主?标题(?:的?(?:文字|字号|字体|大小))?|题目|片头(?:文字"
    r"|字|标题)?|片名|大字)"
)
TITLE_END: Final = (
    r"(?:\b(?:closing|end|ending|final|outro) (?:titles?|cards?|text|screen|message|line)\b"
    r"|(?:结尾|片尾|结束)的?(?:标题|文字|字|字样|标语)|片尾(?:字|(?![淡渐变慢用黑要])))"
)
TEXT: Final = (
    r"(?:\b(?:on-?screen text|text overlays?|overlay text|text on screen|overlays?|texts?|words?"
    r"|line|tagline|slogan|message|lettering)\b|文字|一?[行句段]字|字样|文案|标语|口号)"
)
CAPTION: Final = r"(?:\b(?:captions?|captioned|subtitles?|subs)\b|字幕|说明文字|图注)"
VOICE: Final = (
    r"(?:\b(?:voice[ -]?overs?|narrations?|narrate|narrator|spoken script)(?: script| text)?\b"
    r"|旁白|配音|解说词?|口播|画外音)(?:稿|文案|脚本|内容)?"
)

COLORS: Final[tuple[tuple[str, str], ...]] = (
    (r"\bwhite\b|白色?", "white"),
    (r"\bblack\b(?! and white)|黑色", "black"),
    (r"\bred\b|红色?", "red"),
    (r"\byellow\b|黄色?", "yellow"),
    (r"\b(?:gold|golden)\b|金色", "gold"),
    (r"\borange\b|橙色|橘色", "orange"),
    (r"\bgreen\b|绿色?", "green"),
    (r"\b(?:light |sky )blue\b|浅蓝色?|天蓝色?", "skyblue"),
    (r"\bblue\b|蓝色?", "blue"),
    (r"\b(?:purple|violet)\b|紫色?", "purple"),
    (r"\bpink\b|粉色?|粉红色?", "pink"),
    (r"\b(?:gr[ae]y|silver)\b|灰色?|银色", "silver"),
    (r"\b(?:cyan|turquoise|teal)\b|青色", "cyan"),
    (r"#(?P<hex>[0-9a-f]{6})\b", "#"),
)
POSITIONS: Final[tuple[tuple[str, TextPosition], ...]] = (
    (
        (
            r"\b(?:top|upper(?= (?:part|half|third|edge|left|right)))(?: (?:of|part|half|third"
            r"|edge))?\b(?: the)?(?: (?:frame|screen|video"
            r"|picture))?|顶部|上方|上面|顶端|上部|最上面?"
        ),
        "top",
    ),
    (
        (
            r"\b(?:bottom|lower(?= (?:part|half|third|edge|left|right))|below)(?: (?:of|part|half|third"
            r"|edge))?\b(?: the)?(?: (?:frame|screen"
            r"|video|picture))?|底部|下方|下面|底端|下部|最下面?"
        ),
        "bottom",
    ),
    (
        (
            r"\b(?:center(?:ed)?|centre(?:d)?|middle)(?: of)?\b(?: the)?(?: (?:frame|screen|video"
            r"|picture))?|中间|居中|中央|正中"
        ),
        "center",
    ),
)
SIZES: Final[tuple[tuple[str, float], ...]] = (
    (r"\btoo (?:small|tiny|little)\b|太小了?|大号?(?=<T>|$)", 1.3),
    (r"\btoo (?:big|large|huge)\b|太大了?|小号?(?=<T>|$)", 0.75),
    (r"\b(?:much bigger|much larger|huge|giant|very (?:big|large))\b|大很多|特别大|超大", 1.6),
    (
        (
            r"\b(?:bigger|larger|big|large|bold)\b|大一?点|大一?些|更大|放大(?!第|照片|图|效果|镜头"
            r"|[\ue000-\uf8ff])|变大|加大|调大"
        ),
        1.3,
    ),
    (r"\b(?:much smaller|tiny|very small)\b|小很多|超小", 0.6),
    (r"\b(?:smaller|small)\b|小一?点|小一?些|更小|缩小(?!第|照片|图|效果|镜头|[\ue000-\uf8ff])|变小|调小", 0.75),
)
