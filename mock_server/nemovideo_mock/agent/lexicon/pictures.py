"""The material of a video, and its shapes."""

from __future__ import annotations

from typing import Final

PHOTO: Final = (
    r"(?:photograph|photo|picture|pic|image|illustration|screenshot|snapshot|portrait|still|shot"
    r"|frame|slide|clip|video|file|one|asset|selfie)s?"
)
PHOTO_ONLY: Final = (
    r"(?:photograph|photo|picture|pic|image|illustration|screenshot|snapshot|shot|slide|still"
    r"|selfie|graphic|asset|clip|file|video|upload)"
)
PHOTO_ZH: Final = r"(?:照片|相片|图片|图像|影像|插图|画面|截图|素材|视频|片段|图|片子)"
MEASURE_ZH: Final = r"(?:张|个|幅|段|条|帧)"
VIDEO: Final = (
    r"(?:video|reel|movie|film|clip|slideshow|slide show|montage|recap|vlog|edit|short|story"
    r"|animation|mp4|footage|teaser|trailer|ad|promo|intro|compilation|presentation|tour"
    r"|walkthrough)s?"
)
VIDEO_ZH: Final = (
    r"(?:短视频|视频|短片|影片|片子|动画|幻灯片|集锦|电子相册|相册|宣传片|广告片"
    r"|广告|回忆录|微电影|vlog|mv|片段|成片|推广片|纪念片|祝福片|花絮)"
)

#: Aspect ratios by ratio, shape or platform; they are tried in this order.
ASPECTS: Final[tuple[tuple[str, str], ...]] = (
    (r"(?<![\d:])9 ?[:x×/比] ?16(?![\d:])|1080 ?[x×*] ?1920", "9:16"),
    (r"(?<![\d:])16 ?[:x×/比] ?9(?![\d:])|1920 ?[x×*] ?1080", "16:9"),
    (r"(?<![\d:])1 ?[:x×比] ?1(?![\d:])|1080 ?[x×*] ?1080", "1:1"),
    (r"\b(?:instagram|ig|insta|facebook|fb)[ -]?(?:reels?|stor(?:y|ies))\b", "9:16"),
    (r"\byou ?tube[ -]?shorts?\b|\byt shorts?\b", "9:16"),
    (r"\b(?:instagram|ig|insta)(?: (?:post|feed|grid|square|carousel))?s?\b", "1:1"),
    (r"\btik ?toks?\b|\bshorts\b|\bsnapchat\b|\bstories\b|\bdouyin\b|\bkuaishou\b|\bxiaohongshu\b|\brednote\b", "9:16"),
    (r"[\ue800-\uebff] ?short\b(?=[,.;!?\n]| (?:with|from|of|for|using|out|and)\b|$)", "9:16"),
    (r"\breels\b|(?<!highlight )(?<!highlights )(?<!demo )(?<!show )(?<!sizzle )(?<!blooper )\breel\b", "9:16"),
    (
        (
            r"(?<!this )(?<!a )(?<!my )(?<!the )(?<!single )(?<!one )\bportrait\b(?=(?: instead| please"
            r"| now){0,8}(?: ?[,.!?;]|$))"
        ),
        "9:16",
    ),
    (
        (
            r"\bvertical(?:ly)?\b|\bupright\b|\bportrait(?:[ -](?:mode|format|orientation|video|aspect"
            r"|ratio|version|size|reel|clip))\b"
        ),
        "9:16",
    ),
    (r"(?<=in )portrait\b|(?<=to )portrait\b|(?<=it )portrait\b", "9:16"),
    (r"抖音|快手|小红书|视频号|竖屏|直度|打直|竖式|直式|直屏|直版|竖版|竖向|竖着|纵向|手机屏|tiktok短视频", "9:16"),
    (
        (
            r"\byou ?tube\b|\bvimeo\b|\bbilibili\b|\blandscape(?:[ -](?:mode|format|orientation|video"
            r"|aspect|ratio|version|size))\b"
        ),
        "16:9",
    ),
    (
        (
            r"\bwide ?screen\b|\bwide-screen\b|\bhorizontal(?:ly)?\b|(?<=in )landscape\b"
            r"|(?<=to )landscape\b|(?<=it )landscape\b|\blandscape\b(?! (?:photo|picture|image|pic|shot))"
        ),
        "16:9",
    ),
    (r"横屏|横度|打横|横式|横版|横向|宽屏|横着|b站|油管|电视(?:屏幕|播放)?", "16:9"),
    (r"\bsquare\b|正方形|方形|方块|方图|方屏|一比一", "1:1"),
)
#: Words before an aspect ratio that add nothing to it.
ASPECT_HEAD: Final = r"(?:\b(?:aspect[ -]?)?ratio(?: to| of| at| as| is|:| =)? ?(?:be )?)?"
#: Words after an aspect ratio that add nothing to it.
ASPECT_TAIL: Final = (
    r"(?:[ -]?(?:aspect(?: ratio)?|ratio|format|orientation|mode|version|frame|size|resolution"
    r"|post)){0,8}(?:比例|格式|画幅|尺寸|模式|版本|版|画面)?"
)
#: Known shapes that the service does not offer.
OTHER_ASPECT: Final = (
    r"(?<![\d:])(?:4 ?[:x×比] ?[35]|21 ?[:x×比] ?9|3 ?[:x×比] ?[24]|2 ?[:x×比] ?[13]|5 ?[:x×比] ?4"
    r"|18 ?[:x×比] ?9|2\.\d{1,2} ?[:x×比] ?1)(?![\d:])|(?!1080 ?x ?1920|1920 ?x ?1080"
    r"|1080 ?x ?1080)\b\d{3,5} ?[x*] ?\d{3,5}\b"
)
