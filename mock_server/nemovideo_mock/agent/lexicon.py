"""The words that the agent knows, as tables.

Every entry is a fragment of a regular expression over the text that `reading` prepares: lower case, simplified
characters, half-width punctuation, single spaces. Fragments never repeat without a bound, so matching stays linear.
`<D>` stands for a length of time, `<R>` for photos, `<Q>` for quoted words, `<P>` for a percentage, `<T>`, `<C>` and
`<M>` for a title, captions and music.
"""

from __future__ import annotations

from typing import Final

from nemovideo_contract.draft import Motion, TextPosition, TransitionKind
from nemovideo_mock.agent.asks import PaceName, TalkTopic

#: Traditional characters and the simplified ones that the tables are written in.
_TRADITIONAL = (
    "張個圖視頻製動畫標題樂轉場換調長時間鐘單編輯刪無請幫這為後對從開頭結與縮遠進紅藍綠黃節緩輕鋼聲靜橫豎適電風順兩並顯點關變讓說號"
    "過來會還選擇檔輸導載發給們嗎現樣裡氣書傳線軌總僅歡溫鏡較終話邊疊軟強優復雙產銷廣韻種條滿覺級專業讚謝額餘嘗試課際網東車馬門問間"
    "驚艷悅愛憶旅攝鮮麗戀婚慶歲歷記錄瑩幀畢業貓壓揚離勢擊鼓鬆潔淨簡約構隨連續補語譯聽聞歐蘋華麼沒將隻幾處據該當內創環設別"
    "屬觸搖遊飛鳥頁預備誰認識讀寫詞詩講師學習錢銀鐵陽雲霧響項領顏願類飄飯館驗體髮鬧齊龍爺牆狀獨獎異盡監盤禮稱穩筆範級紀純紙細"
    "組絕絲統經維緊練縱繞繪繼義聖聯臉臺與興舊葉術衝裝複見規親觀計討許訪詳誤談論證護貨質買賣費貼賓賞跡輪辦遞遲鏈閃閉閱隊階雜難"
    "靈飲餅濾灣熱燈燒爭獲眾確碼積終絡縫聰腦舉蓋襯誠譜豐貴趕躍轟運達遙醫鎖錯閒陣隱雖頂須頗齒側傷億儘兒冊劃劇動勁勞卻參員啟嘆嚴"
    "園圍圓團堅報塊夠夢夾奪娛婦媽嬌孫寧寬寵寶尋層島峽幣廚廟廳彈彎徑恆慘慣懷戰戲掃採揮損搶擁擋擴擺敗數斷曬楊榮槍樓樹橋機檯櫻權"
    "歸決淚淺測湯滾漲漸濃災煙爐妳裏慮潑兩帶"
)
_SIMPLIFIED = (
    "张个图视频制动画标题乐转场换调长时间钟单编辑删无请帮这为后对从开头结与缩远进红蓝绿黄节缓轻钢声静横竖适电风顺两并显点关变让说号"
    "过来会还选择档输导载发给们吗现样里气书传线轨总仅欢温镜较终话边叠软强优复双产销广韵种条满觉级专业赞谢额余尝试课际网东车马门问间"
    "惊艳悦爱忆旅摄鲜丽恋婚庆岁历记录莹帧毕业猫压扬离势击鼓松洁净简约构随连续补语译听闻欧苹华么没将只几处据该当内创环设别"
    "属触摇游飞鸟页预备谁认识读写词诗讲师学习钱银铁阳云雾响项领颜愿类飘饭馆验体发闹齐龙爷墙状独奖异尽监盘礼称稳笔范级纪纯纸细"
    "组绝丝统经维紧练纵绕绘继义圣联脸台与兴旧叶术冲装复见规亲观计讨许访详误谈论证护货质买卖费贴宾赏迹轮办递迟链闪闭阅队阶杂难"
    "灵饮饼滤湾热灯烧争获众确码积终络缝聪脑举盖衬诚谱丰贵赶跃轰运达遥医锁错闲阵隐虽顶须颇齿侧伤亿尽儿册划剧动劲劳却参员启叹严"
    "园围圆团坚报块够梦夹夺娱妇妈娇孙宁宽宠宝寻层岛峡币厨庙厅弹弯径恒惨惯怀战戏扫采挥损抢拥挡扩摆败数断晒杨荣枪楼树桥机台樱权"
    "归决泪浅测汤滚涨渐浓灾烟炉你里虑泼两带"
)
SIMPLIFY: Final[dict[str, str]] = dict(zip(_TRADITIONAL, _SIMPLIFIED, strict=True))

# --- numbers ----------------------------------------------------------------------------------------------------------

_NUMBER_WORDS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen twenty"""
_ORDINAL_WORDS = """first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth
fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"""
NUMBERS: Final[dict[str, int]] = {word: number for number, word in enumerate(_NUMBER_WORDS.split())} | {
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "ninety": 90,
    "dozen": 12,
}
ORDINALS: Final[dict[str, int]] = {word: number for number, word in enumerate(_ORDINAL_WORDS.split(), start=1)} | {
    "last": -1,
    "final": -1,
    "second-to-last": -2,
    "second to last": -2,
    "penultimate": -2,
}
CHINESE_DIGITS: Final[dict[str, int]] = {digit: number for number, digit in enumerate("零一二三四五六七八九")} | {
    "两": 2,
    "俩": 2,
}

NUMBER: Final = (
    rf"(?:\d{{1,6}}(?:\.\d{{1,3}})?|(?:twenty|thirty|forty|fifty)[ -](?:one|two|three|four|five|six"
    rf"|seven|eight|nine)|{'|'.join(sorted(NUMBERS, key=len, reverse=True))})"
)
COUNT_ZH: Final = r"(?:\d{1,4}|[零一二两俩三四五六七八九十百]{1,5})"
ORDINAL: Final = rf"(?:{'|'.join(sorted(ORDINALS, key=len, reverse=True))}|\d{{1,3}}(?:st|nd|rd|th))"

# --- what a video is made of ------------------------------------------------------------------------------------------

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

#: Aspect ratios by ratio, shape or platform; what is named first is tried first.
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
#: Words around an aspect ratio that add nothing to it.
ASPECT_TAIL: Final = (
    r"(?:[ -]?(?:aspect(?: ratio)?|ratio|format|orientation|mode|version|frame|size|resolution"
    r"|post)){0,8}(?:比例|格式|画幅|尺寸|模式|版本|版|画面)?"
)
#: Shapes that are known and not offered.
OTHER_ASPECT: Final = (
    r"(?<![\d:])(?:4 ?[:x×比] ?[35]|21 ?[:x×比] ?9|3 ?[:x×比] ?[24]|2 ?[:x×比] ?[13]|5 ?[:x×比] ?4"
    r"|18 ?[:x×比] ?9|2\.\d{1,2} ?[:x×比] ?1)(?![\d:])|(?!1080 ?x ?1920|1920 ?x ?1080"
    r"|1080 ?x ?1080)\b\d{3,5} ?[x*] ?\d{3,5}\b"
)

_SLOWLY = (
    r"(?:very|really|a|bit|slow|slower|slowly|gentle|gently|soft|softly|subtle|subtly|smooth"
    r"|smoothly|slight|slightly|light|dramatic|cinematic|nice|little|continuous|elegant|simple"
    r"|steady|classic)"
)
#: Adverbs before and after a motion or transition that don't change which one it is.
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
#: What may stand around the name of a pace; `节奏` and `pace` say nothing by themselves.
PACE_AROUND: Final = (
    r"(?:[ -]?(?:paced?|pacing|rhythm|tempo|feel(?:ing)?|vibe|mood|energy|style|look"
    r"|atmosphere)\b)?(?:[的地]?(?:节奏|风格|感觉|氛围|效果|质感))?"
)

# --- text -------------------------------------------------------------------------------------------------------------

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

# --- music ------------------------------------------------------------------------------------------------------------

#: The word that is heard, the mood it stands for ("" where it only names a sound), and how it is called.
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
#: Names that say how music sounds, not only how it feels.
SOUNDS: Final = frozenset({"jazz", "electronic", "rock", "pop", "funk", "orchestral", "acoustic", "piano", "lo-fi"})
#: The sound that goes by a mood when none is named.
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

# --- verbs and negation -----------------------------------------------------------------------------------------------

REMOVE: Final = (
    r"(?:\b(?:remove|removing|delete|drop|lose|kill|cut out|cut|take out|take away|take off"
    r"|get rid of|turn off|switch off|mute|disable|strip|eliminate|erase|clear|ditch|cancel|omit"
    r"|skip|leave out|exclude|hide)\b|删除|删掉|删去|删|去掉|去除|移除|拿掉|取消|关掉|关闭|静音"
    r"|剔除|撤掉|撤下|省去|略过|摘掉|抹掉|弄掉|不要了)"
)
NOT: Final = (
    r"(?:\b(?:no|without|don'?t|do not|does not|doesn'?t|never|zero|minus|sans|avoid|omit|not"
    r"|isn'?t|shouldn'?t|needn'?t|nor)\b|不要|不用|不需要|不想要|不想|不必|不加|不带|不放|不含"
    r"|(?<!是)不是|(?<![分特个区级性类])别(?![的人致忘墅样])加?|没有|无需|无(?![论缝人法比])|勿|不使用|不添加"
    r"|(?<![差是要能可好])不(?![错同变过断但仅知管够太能会行好是]))"
)
#: What may stand between a negation and the thing it denies.
NOT_FILLING: Final = (
    r"(?:\b(?:any|the|a|an|use|using|add|adding|have|having|include|put|apply|need|want|kind|of"
    r"|want|with|show|more|my|that|there|be|should|is|fancy|extra|some|all|make|it|me|do|please|so"
    r"|too|very)\b|任何|有|加上?|添加|使用|用|放|配|再|这个|那个|这些|这|的|给我|上|它|做|弄|太"
    r"|那么)"
)
INSTEAD: Final = (
    r"(?:\b(?:instead of|rather than|in place of|replacing|but not|and not|, not)\b|而不是|而非|代替|取代|替换)"
)

TALK: Final[tuple[tuple[str, TalkTopic], ...]] = (
    (
        (
            r"^(?: )?(?:hi|hello|hey|hiya|howdy|greetings|good (?:morning|afternoon|evening|day))(?: there"
            r"| nemo| again| everyone)?\b|^ ?(?:你好啊?|您好|嗨|哈喽|哈啰|大家好|早上好|下午好|晚上好)"
        ),
        "hello",
    ),
    (
        (
            r"\bwhat (?:can|do) you (?:do|make|offer)\b|\bhow does (?:this|it) work\b|\bwhat (?:are you"
            r"|is this)\b|\bwho are you\b|^ ?help(?: me)?(?: please)? ?[!.?]?$|你能做什么|你会做什么"
            r"|你可以做什么|能做些?什么|有什么功能|怎么用|如何使用|你是谁|^ ?帮助"
        ),
        "help",
    ),
    (
        (
            r"\bthank(?:s| you)(?: so much| very much| a lot)?\b|\bcheers\b|\b(?:looks|that's|it's"
            r"|this is) (?:great|good|perfect|amazing|awesome|lovely)\b|\bwell done\b|\blove it\b"
            r"|^ ?(?:great|perfect|awesome|nice|cool|ok|okay|good)(?: job| work)? ?[.!]?$|谢谢你?|多谢"
            r"|感谢|太棒了|^ ?(?:很好|不错|完美|好的|好)[.!]?$"
        ),
        "thanks",
    ),
    (
        (
            r"\bexport(?:ing|ed)?(?: it| this| that| the (?:final )?(?:video|result|file|reel"
            r"|clip))?\b(?: (?:as|to|in)(?: an?)? mp4)?|\bdownload(?: it| this| the (?:final )?(?:video"
            r"|result|file|reel|clip))?\b|\bsend me the (?:final )?(?:video|file|result|reel|clip)\b"
            r"|\bsave (?:it|this|the (?:video|file|project))\b|\brender (?:it|this|the video)\b"
            r"|(?:把视频)?(?:导出|下载)(?:视频|成片|它|一下|文件)?|保存(?:视频|一下)?|渲染(?:视频|一下)?"
            r"|把视频发给我|发给我"
        ),
        "export",
    ),
    (
        (
            r"\b(?:my |the |how many )?credits?(?: (?:balance|left|remaining|do i have)){0,8}\b"
            r"|\b(?:account )?balance\b|\bbilling\b|(?:剩余|还有|多少|我的){0,8}(?:积分|余额|额度)(?:还?剩"
            r"|有)?(?:多少)?"
        ),
        "credits",
    ),
    (
        (
            r"\bstatus\b|\bshow(?: me)? (?:the )?(?:tracks|timeline|draft|state)\b|\bwhat's in (?:it"
            r"|the (?:video|timeline))\b|状态|现在什么样了?|(?:看看|显示|查看)(?:时间线|轨道|草稿)"
        ),
        "status",
    ),
)
QUESTION: Final = (
    r"^ ?(?:so |and |but |well |ok |okay |hey |um |hi |hello )?(?:how (?!about\b)"
    r"|what(?!ever)(?! about\b| if we\b)|which |why (?!not\b|don't\b)|when |where |who |whose "
    r"|is (?!it possible|there (?:a|any) way)|are |was |were |do you |does |did |has |have you "
    r"|can i (?!have|get)|could i (?!have|get)|may i |should i |am i |will it |would it |what's "
    r"|how's |is it (?!possible))|多少|多长|多久|为什么|为何|哪些|哪里|哪种|哪个|什么格式|什么意思"
    r"|是什么|有什么|做什么|(?:有|用|放|是|需要)几[张个]|怎么(?!样)|如何|是不是|有没有|是否|难道|吗 ?\??$"
)
REQUEST: Final = (
    r"^ ?(?:can|could|would|will) (?:you|we|it)\b|\bis it possible to\b|\bis there (?:a"
    r"|any) way to\b|^ ?(?:can|could|may) i (?:have|get)\b|\bplease\b|可以.{0,40}吗|能.{0,40}吗"
    r"|可不可以|能不能|能否|请|帮我|帮忙|行吗|好吗|怎么样|如何\?"
)

#: Wishes that are recognised and not fulfilled; the second part is a key of the replies.
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
URL: Final = r"\b(?:https?://|www\.)[^\s,，。；、\"'<>）)】\]]{1,300}"

# --- words that describe ----------------------------------------------------------------------------------------------

#: Whole stretches that describe rather than ask.
DESCRIPTIONS: Final[tuple[str, ...]] = (
    r"(?:这)?[一两二三四五六七八九十]个(?:大)?字",
    (
        r"\b(?:make|making|made|so|to|that|which|and|it|them|this|everything|feel|look)(?: (?:make"
        r"|makes|making|it|them|this|the (?:video|photos?|whole thing)|all|everything|to|that|should"
        r"|will|really)){0,8} (?:look|feel|seem|be)s?(?:ing)? (?:more |just |a bit |really )?(?:like"
        r"|as if from) (?:a |an |the |real |old |one ){0,8}(?:[a-z-]{1,14} )?(?:movie|film|cinema"
        r"|documentary|memory|dream|ad|commercial|magazine|postcard|story|journey|trailer|pro"
        r"|professional)s?(?: still| stills| scene| frame| poster| trailer| moment)?"
    ),
    (
        r"\b(?:intended|meant|designed|good|perfect|suitable|fit|ready|ideal|great|optimi[sz]ed"
        r"|formatted|sized) (?:for|on)\b"
    ),
    (
        r"\b(?:that|which) (?:i|we) (?:can|could|will|want to|plan to) (?:post|use|share|upload|put"
        r"|send)(?: (?:it|this))?(?: (?:on|to|in|as|with|at))?\b|\b(?:i'll|i will|we'll|i'm going to"
        r"|i want to|ready) ?(?:to )?(?:post|share|upload|use|show)(?:ing)?(?: (?:it|this))?(?: (?:on"
        r"|to|in|as|at))?\b|\b(?:to|for) (?:post|posting|share|sharing|upload|uploading|use|publish"
        r"|publishing)(?: (?:it|this))?(?: (?:on|to|in|as))?\b"
    ),
    (
        r"\b(?:for|to) (?:my|our|the|a|an|his|her|their|your"
        r"|use in my) (?:[a-z'-]{1,16} ){0,3}(?:website|site|page|profile|channel|account|blog|store"
        r"|shop|brand|business|company|team|friends?|family|mom|mum|mother|dad|father|wife|husband"
        r"|kids?|grandma|grandmother|grandparents|parents|girlfriend|boyfriend|boss|client|clients"
        r"|customers|audience|followers|feed|portfolio|birthday|wedding|anniversary|party|event"
        r"|campaign|presentation|pitch|deck|class|school|project|launch|product|listing|newsletter"
        r"|homepage|ad)s?\b"
    ),
    (
        r"\b(?:inside|within|in|into) (?:my|the|our|a) (?:work)?flow\b"
        r"|\bfor content creators(?:,? (?:and )?marketers)?\b|\b(?:go|goes|going) viral\b"
        r"|\bsocial media(?: content| posts?| clips?)?\b"
    ),
    (
        r"\b(?:that|which|who) (?:tells?|shows?) (?:a|the|our|my) story(?: of (?:my|our|the"
        r"|this) [a-z]{1,14}(?: [a-z]{1,14})?)?\b"
    ),
    (
        r"(?:让|使)?(?:它|画面|照片|视频|整体|整个|效果)?(?:看起来|看上去|感觉"
        r"|显得)(?:更)?(?:就)?像(?:是)?(?:一部|一张|一个)?(?:电影|大片|纪录片|回忆|梦)(?:剧照|画面"
        r"|镜头|一样|般|片段){0,8}"
    ),
    r"(?:在|从)[^,.;!?\n,的]{1,10}(?:拍摄?|照|旅行|旅游)(?:时)?(?:拍)?的",
    (
        r"(?:我?(?:要|想|会|打算))?(?:适合|适用于|用于|用来|用在|为)?(?:发布?到|发布?在|发布?|分享到"
        r"|放在|放到|上传到?|给)?(?=抖音|快手|小红书|视频号|b站|instagram|ig|tiktok|youtube|reels"
        r"|shorts|朋友圈)"
    ),
)

#: Words that leave a locating phrase behind, so that a wish beside them is not meant for the whole video.
LOCATORS: Final = (
    r"\b(?:at|after|before|from|until|around|every|in the first|in the last|during the (?:first"
    r"|last)) <D>|\bhalfway(?: through)?\b|\bmidway(?: through)?\b|\b(?:in|at|near"
    r"|towards?) the (?:very )?(?:middle|end|start|beginning)(?: of the (?:video|reel|clip))?\b"
    r"|\bat first\b|<D>(?:时|处|的时候|之后|以后)|(?:第<D>)|(?:在|到)(?:视频|影片)?的?(?:开头|结尾"
    r"|中间|末尾|最后|开始)(?:的时候|时|处|部分)?|(?:视频|影片)的?(?:开头|结尾|末尾)|(?:开头|结尾"
    r"|中间|末尾)(?:的时候|时|处|部分)"
)
LOCATOR_START: Final = r"start|beginning|first|开头|开始"
LOCATOR_END: Final = r"\bend\b|结尾|末尾|最后"
