"""Moods, names of sounds, and words for music."""

from __future__ import annotations

from typing import Final

#: The word in the message, its mood ("" if it only names a sound), and the name of the sound.
MOODS: Final[tuple[tuple[str, str, str], ...]] = (
    (r"\bcalm(?:ing)?\b|\bpeaceful\b|\bsoothing\b|\bserene\b|\bquiet\b|舒缓|平静|宁静|安静|轻柔|柔和", "calm", "calm"),
    (r"\brelax(?:ing|ed)\b|\bchill(?:ed|out)?\b|\blaid[ -]?back\b|\bmellow\b|轻松|放松|悠闲", "calm", "relaxing"),
    (
        (
            r"\bhappy\b|\bcheerful\b|\bjoyful\b|\bsunny\b|\bplayful\b|\bfun\b|欢快|快乐|开心|愉快|俏皮"
            r"|活泼"
        ),
        "happy",
        "happy",
    ),
    (r"\bupbeat\b|\blively\b|\bfaster\b|轻快|明快|欢乐", "upbeat", "upbeat"),
    (r"\bslower\b", "calm", "calm"),
    (
        (
            r"\benergetic\b|\bdynamic\b|\bpowerful\b|\bhigh-energy\b|\bfast\b|\bdriving\b|动感|激昂|有力"
            r"|劲爆|激情|快节奏|节奏感强?"
        ),
        "energetic",
        "energetic",
    ),
    (r"\bcinematic\b|\bfilmic\b|电影感|电影般|电影|大片", "cinematic", "cinematic"),
    (r"\bepic\b|\bdramatic\b|\bheroic\b|\btrailer\b|史诗|震撼|大气|磅礴", "epic", "epic"),
    (r"\bromantic\b|\blove\b|浪漫|爱情|甜蜜", "romantic", "romantic"),
    (
        (
            r"\bsad(?:der)?\b|\bmelanchol(?:y|ic)\b|\bemotional\b|\bnostalgic\b|悲伤|伤感|忧伤|感人|抒情"
            r"|怀旧"
        ),
        "sad",
        "emotional",
    ),
    (
        r"\binspir(?:ing|ational)\b|\bmotivational\b|\buplifting\b|\bhopeful\b|励志|鼓舞|振奋|积极",
        "inspiring",
        "inspiring",
    ),
    (r"\blo-?fi\b|低保真", "lofi", "lo-fi"),
    (r"\bambient\b|\batmospheric\b|\bdreamy\b|\bethereal\b|\bspace(?:y)?\b|氛围|空灵|梦幻", "ambient", "ambient"),
    (r"\bcorporate\b|\bbusiness\b|商务", "corporate", "corporate"),
    (r"\bmysterious\b|\bdark\b|\bsuspenseful?\b|神秘|悬疑", "mysterious", "mysterious"),
    (r"\bwarm\b|温暖|温馨|治愈", "warm", "warm"),
    (r"\bslow\b|缓慢", "calm", "slow"),
    (r"\bsoft\b|\bgentle\b|\blight\b", "calm", "soft"),
    (r"\brhythmic\b|有节奏感?", "rhythmic", "rhythmic"),
    (r"\bjazz(?:y)?\b|爵士", "jazz", "jazz"),
    (r"\belectronic\b|\bedm\b|\btechno\b|\bsynth(?:wave)?\b|电子|电音", "electronic", "electronic"),
    (r"\bhip[ -]?hop\b|\btrap\b|嘻哈", "rhythmic", "hip hop"),
    (r"\brock\b|摇滚", "energetic", "rock"),
    (r"\bpop\b|流行", "upbeat", "pop"),
    (r"\bfunk(?:y)?\b|放克", "upbeat", "funk"),
    (r"\bclassical\b|\borchestral\b|\borchestra\b|\bstrings?\b|古典|管弦|交响|弦乐", "cinematic", "orchestral"),
    (r"\bacoustic\b|\bfolk\b|\bguitar\b|吉他|民谣|原声", "warm", "acoustic"),
    (r"\bfestive\b|\bchristmas\b|\bholiday\b|节日|喜庆|圣诞", "happy", "festive"),
    (r"\bukuleles?\b|尤克里里", "happy", "ukulele"),
    (r"\b(?:violins?|cellos?)\b|小提琴|大提琴", "", "strings"),
    (r"轻音乐", "calm", "calm"),
    (r"\bpianos?\b|钢琴", "", "piano"),
    (r"\binstrumental\b|纯", "", "instrumental"),
)
#: Names that describe how music sounds, not only its feeling.
SOUNDS: Final = frozenset({"jazz", "electronic", "rock", "pop", "funk", "orchestral", "acoustic", "piano", "lo-fi"})
#: The sound for a mood if the message names none.
MUSIC_NAMES: Final[dict[str, str]] = {
    "calm": "Calm piano",
    "happy": "Happy ukulele",
    "upbeat": "Upbeat pop",
    "energetic": "Energetic electronic",
    "cinematic": "Cinematic strings",
    "epic": "Epic orchestra",
    "romantic": "Romantic piano",
    "sad": "Emotional piano",
    "inspiring": "Inspiring piano",
    "lofi": "Lo-fi",
    "ambient": "Ambient pads",
    "corporate": "Corporate motivation",
    "mysterious": "Mysterious pads",
    "warm": "Warm guitar",
    "rhythmic": "Rhythmic beat",
    "jazz": "Soft jazz",
    "electronic": "Electronic",
    "": "Warm guitar",
}
MUSIC: Final = (
    r"(?:\b(?:background (?:music|track|audio|song|sound)|backing track|bgm|music(?: track)?"
    r"|sound ?track|songs?|tunes?|score|melody|beats|audio track|pianos?(?: piece| tune)?|guitar)\b"
    r"|背景音乐|背景乐|配乐|音乐|乐曲|曲子|歌曲|钢琴曲|吉他曲|钢琴|乐声|吉他|尤克里里|小提琴|大提琴|电子乐|电音"
    r"|爵士乐?|摇滚乐?|古典乐|轻音乐|纯音乐|民谣|鼓点)"
)
#: The mood that fits the content of a scene, if the prompt names no mood; English words, Chinese words.
SCENE_MOODS: Final[tuple[tuple[str, str, str], ...]] = (
    ("romantic", r"wedding|couple|kiss\w*|bride|valentine\w*", "婚礼|情侣|新娘|亲吻|玫瑰"),
    (
        "energetic",
        r"danc\w+|sports?|rac(?:e|es|ing)|run(?:s|ning)?|skat\w+|surf\w*|cars?",
        "跳舞|运动|奔跑|赛车|冲浪",
    ),
    ("happy", r"cats?|dogs?|kittens?|pupp(?:y|ies)|kids?|child\w*|bab(?:y|ies)|panda\w*", "猫|狗|孩子|宝宝|熊猫"),
    ("epic", r"battle|dragons?|warriors?|storms?|volcano\w*|army|armies", "战|龙|风暴|火山"),
    ("mysterious", r"fog\w*|mist\w*|ghosts?|caves?|ruins?|midnight", "雾|鬼|洞穴|遗迹|深夜"),
    ("ambient", r"space|galax\w+|stars?|nebula\w*|aurora\w*|underwater|jellyfish", "太空|星|银河|极光|水下|水母"),
    ("lofi", r"rain\w*|caf[eé]s?|coffee|window|stud(?:y|ies|ying)", "雨|咖啡|窗"),
    ("electronic", r"city|street|skyline|neon|traffic|cyberpunk", "城市|街|霓虹|赛博"),
    ("corporate", r"office|products?|startup|factory", "办公|产品|公司|工厂"),
    ("cinematic", r"mountains?|desert|canyon|castles?|drone|aerial", "山|沙漠|峡谷|城堡|航拍"),
    (
        "calm",
        r"sunsets?|sunrise|seas?|ocean|beach\w*|lakes?|rivers?|forests?|snow\w*|gardens?|flowers?",
        "日落|日出|海|湖|河|森林|雪|花",
    ),
)
