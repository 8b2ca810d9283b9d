from __future__ import annotations

import pytest

from nemovideo_mock.agent.edit_requests import (
    Again,
    Arrange,
    Ask,
    Captioning,
    Claim,
    Each,
    Fading,
    Frame,
    Hold,
    Joining,
    Longer,
    Loudness,
    Move,
    Moving,
    Off,
    Pace,
    Scoring,
    Scripting,
    Select,
    Styling,
    Swap,
    Talk,
    Tempo,
    Titling,
    Total,
    Trim,
    Undo,
)
from nemovideo_mock.agent.intent import read

from .sessions import NAMES

#: A message and everything that it asks for, in any order; nothing in it may be declined.
UNDERSTOOD: tuple[tuple[str, tuple[Ask, ...]], ...] = (
    (
        (
            "Take these 8 product photos and create a 15-second promotional video with smooth zoom transitions and a"
            " fast-paced rhythm suitable for Instagram Reels."
        ),
        (Claim(8), Total(15000), Joining("zoom"), Pace("fast"), Frame("9:16", implied=True)),
    ),
    (
        (
            "Animate this single portrait photo with a slow Ken Burns effect and a cinematic"
            " fade-in to make it feel like a"
            " movie still."
        ),
        (Moving("ken_burns"), Fading("opening")),
    ),
    (
        (
            "Turn my 12 travel photos from Japan into a 30-second highlight reel with a calm, flowing pace and soft"
            " cross-dissolve transitions."
        ),
        (Claim(12), Total(30000), Pace("calm"), Joining("dissolve")),
    ),
    ("convert a single product photo or illustration into a 1080p MP4", ()),
    ("turn this image into a 5-second animated video clip inside my flow", (Total(5000),)),
    ("converting static images into video clips within a workflow for content creators, marketers", ()),
    (
        "把这8张产品照片制作成一个15秒的推广视频，使用平滑的缩放过渡和快节奏，适合Instagram Reels。",
        (Claim(8), Total(15000), Joining("zoom"), Pace("fast"), Frame("9:16", implied=True)),
    ),
    (
        "将这张单张肖像照片以缓慢的肯·伯恩斯效果和电影般的淡入效果制作成动画，让它看起来像电影剧照。",
        (Moving("ken_burns"), Fading("opening")),
    ),
    (
        "把我从日本拍的12张旅行照片制作成一个30秒的精彩集锦，节奏平静流畅，使用柔和的交叉溶解过渡。",
        (Claim(12), Total(30000), Pace("calm"), Joining("dissolve")),
    ),
    ("use only the first three photos", (Select("only", (1, 2, 3)),)),
    ("skip the third photo", (Select("drop", (3,)),)),
    ("start with the second photo and reverse the order", (Move((2,), 1), Arrange("reversed"))),
    ("swap photo 1 and 3", (Swap(1, 3),)),
    ("put cat.jpg first and rocket.jpg last", (Move(("cat.jpg",), 1), Move(("rocket.jpg",), -1))),
    ("place coffee.jpg before cat.jpg", (Move(("coffee.jpg",), "cat.jpg", "before"),)),
    ("order: 4, 2, 3, 1", (Arrange("given", (4, 2, 3, 1)),)),
    ("move photo 4 to position 2", (Move((4,), 2),)),
    ("make a minute long landscape video", (Total(60000), Frame("16:9"))),
    ("a minute and a half, square", (Total(90000), Frame("1:1"))),
    ("1:30 long", (Total(90000),)),
    ("just the first two pictures please, five seconds each", (Select("only", (1, 2)), Each(5000))),
    ("show the second photo for 5 seconds", (Hold((2,), 5000),)),
    ("slow down the second photo", (Hold((2,), factor=1.5),)),
    ("add 5 seconds", (Longer(5000),)),
    ("cut the clip from 2s to 6s", (Trim(2000, 6000),)),
    ("slower", (Tempo(1.5),)),
    ("it's too slow", (Tempo(2 / 3),)),
    ("Make a vertical video for YouTube", (Frame("9:16"),)),
    ("create a YouTube Short from the first two photos", (Frame("9:16", implied=True), Select("only", (1, 2)))),
    ("zoom in on the first photo and pan left on the others", (Moving("zoom_in", (1,)), Moving("pan_left"))),
    ("animate with parallax", (Moving("parallax"),)),
    ("zoom in at the end", (Moving("zoom_in", (-1,)),)),
    ("1-second crossfade", (Joining("dissolve", 1000),)),
    ("use slide transitions instead of dissolves", (Joining("slide"),)),
    ("fade in at the start and fade to black at the end", (Fading("opening"), Fading("closing"))),
    ("with a 2 second fade-in and a 3 second fade-out", (Fading("opening", 2000), Fading("closing", 3000))),
    ("fading through black between the photos", (Joining("fade"),)),
    (
        'title "Kyoto" in red at the bottom for 5 seconds',
        (Titling("Kyoto"), Styling("title", ms=5000), Styling("title", color="red", position="bottom")),
    ),
    ("with the title Kyoto for 3 seconds", (Titling("Kyoto"), Styling("title", ms=3000))),
    ("change the title to Summer in Rome", (Titling("Summer in Rome"),)),
    ("title 'Remove the music'", (Titling("Remove the music"),)),
    ("title 'Don't stop'", (Titling("Don't stop"),)),
    ("make the title bigger and move it to the bottom", (Styling("title", factor=1.3, position="bottom"),)),
    ('caption the first photo "Hello"', (Captioning(("Hello",), (1,)),)),
    ('subtitles: "One", "Two" and "Three"', (Captioning(("One", "Two", "Three")),)),
    ('voiceover: "Welcome. It is lovely."', (Scripting("Welcome. It is lovely."),)),
    ("narration: Once upon a time. The end.", (Scripting("Once upon a time. The end."),)),
    ("calm piano at 20%", (Scoring("calm", "Calm piano"), Loudness(0.2))),
    ("turn down the music", (Loudness(factor=0.6),)),
    ("no music, no title and no transitions", (Off("music"), Off("title"), Off("transition"))),
    ("don't add a title", (Off("title"),)),
    ("remove the music", (Off("music"),)),
    ("Music: upbeat, 50%.", (Scoring("upbeat", "Upbeat"), Loudness(0.5))),
    ("some happy ukulele music", (Scoring("happy", "Happy ukulele"),)),
    ("slow zoom-outs and gentle fades between", (Moving("zoom_out"), Joining("fade"))),
    ("transition: slide, 0.7 seconds", (Joining("slide", 700),)),
    ("dissolves, 15 seconds", (Joining("dissolve"), Total(15000))),
    ("show coffee.jpg for 5 seconds and the rest for 2 seconds each", (Hold(("coffee.jpg",), 5000), Each(2000))),
    ("fade out to black, title 'Memories'", (Fading("closing"), Titling("Memories"))),
    ('add a title that says "Hi" in yellow', (Titling("Hi"), Styling("title", color="yellow"))),
    ("undo", (Undo(),)),
    ("try again", (Again(),)),
    ("hello", (Talk("hello", "hello"),)),
    ("export the video", (Talk("export", "export the video"),)),
    ("用这4张照片做一个20秒的竖屏视频", (Claim(4), Total(20000), Frame("9:16"))),
    ("這4張照片做成15秒的直式影片", (Claim(4), Total(15000), Frame("9:16"))),
    ("只用前三张照片，每张停留两秒", (Select("only", (1, 2, 3)), Each(2000))),
    ("半分钟的抖音视频", (Total(30000), Frame("9:16", implied=True))),
    ("做成一分半钟的小红书视频", (Total(90000), Frame("9:16", implied=True))),
    ("把第二张照片放到最前面", (Move((2,), 1),)),
    ("第一张和第三张互换", (Swap(1, 3),)),
    ("删除最后一张照片", (Select("drop", (-1,)),)),
    ("按照3、1、2、4的顺序", (Arrange("given", (3, 1, 2, 4)),)),
    ("倒序播放", (Arrange("reversed"),)),
    ("一秒的叠化转场", (Joining("dissolve", 1000),)),
    ("换成滑动转场", (Joining("slide"),)),
    ("每张3秒，横屏，硬切，不要音乐", (Each(3000), Frame("16:9"), Joining("cut"), Off("music"))),
    ("开头加淡入，结尾加淡出", (Fading("opening"), Fading("closing"))),
    ("第二张照片向左平移，第三张放大", (Moving("pan_left", (2,)), Moving("zoom_in", (3,)))),
    ("标题“京都”，放在底部，红色", (Titling("京都"), Styling("title", color="red", position="bottom"))),
    ("标题改成「秋天」", (Titling("秋天"),)),
    ("把标题改成大阪之旅", (Titling("大阪之旅"),)),
    ("加一个标题《大阪》，显示5秒", (Titling("大阪"), Styling("title", ms=5000))),
    ("不要字幕和音乐", (Off("captions"), Off("music"))),
    ("别太快", (Pace("calm"),)),
    ("音乐小一点，节奏快一些", (Loudness(factor=0.6), Tempo(2 / 3))),
    ("背景音乐换成爵士乐，音量２０％", (Scoring("jazz", "Jazz"), Loudness(0.2))),
    ("给第二张照片加字幕“可爱的猫”", (Captioning(("可爱的猫",), (2,)),)),
    ("添加旁白：“欢迎来到京都。这里很美。”", (Scripting("欢迎来到京都。这里很美。"),)),
    ("转场用缩放，每个0.5秒", (Joining("zoom", 500),)),
    ("让最后一张照片停留5秒并推近", (Hold((-1,), 5000), Moving("zoom_in", (-1,)))),
    ("开头从黑场淡入1秒，结尾淡出到黑2秒", (Fading("opening", 1000), Fading("closing", 2000))),
    ("把音乐换成浪漫的风格", (Scoring("romantic", "Romantic"),)),
    ("请加一个红色的大标题“新年快乐”", (Titling("新年快乐"), Styling("title", color="red", factor=1.3))),
    ("缩短5秒", (Longer(-5000),)),
    ("十秒", (Total(10000),)),
    ("撤销", (Undo(),)),
    ("你好", (Talk("hello", "你好"),)),
    ("plz trun these into a vertcal video, no musci", (Frame("9:16"), Off("music"))),
    ("not 30 seconds but 15", (Total(15000),)),
    ("not square, vertical", (Frame("9:16"),)),
    ("不是横屏，是竖屏", (Frame("9:16"),)),
    (
        "zoom in on all of them except the last one, which should zoom out",
        (Moving("zoom_in"), Moving("zoom_out", (-1,))),
    ),
    ("pan slowly to the left on every picture", (Moving("pan_left"),)),
    ('title "Hi" from second 1 to second 4', (Titling("Hi"), Styling("title", start=1000, ms=3000))),
    ("the second picture is too long, make it 2 seconds", (Hold((2,), factor=2 / 3), Hold((2,), 2000))),
    ("first two photos 3 seconds each, others 2 seconds each", (Hold((1, 2), 3000), Each(2000))),
    ("除了第一张，其他的都不要", (Select("only", (1,)),)),
    ("先放照片再放视频", (Arrange("photos_first"),)),
    ("想要慢慢拉近嘅效果，每張四秒", (Moving("zoom_in"), Each(4000))),
    ("唔使音樂，成條片30秒", (Off("music"), Total(30000))),
    ("my sister got married last weekend, 20 seconds", (Total(20000),)),
    ("the whole thing should run a minute and a quarter", (Total(75000),)),
)

#: A message, its words that must be declined, and the rest that must still be understood.
DECLINED: tuple[tuple[str, str, tuple[Ask, ...]], ...] = (
    ("in the style of Van Gogh", "Van Gogh", ()),
    ("make it 20 seconds in the style of Van Gogh", "in the style of Van Gogh", (Total(20000),)),
    ("remove the background", "remove the background", ()),
    ("add a dog to the photo", "add a dog to the photo", ()),
    ("translate to Klingon", "translate to Klingon", ()),
    ("upload it to YouTube for me", "YouTube", ()),
    ("blur the faces in the first 3 photos", "blur the faces", ()),
    ("make the sky in the second photo red", "sky", ()),
    ("make it 15 seconds with a glitch effect", "glitch", (Total(15000),)),
    ("4K 60fps", "60fps", ()),
    ("4:5 aspect ratio", "4:5", ()),
    ("make the first photo square", "make the first photo square", ()),
    ("don't make it vertical", "vertical", ()),
    ("add subtitles", "subtitles", ()),
    ("use https://youtube.com/watch?v=abc as music", "youtube.com", (Scoring(),)),
    ('use the song "Bohemian Rhapsody"', "Bohemian Rhapsody", (Scoring(),)),
    ("música alegre por favor", "música", ()),
    ("把背景换成海滩", "海滩", ()),
    ("做成十秒，去掉路人", "去掉路人", (Total(10000),)),
    ("换成梵高风格", "梵高", ()),
    ("帮我上传到YouTube", "YouTube", ()),
    ("做成4K的", "4K", ()),
    ("翻译成法语", "法语", ()),
    ("make every second photo zoom out", "every second photo", ()),
    ("can you make the title stay longer?", "title", ()),
    ("结尾三秒显示一只狗", "结尾", ()),
    ("these pics in the style of Van Gogh, 12s", "Van Gogh", (Total(12000),)),
)


@pytest.mark.parametrize(("message", "asks"), UNDERSTOOD, ids=[message[:60] for message, _ in UNDERSTOOD])
def test_a_message_is_understood_whole(message: str, asks: tuple[Ask, ...]) -> None:
    request = read(message, NAMES)

    assert set(request.asks) == set(asks)
    assert request.declines == ()
    assert request.clashes == ()


@pytest.mark.parametrize(("message", "words", "asks"), DECLINED, ids=[message for message, _, _ in DECLINED])
def test_words_that_are_not_understood_are_declined_by_name(message: str, words: str, asks: tuple[Ask, ...]) -> None:
    request = read(message, NAMES)

    assert set(request.asks) == set(asks)
    assert any(words in decline.phrase for decline in request.declines)


def test_of_two_lengths_the_later_counts_and_the_contradiction_is_named() -> None:
    request = read("make it 10 seconds and 20 seconds")

    assert request.asks == (Total(20000),)
    assert [(clash.dropped, clash.kept) for clash in request.clashes] == [("10 seconds", "20 seconds")]


def test_a_shape_counts_more_than_a_platform_that_could_have_it() -> None:
    assert read("横屏的抖音视频").asks == (Frame("16:9"),)
    assert read("a square video for TikTok").clashes == ()


def test_a_message_that_is_quoted_whole_is_read_as_if_it_were_not() -> None:
    assert read('"make it 10 seconds"').asks == (Total(10000),)


def test_text_beyond_the_readable_length_is_declined() -> None:
    request = read("make it 10 seconds. " + "please " * 4000)

    assert request.asks == (Total(10000),)
    assert [decline.reason for decline in request.declines] == ["too_long"]


@pytest.mark.parametrize(
    "message",
    ["Change the aspect ratio to 16:9", "make the aspect ratio 16:9", "aspect ratio: 16:9", "Set the ratio to be 16:9"],
)
def test_words_that_lead_up_to_an_aspect_ratio_belong_to_it(message: str) -> None:
    request = read(message, ["a.jpg"])
    assert [ask.aspect for ask in request.asks if isinstance(ask, Frame)] == ["16:9"]
    assert request.declines == ()
