"""The motion of pictures, the transitions between them, and the pace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from nemovideo_contract.draft import Motion, TransitionKind
    from nemovideo_mock.agent.edit_requests import PaceName

_SLOWLY = (
    r"(?:very|really|a|bit|slow|slower|slowly|gentle|gently|soft|softly|subtle|subtly|smooth"
    r"|smoothly|slight|slightly|light|dramatic|cinematic|nice|little|continuous|elegant|simple"
    r"|steady|classic)"
)
#: Adverbs before and after a motion or transition that do not change its kind.
MANNER_BEFORE: Final = (
    rf"(?:(?P<hurry>\b(?:fast|faster|quick|quickly|rapid|swift)[ -])|\b{_SLOWLY}(?:,? and |, | "
    rf"|-)){{0,4}}(?P<hurry>快速的?)?(?:(?:缓慢|慢慢|缓缓|轻轻|轻柔|柔和|平滑|轻微|流畅|自然|简单"
    rf"|柔美|顺滑|细腻|舒缓)[的地]?){{0,2}}"
)
MANNER_AFTER: Final = (
    r"(?:[ -]?(?:effect|motion|movement|animation|style|camera move|move)s?\b)?(?: (?:slowly"
    r"|gently|softly|smoothly|subtly|slightly)|(?P<hurry> (?:fast|quickly|rapidly)))?(?:的?(?:效果"
    r"|运镜|镜头|动画|动效|特效|运动))?"
)

MOTIONS: Final[tuple[tuple[str, Motion], ...]] = (
    (
        (
            r"\bken[ -]?burns?\b|肯[·・. -]?伯恩斯|肯[·・. -]?伯恩|\b(?:pan(?:s|ning)?(?: and | & |/"
            r"|-and-)zoom(?:s|ing)?|zoom(?:s|ing)?(?: and | & |/|-and-)pan(?:s|ning)?)\b|平移缩放|推拉摇移"
        ),
        "ken_burns",
    ),
    (r"\bzoom(?:s|ing)? in and out\b", "ken_burns"),
    (
        (
            r"\bzoom(?:s|ing|ed)?[ -]?out(?:s| of)?\b|\bpull(?:s|ing)?[ -](?:out|back|away)\b|拉远|缩小"
            r"|拉镜头?|拉出|镜头后退|由近(?:及|到|至)远"
        ),
        "zoom_out",
    ),
    (
        (
            r"\bzoom(?:s|ing|ed)?[ -]?(?:in(?:s|to|wards?)?)\b|\bpush(?:es|ing)?[ -]in\b|\bdolly[ -]?in\b"
            r"|\bpunch[ -]in\b|\bmove in closer\b|推近|推进|放大|拉近|推镜头?|推入|由远(?:及|到|至)近"
        ),
        "zoom_in",
    ),
    (r"\bzoom(?:s|ing)?\b|缩放|变焦", "zoom_in"),
    (
        (
            r"\bpan(?:s|ning|ned)?(?: the camera)?(?: from)?(?: the)? right to(?: the)? left\b|\bpan(?:s"
            r"|ning|ned)?[ -](?:to(?: the)? |towards? (?:the )?)?left(?:wards?)?\b"
            r"|\b(?:from )?right[ -]to[ -]left(?: pan)?\b|\bleft(?:ward)? pan\b|从右(?:向|往|到"
            r"|至)左(?:平移|移动|摇|滑动)?|[向往]左(?:平移|摇移|移动|摇)|左移"
        ),
        "pan_left",
    ),
    (
        (
            r"\bpan(?:s|ning|ned)?(?: the camera)?(?: from)?(?: the)? left to(?: the)? right\b|\bpan(?:s"
            r"|ning|ned)?[ -](?:to(?: the)? |towards? (?:the )?)?right(?:wards?)?\b"
            r"|\b(?:from )?left[ -]to[ -]right(?: pan)?\b|\bright(?:ward)? pan\b|从左(?:向|往|到"
            r"|至)右(?:平移|移动|摇|滑动)?|[向往]右(?:平移|摇移|移动|摇)|右移"
        ),
        "pan_right",
    ),
    (
        (
            r"\bpan(?:s|ning|ned)?[ -](?:to the )?up(?:wards?)?\b|\btilt(?:s|ing)?[ -]up(?:wards?)?\b"
            r"|\bupward pan\b|从下(?:向|往|到|至)上(?:平移|移动|摇)?|[向往]上(?:平移|摇移|移动|摇)|上移"
        ),
        "pan_up",
    ),
    (
        (
            r"\bpan(?:s|ning|ned)?[ -](?:to the )?down(?:wards?)?\b|\btilt(?:s|ing)?[ -]down(?:wards?)?\b"
            r"|\bdownward pan\b|从上(?:向|往|到|至)下(?:平移|移动|摇)?|[向往]下(?:平移|摇移|移动|摇)|下移"
        ),
        "pan_down",
    ),
    (r"\bpan(?:s|ning|ned)?(?: across)?\b|平移|摇镜头?|摇移", "pan_right"),
    (r"\bparallax\b|\b2\.5d\b|\b(?:3d )?depth effects?\b|视差|景深动画", "parallax"),
    (r"\bdrift(?:s|ing|ed)?\b|\bfloat(?:s|ing)?\b|漂移|漂浮|飘动|浮动|微动", "drift"),
    (
        (
            r"(?<!\ba )(?<!movie )(?<!film )\bstill\b(?! (?:photo|picture|from|of|think|image|shot|frame|want"
            r"|need|has|have|too|not|a |an |the |look"
            r"|think|feel|like|in |be ))|\bstatic\b(?! (?:photo|picture|image|shot|frame|slide))"
            r"|\bmotionless\b|\bfrozen\b|静止(?!图|照|画)|静态(?!图|照|画)|固定(?:镜头|不动)?|不动|不要动"
            r"|不移动"
        ),
        "still",
    ),
)

TRANSITION: Final = r"(?:transitions?|转场|过渡|切换(?:效果)?|衔接)"
#: Kinds that name a transition by themselves.
JOINS: Final[tuple[tuple[str, TransitionKind | str], ...]] = (
    (
        (
            r"\b(?:cross|x)[ -]?(?:dissolves?|dissolving|fades?|fading)\b|\bdissolv(?:e|es|ing)\b|交叉溶解"
            r"|交叉叠化|交叉淡化|交叉淡入淡出|溶解|叠化|化入化出"
        ),
        "dissolve",
    ),
    (
        (
            r"\b(?:fade|fades|fading|dip|dips)[ -](?:through|via|to) black (?:in )?between\b|\b(?:fade"
            r"|dip)[ -](?:through|via)[ -]black\b|\bfad(?:e|es|ing)[ -](?:through|via)[ -]black\b"
            r"|\bdip to black\b|(?<![从至到由])黑场(?:过渡|转场|切换)?(?!淡)|闪黑"
        ),
        "fade",
    ),
    (
        (
            r"\b(?:hard|straight|jump|simple|quick|clean|direct|fast|sharp) ?-?cuts?\b|\bcuts\b"
            r"|\bcut between\b|\bfast-cut\b|硬切|直切|直接切换|快切|跳切|硬转场"
        ),
        "cut",
    ),
    (
        (
            r"\bwipes?\b|\bswipes?\b|\bslide[ -](?:in|over|between|from)\b|\bsliding\b"
            r"|\bpush transitions?\b|滑动|滑入|推移|擦除|划像|滑屏|平推"
        ),
        "slide",
    ),
)
#: Kinds that need the word transition next to them.
JOINS_NAMED: Final[tuple[tuple[str, TransitionKind | str], ...]] = (
    (r"\b(?:zoom|zooms|zooming)\b(?:[ -](?:in|out))?|缩放|放大|推近|变焦", "zoom"),
    (r"\b(?:slide|slides|push)\b|滑动|推移", "slide"),
    (r"\b(?:fade|fades|fading)\b|淡入淡出|淡化|渐隐|渐变|淡出淡入", "fade"),
    (r"\b(?:cut|cuts|no)\b|切", "cut"),
    (r"\b(?:blend|blending|morph)\b|柔和", "dissolve"),
)

PACES: Final[tuple[tuple[str, PaceName], ...]] = (
    (r"\b(?:not too|not so|less) (?:fast|quick|hectic)\b|不要太快|别太快|不太快", "calm"),
    (r"\b(?:not too|not so|less) slow\b|不要太慢|别太慢|不太慢", "medium"),
    (
        (
            r"\brhythmic(?:al|ally)?\b|\b(?:on|to|with) the (?:beat|rhythm)\b|\bbeat[ -]synced\b|有节奏感?"
            r"|节奏感强?|卡点|踩点|富有节奏"
        ),
        "rhythmic",
    ),
    (
        (
            r"\b(?:fast|quick|high|rapid|upbeat|lively|energetic|snappy)[ -](?:paced?|cut|tempo|moving"
            r"|rhythm|fire|energy)\b|\bfast\b|\bquick\b(?! question)|\bsnappy\b|\bpunchy\b|\bdynamic\b"
            r"|\benergetic\b|\bupbeat\b|\blively\b|\bhigh-energy\b|快节奏|快速|节奏(?:要|得|很|更"
            r"|比较)?快(?!一?[点些])|节奏(?:要|得|很|更|比较)?(?:明快|轻快|紧凑)|明快|轻快|动感|活泼|紧凑"
            r"|快闪"
        ),
        "fast",
    ),
    (
        (
            r"\bcinematic(?:ally)?\b|\bfilmic\b|\b(?:movie|film)[ -]like\b|电影感|电影般|电影质感|电影级"
            r"|微?电影风格?|大片感|大片"
        ),
        "cinematic",
    ),
    (
        (
            r"\bslow(?:ly)?[ -](?:paced?|tempo|moving|rhythm)\b|\bslow(?:ly)?\b(?! (?:it|this|things|the"
            r"|them|down|motion|mo))|(?<![放减调])慢节奏|节奏(?:要|得|很|更|比较)?慢(?!一?[点些])|缓慢"
            r"|慢悠悠"
        ),
        "slow",
    ),
    (
        (
            r"\bcalm(?:ly)?\b|\brelax(?:ed|ing)\b|\bpeaceful(?:ly)?\b|\bleisurely\b|\bserene\b"
            r"|\btranquil\b|\bsoothing\b|\bmeditative\b|\bgentle[ -](?:paced?|tempo|rhythm)\b"
            r"|\bunhurried\b|\bflowing (?:pace|rhythm)\b|舒缓|平静|宁静|安静|悠闲|平缓|从容|温柔"
            r"|柔和的?节奏|节奏柔和"
        ),
        "calm",
    ),
)
#: Words around the name of a pace; `节奏` and `pace` mean nothing by themselves.
PACE_AROUND: Final = (
    r"(?:[ -]?(?:paced?|pacing|rhythm|tempo|feel(?:ing)?|vibe|mood|energy|style|look"
    r"|atmosphere)\b)?(?:[的地]?(?:节奏|风格|感觉|氛围|效果|质感))?"
)
