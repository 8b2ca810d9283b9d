"""An examination of the agent, written by readers who knew only what the skills promise to users.

`paraphrases*.yaml` hold the cases, each written by a reader before its first run. A case uploads `media`, says each of
`says` in order, and compares the draft and the reply after the last one with `expect`:

    duration, each          seconds, of the whole and of every picture; a draft whose pictures end elsewhere is wrong
    size, offset            pixels; seconds into the first clip
    order                   names of the files on the video track
    motion                  by `all`, `first`, `last` or a number from 1; a list offers alternatives
    transition(_ms)         of every segment after the first; `cut` is none
    fade_in, fade_out       of the first and the last segment, from and to black
    title, title_*          text or null, seconds, position, colour by name
    captions                how many, their texts, or (as one string) their words however they are cut up
    music                   whether there is any, `mood_like` these words, or `file`
    volume                  0 to 1
    generated, unchanged    whether pictures are made from words; whether the draft is as before the last message
    declines                whether the reply says that something can't be done, naming one of `decline_words`

A case ends *right*, *declined* (something differs, and the reply openly says that exactly this could not be done), or
*silently wrong*. The last must never happen, and the second only rarely.
"""

from __future__ import annotations

import copy
import hashlib
import re
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, cast

import pytest
import yaml

from nemovideo_contract.draft import MOTIONS, POSITIONS, SIZES, TRANSITIONS
from nemovideo_contract.wire import FileType, file_type_of
from nemovideo_mock.agent.turn_planner import AgentSettings, plan_turn
from nemovideo_mock.seeded_random import Chance
from nemovideo_mock.turn_plan import Media, SessionView, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nemovideo_contract.draft import AudioSegment, Draft, TextSegment, VisualSegment
    from nemovideo_mock.json_types import Json

HAN: Final = re.compile(r"[\u4e00-\u9fff]")

# --- the cases --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Case:
    """One case of a file."""

    id: str
    media: tuple[str, ...]
    says: tuple[str, ...]
    expect: dict[str, object]


def strings(value: object) -> list[str]:
    """Return the value as a list of strings."""
    assert isinstance(value, list), f"not a list: {value!r}"
    return [str(item) for item in cast("list[object]", value)]


def alternatives(value: object) -> list[str]:
    """Return the value itself in a list, or the values of a list."""
    return [value] if isinstance(value, str) else strings(value)


def mapping(value: object) -> dict[object, object]:
    """Return the value as a mapping."""
    assert isinstance(value, dict), f"not a mapping: {value!r}"
    return cast("dict[object, object]", value)


def number(value: object) -> float:
    """Return the value as a number."""
    assert isinstance(value, int | float), f"not a number: {value!r}"
    return float(value)


def numbers(value: object) -> list[float]:
    """Return the value as a list of numbers."""
    assert isinstance(value, list), f"not a list: {value!r}"
    return [number(item) for item in cast("list[object]", value)]


def read_cases() -> list[Case]:
    """Return all cases, file by file and in each file's order."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(Path(__file__).parent.glob("paraphrases*.yaml"))]
    return [
        Case(
            id=str(raw["id"]),
            media=tuple(strings(raw["media"])),
            says=tuple(strings(raw["says"])),
            expect={str(key): value for key, value in mapping(raw["expect"]).items()},
        )
        for text in texts
        for raw in cast("list[dict[str, object]]", yaml.safe_load(text))
    ]


CASES: Final = {case.id: case for case in read_cases()}

# --- playing a case ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Played:
    """The result of a case: the draft, the one before the last message, and all texts of the last reply."""

    draft: Draft | None
    before: Draft | None
    reply: str

    def visuals(self) -> list[VisualSegment]:
        """Return the segments of the first video track, in order."""
        tracks = self.draft["t"] if self.draft else []
        videos = [track["sg"] for track in tracks if track["tt"] == 0]
        return videos[0] if videos else []

    def sounds(self) -> list[AudioSegment]:
        """Return the segments of all audio tracks."""
        tracks = self.draft["t"] if self.draft else []
        return [segment for track in tracks if track["tt"] == 1 for segment in track["sg"]]

    def words(self, role: Literal["title", "caption"]) -> list[TextSegment]:
        """Return the segments of all text tracks with this role."""
        tracks = self.draft["t"] if self.draft else []
        segments = [segment for track in tracks if track["tt"] == 7 for segment in track["sg"]]
        return [segment for segment in segments if segment["m"].get("role", "title") == role]


def media_of(name: str) -> Media:
    """Return an upload as the service would describe it: clips of 20 seconds, songs of 95."""
    kind = file_type_of(name)
    assert kind is not None, f"the service takes no {name}"
    sizes = {FileType.IMAGE: (1600, 1200), FileType.VIDEO: (1920, 1080), FileType.AUDIO: (None, None)}
    width, height = sizes[kind]
    return Media(
        filename=name,
        file_type=kind.value,
        url=f"https://files.example/{name}",
        sha256=hashlib.sha256(name.encode()).hexdigest(),
        duration={FileType.IMAGE: None, FileType.VIDEO: 20.0, FileType.AUDIO: 95.0}[kind],
        width=width,
        height=height,
    )


def play(case: Case) -> Played:
    """Say the messages of a case one after the other, all in one session."""
    edit_state: Json = {}
    draft: Draft | None = None
    before: Draft | None = None
    reply = ""
    for turn, message in enumerate(case.says, start=1):
        before = copy.deepcopy(draft)
        view = SessionView(
            session_id="1000000000000000001",
            language="zh" if HAN.search(message) else "en",
            media=tuple(map(media_of, case.media)),
            edit_state=edit_state,
            draft=draft,
            number=turn,
        )
        plan = plan_turn(message, view, Chance("paraphrases").of(case.id), AgentSettings(silent=0.0))
        for step in plan.steps:
            if step.change is not None:
                edit_state, draft = step.change.edit_state, step.change.draft
        reply = "".join(step.record.content for step in plan.steps if isinstance(step.record, Text))
    return Played(draft, before, reply)


# --- comparing --------------------------------------------------------------------------------------------------------

#: Whether the expectation holds, and the actual value.
Finding = tuple[bool, object]

#: Seconds; a draft has whole milliseconds, and equal shares of a total may not be whole.
CLOSE: Final = 0.0101

SAYS_NO: Final = re.compile(
    r"\b(can['’]?t|can ?not|couldn['’]t|could not|unable|impossible|won['’]t|beyond what"
    r"|(not|isn['’]t|aren['’]t|wasn['’]t) (able|possible|available|supported|something)"
    r"|(do|did)(es)?(n['’]t| not) (support|see|have|know|understand|catch|find|get)"
    r"|(is|are) no (photos?|pictures?|images?|files?|media|uploads?)"
    r"|no (photos?|pictures?|images?|files?) (yet|have|to)"
    r"|nothing (to|uploaded|here)|only (have|see|make|do|support|offer))\b"
    r"|[无無]法|不能|不支[持援]|[没沒](能|法|听懂|聽懂|看懂|明白|有?看到|有?收到|有?找到)|[还還][没沒]|不[会會]"
    r"|做不[到了]|[办辦]不到|不明白|看不[到懂]|只能|[暂暫][时時]?[没沒]有",
    re.IGNORECASE,
)
QUOTED: Final = re.compile(r"“[^”]*”|\"[^\"]*\"|「[^」]*」|《[^》]*》|‘[^’]*’")
SENTENCE_END: Final = re.compile(r"[.!?](?=\s|$)|[。！？；;\n]")


def refusals(reply: str) -> Iterator[str]:
    """Return the sentences of a reply that refuse something, without the titles that they quote."""
    for sentence in SENTENCE_END.split(reply):
        if SAYS_NO.search(QUOTED.sub("", sentence)):
            yield sentence


def seconds(segment: VisualSegment | AudioSegment | TextSegment) -> list[float]:
    """Return start and end of a segment in seconds."""
    return [segment["s"] / 1000, (segment["s"] + segment["d"]) / 1000]


def near(wanted: list[float], came: list[float]) -> bool:
    """Return whether the times agree to 10 ms."""
    return len(wanted) == len(came) and all(abs(a - b) <= CLOSE for a, b in zip(wanted, came, strict=True))


def same_duration(wanted: object, played: Played) -> Finding:
    """Compare the draft's duration; its pictures must end there too."""
    stated = played.draft["d"] / 1000 if played.draft else 0.0
    came = [stated, seconds(played.visuals()[-1])[1]] if played.visuals() else [stated]
    return near([number(wanted)] * 2, came), came


def same_each(wanted: object, played: Played) -> Finding:
    """Compare the duration of every picture."""
    came = [segment["d"] / 1000 for segment in played.visuals()]
    return bool(came) and near([number(wanted)] * len(came), came), came


def same_size(wanted: object, played: Played) -> Finding:
    """Compare width and height in pixels."""
    came = [played.draft["m"].get("width"), played.draft["m"].get("height")] if played.draft else []
    return came == wanted, came


def same_offset(wanted: object, played: Played) -> Finding:
    """Compare the offset of the first clip, in seconds into its file."""
    came = [segment["m"].get("offset", 0) / 1000 for segment in played.visuals()[:1]]
    return near([number(wanted)], came), came


def same_order(wanted: object, played: Played) -> Finding:
    """Compare the files on the video track."""
    came = [segment["m"].get("src", "generated").rpartition("/")[2] for segment in played.visuals()]
    return came == strings(wanted), came


def same_motion(wanted: object, played: Played) -> Finding:
    """Compare the motion of all pictures, or of the named ones."""
    came = [segment["m"].get("motion", "still") for segment in played.visuals()]
    if not came:
        return False, came
    places = {"all": range(len(came)), "first": range(1), "last": range(len(came) - 1, len(came))}
    for place, motion in mapping(wanted).items():
        indexes = range(place - 1, place) if isinstance(place, int) else places[str(place)]
        allowed = alternatives(motion)
        if any(index >= len(came) or came[index] not in allowed for index in indexes):
            return False, came
    return True, came


def same_transition(wanted: object, played: Played) -> Finding:
    """Compare the transition of every segment after the first."""
    came = [
        segment["m"]["transition"]["kind"] if "transition" in segment["m"] else "cut"
        for segment in played.visuals()[1:]
    ]
    return bool(came) and set(came) == {wanted}, came


def same_transition_ms(wanted: object, played: Played) -> Finding:
    """Compare the length of each transition."""
    came = [segment["m"]["transition"]["d"] if "transition" in segment["m"] else 0 for segment in played.visuals()[1:]]
    return bool(came) and set(came) == {wanted}, came


def same_fade_in(wanted: object, played: Played) -> Finding:
    """Compare whether the video fades from black."""
    came = [segment["m"].get("fade_in", 0) for segment in played.visuals()[:1]]
    return bool(came) and (came[0] > 0) is wanted, came


def same_fade_out(wanted: object, played: Played) -> Finding:
    """Compare whether the video fades to black."""
    came = [segment["m"].get("fade_out", 0) for segment in played.visuals()[-1:]]
    return bool(came) and (came[0] > 0) is wanted, came


def same_title(wanted: object, played: Played) -> Finding:
    """Compare the only title, or none."""
    came = [segment["m"].get("text") for segment in played.words("title")]
    return came == ([] if wanted is None else [wanted]), came


def same_title_time(wanted: object, played: Played) -> Finding:
    """Compare the times at which the title shows, in seconds."""
    came = [seconds(segment) for segment in played.words("title")]
    return len(came) == 1 and near(numbers(wanted), came[0]), came


def same_title_position(wanted: object, played: Played) -> Finding:
    """Compare the title's position."""
    came = [segment["m"].get("position") for segment in played.words("title")]
    return came == [wanted], came


PALETTE: Final = {
    "white": (255, 255, 255),
    "black": (0, 0, 0),
    "red": (230, 30, 30),
    "yellow": (255, 220, 0),
    "green": (30, 180, 60),
    "blue": (40, 90, 230),
}


def colour_name(value: str) -> str:
    """Return the name of the nearest palette colour; a value that is not a hex triple is taken as a name."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        return value.lower()
    rgb = tuple(int(value[at : at + 2], 16) for at in (1, 3, 5))

    def distance(name: str) -> int:
        return sum((a - b) ** 2 for a, b in zip(rgb, PALETTE[name], strict=True))

    return min(PALETTE, key=distance)


def same_title_color(wanted: object, played: Played) -> Finding:
    """Compare the title's colour, by its everyday name."""
    came = [segment["m"].get("color", "") for segment in played.words("title")]
    return [colour_name(value) for value in came] == [wanted], came


def bare(text: str) -> str:
    """Return the words of a text without punctuation, spaces and case."""
    return re.sub(r"[\W_]+", "", text).lower()


def same_captions(wanted: object, played: Played) -> Finding:
    """Compare the number of captions, their texts, or all their words."""
    came = [segment["m"].get("text", "") for segment in played.words("caption")]
    if isinstance(wanted, int):
        return len(came) == wanted, came
    if isinstance(wanted, str):
        return bare("".join(came)) == bare(wanted), came
    return [bare(text) for text in came] == [bare(text) for text in strings(wanted)], came


def same_music(wanted: object, played: Played) -> Finding:
    """Compare whether there is music, its mood, or its file."""
    sounds = played.sounds()
    came = [segment["m"] for segment in sounds]
    if isinstance(wanted, bool):
        return bool(sounds) is wanted, came
    wish = mapping(wanted)
    if "file" in wish:
        return any(meta.get("src", "").endswith(f"/{wish['file']}") for meta in came), came
    moods = " ".join(f"{meta.get('mood', '')} {meta.get('name', '')}" for meta in came).lower()
    return any(word.lower() in moods for word in strings(wish["mood_like"])), came


def same_volume(wanted: object, played: Played) -> Finding:
    """Compare the volume of every sound, 0 to 1."""
    came = [segment["m"].get("volume", 1.0) for segment in played.sounds()]
    return bool(came) and near([number(wanted)] * len(came), came), came


def same_generated(wanted: object, played: Played) -> Finding:
    """Compare whether pictures are generated from words."""
    came = [segment["m"].get("kind") for segment in played.visuals()]
    return ("generated" in came) is wanted, came


def same_draft(wanted: object, played: Played) -> Finding:
    """Compare whether the last message left the draft unchanged."""
    return (played.draft == played.before) is wanted, played.draft


def same_declines(wanted: object, played: Played) -> Finding:
    """Compare whether the reply refuses anything."""
    return any(refusals(played.reply)) is wanted, played.reply


def same_decline_words(wanted: object, played: Played) -> Finding:
    """Compare whether the reply names what it cannot do."""
    return any(word.lower() in played.reply.lower() for word in strings(wanted)), played.reply


CHECKS: Final[dict[str, Callable[[object, Played], Finding]]] = {
    "duration": same_duration,
    "each": same_each,
    "size": same_size,
    "offset": same_offset,
    "order": same_order,
    "motion": same_motion,
    "transition": same_transition,
    "transition_ms": same_transition_ms,
    "fade_in": same_fade_in,
    "fade_out": same_fade_out,
    "title": same_title,
    "title_time": same_title_time,
    "title_position": same_title_position,
    "title_color": same_title_color,
    "captions": same_captions,
    "music": same_music,
    "volume": same_volume,
    "generated": same_generated,
    "unchanged": same_draft,
    "declines": same_declines,
    "decline_words": same_decline_words,
}

TIME_WORDS: Final = r"second|minute|hour|length|long|short|duration|\d ?s\b|秒|分[钟鐘]|小[时時]|[时時][长長]|[长長]|短"
ORDER_WORDS: Final = (
    r"order|sequence|first|second|third|last|swap|move|revers|remov|[顺順]序|排|第|前|后|後|[换換]|[删刪]"
)
MOVE_WORDS: Final = (
    r"mo(tion|ve)|zoom|pan|drift|ken burns|parallax|still|camera|[运運][镜鏡]|推|拉|平移|[视視]差|肯|[静靜]|放大|[缩縮]"
)
JOIN_WORDS: Final = r"transition|dissolve|cut|fade|slide|zoom|[转轉][场場]|[过過]渡|[叠疊]化|溶解|切|滑"
TITLE_WORDS: Final = r"title|text|headline|[标標][题題]|文字|字"
SOUND_WORDS: Final = r"music|song|audio|sound|volume|mp3|track|音|[乐樂]|歌|曲"
#: The words with which a reply would mention the failure; a key without words is about the reply itself.
TOPICS: Final[dict[str, str]] = {
    "duration": TIME_WORDS,
    "each": TIME_WORDS + r"|each|every|每",
    "size": r"vertical|landscape|square|portrait|horizontal|wide|ratio|aspect|format|[竖豎直横橫方]|比例|[画畫]幅",
    "offset": TIME_WORDS + r"|trim|part|clip|剪|截|段",
    "order": ORDER_WORDS,
    "motion": MOVE_WORDS,
    "transition": JOIN_WORDS,
    "transition_ms": JOIN_WORDS,
    "fade_in": r"fade|black|淡|黑",
    "fade_out": r"fade|black|淡|黑",
    "title": TITLE_WORDS,
    "title_time": TITLE_WORDS + "|" + TIME_WORDS,
    "title_position": r"position|place|top|bottom|cent(er|re)|位置|上|下|中",
    "title_color": r"colou?r|red|yellow|white|blue|green|[颜顏]色|[红紅黄黃白蓝藍绿綠]",
    "captions": r"caption|subtitle|voice|narrat|script|字幕|旁白|配音|文案",
    "music": SOUND_WORDS,
    "volume": SOUND_WORDS,
    "generated": r"generat|creat|scene|生成",
    "unchanged": r"slow|fast|pace|speed|tempo|慢|快|[节節]奏",
}

Verdict = Literal["right", "declined", "silently wrong"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """The result of a case, and a line for each expectation that did not hold."""

    verdict: Verdict
    differences: tuple[str, ...]


def owns_up(key: str, played: Played) -> bool:
    """Return whether the reply openly says that it did not do what this key is about.

    A reply that refuses and changes nothing has declined the whole message.
    """
    sentences = list(refusals(played.reply))
    if sentences and played.draft == played.before:
        return True
    if key not in TOPICS:
        return False
    topic = TOPICS[key]
    if key == "order":
        # To decline "after Lisbon" is to decline the order, if a photo has that name.
        names = [segment["m"].get("name", "") for segment in played.visuals()]
        topic = "|".join([topic, *(re.escape(name) for name in names if len(name) > 3)])
    return any(re.search(topic, sentence, re.IGNORECASE) for sentence in sentences)


def judge(expect: dict[str, object], played: Played) -> Judgement:
    """Compare the result with the expectations."""
    failed: dict[str, str] = {}
    for key, wanted in expect.items():
        holds, came = CHECKS[key](wanted, played)
        if not holds:
            failed[key] = f"{key}: expected {wanted!r}, came {came!r}"
    if not failed:
        return Judgement("right", ())
    honest = all(owns_up(key, played) for key in failed)
    return Judgement("declined" if honest else "silently wrong", tuple(failed.values()))


@cache
def run_case(case_id: str) -> tuple[Judgement, Played]:
    """Return the judgement on a case, with its input."""
    case = CASES[case_id]
    played = play(case)
    return judge(case.expect, played), played


def report(case_id: str) -> str:
    """Describe a case that did not end right, so that a reader does not need the file."""
    judgement, played = run_case(case_id)
    lines = [f"{case_id}: {judgement.verdict}", f"  uploads {', '.join(CASES[case_id].media) or 'nothing'}"]
    lines += [f"  says    {message}" for message in CASES[case_id].says]
    lines += [f"  {difference}" for difference in judgement.differences]
    return "\n".join([*lines, f"  reply   {played.reply or '(silent)'}"])


# --- the examination --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case_id", CASES)
def test_the_agent_does_what_was_asked_or_says_that_it_did_not(case_id: str) -> None:
    judgement, _ = run_case(case_id)
    assert judgement.verdict != "silently wrong", report(case_id)


def test_at_least_nine_of_ten_requests_are_understood() -> None:
    others = [case_id for case_id in CASES if run_case(case_id)[0].verdict != "right"]
    share = 1 - len(others) / len(CASES)
    listing = "\n".join(map(report, others))
    sys.stdout.write(f"{len(CASES) - len(others)} of {len(CASES)} right ({share:.1%})\n{listing}\n")
    assert share >= 0.9, f"{share:.1%} of {len(CASES)} cases are right; the others:\n{listing}"


# --- the file holds together ------------------------------------------------------------------------------------------


def test_the_cases_are_many_and_different_and_half_of_them_chinese() -> None:
    cases = read_cases()
    chinese = [case for case in cases if HAN.search("".join(case.says))]
    assert len(cases) >= 200
    assert len(CASES) == len(cases), "two cases share an id"
    assert len({(case.media, case.says) for case in cases}) == len(cases), "two cases are the same"
    assert len(chinese) * 2 >= len(cases)
    assert sum(case.expect.get("declines") is True for case in cases) >= 12


@pytest.mark.parametrize("case_id", CASES)
def test_a_case_expects_only_what_can_be_checked(case_id: str) -> None:
    case = CASES[case_id]
    expect = case.expect
    assert case.says
    assert all(message.strip() for message in case.says)
    assert all(file_type_of(name) for name in case.media)
    assert expect
    assert set(expect) <= set(CHECKS)
    assert set(strings(expect.get("order", []))) <= set(case.media)
    assert expect.get("transition", "cut") in ("cut", *TRANSITIONS)
    assert expect.get("title_position", "top") in POSITIONS
    assert expect.get("title_color", "white") in PALETTE
    assert tuple(numbers(expect.get("size", [1920, 1080]))) in SIZES.values()
    motions = mapping(expect.get("motion", {})).values()
    assert all(set(alternatives(motion)) <= set(MOTIONS) for motion in motions)
    assert isinstance(expect.get("title"), str | None)
    assert ("decline_words" in expect) == (expect.get("declines") is True)


@pytest.mark.parametrize(
    "case_id", [case_id for case_id, case in CASES.items() if {"each", "order"} <= set(case.expect)]
)
def test_a_total_is_the_sum_of_its_photos(case_id: str) -> None:
    expect = CASES[case_id].expect
    total = number(expect["each"]) * len(strings(expect["order"]))
    assert near([number(expect.get("duration", total))], [total])


# --- the judge is no rubber stamp -------------------------------------------------------------------------------------

SAMPLE: Final[Draft] = {
    "t": [
        {
            "tt": 0,
            "sg": [
                {
                    "id": "sg_1",
                    "s": 0,
                    "d": 4000,
                    "m": {
                        "kind": "video",
                        "src": "https://files.example/a.mp4",
                        "offset": 2000,
                        "motion": "still",
                        "fade_in": 500,
                    },
                },
                {
                    "id": "sg_2",
                    "s": 4000,
                    "d": 4000,
                    "m": {
                        "kind": "image",
                        "src": "https://files.example/b.jpg",
                        "motion": "zoom_in",
                        "transition": {"kind": "dissolve", "d": 800},
                    },
                },
            ],
        },
        {
            "tt": 1,
            "sg": [{"id": "sg_3", "s": 0, "d": 8000, "m": {"kind": "music", "mood": "calm piano", "volume": 0.3}}],
        },
        {
            "tt": 7,
            "sg": [
                {
                    "id": "sg_4",
                    "s": 0,
                    "d": 3000,
                    "m": {"text": "Kyoto", "role": "title", "color": "#FFE14D", "position": "top"},
                },
                {"id": "sg_5", "s": 4000, "d": 4000, "m": {"text": "The end.", "role": "caption"}},
            ],
        },
    ],
    "d": 8000,
    "m": {"width": 1080, "height": 1920, "fps": 30},
}
MADE: Final = Played(SAMPLE, None, "Done. I can't change the style, so I left it.")

#: For every key, an expectation that holds for `MADE`, and one that does not.
HOLDS_AND_NOT: Final[list[tuple[str, object, object]]] = [
    ("duration", 8.0, 8.02),
    ("each", 4.0, 3.9),
    ("size", [1080, 1920], [1920, 1080]),
    ("offset", 2.0, 0.0),
    ("order", ["a.mp4", "b.jpg"], ["b.jpg", "a.mp4"]),
    ("motion", {"first": "still", 2: ["pan_left", "zoom_in"]}, {"all": "zoom_in"}),
    ("motion", {"last": "zoom_in"}, {3: "zoom_in"}),
    ("transition", "dissolve", "cut"),
    ("transition_ms", 800, 1000),
    ("fade_in", True, False),
    ("fade_out", False, True),
    ("title", "Kyoto", None),
    ("title_time", [0.0, 3.0], [0.0, 8.0]),
    ("title_position", "top", "bottom"),
    ("title_color", "yellow", "white"),
    ("captions", 1, 0),
    ("captions", ["The end"], ["The", "end"]),
    ("captions", "the end", "the"),
    ("music", True, False),
    ("music", {"mood_like": ["Piano", "soft"]}, {"mood_like": ["rock"]}),
    ("volume", 0.3, 0.35),
    ("generated", False, True),
    ("unchanged", False, True),
    ("declines", True, False),
    ("decline_words", ["van gogh", "Style"], ["8k"]),
]


@pytest.mark.parametrize(("key", "right", "wrong"), HOLDS_AND_NOT)
def test_each_check_tells_right_from_wrong(key: str, right: object, wrong: object) -> None:
    assert judge({key: right}, MADE).verdict == "right"
    assert judge({key: wrong}, MADE).verdict == "silently wrong"


def test_every_check_has_an_example_that_fails() -> None:
    assert {key for key, _, _ in HOLDS_AND_NOT} == set(CHECKS)


def test_a_case_that_made_nothing_is_never_right() -> None:
    nothing = Played(None, None, "Done.")
    expectations: dict[str, object] = {"duration": 8.0, "each": 4.0, "order": ["a.mp4"], "motion": {"all": "still"}}
    expectations |= {"transition": "cut", "fade_in": False, "title": "Kyoto", "volume": 0.3, "size": [1080, 1920]}
    for key, wanted in expectations.items():
        assert judge({key: wanted}, nothing).verdict == "silently wrong", key


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        ("Here is your video. I couldn't set the volume to 90%.", "declined"),
        ("视频做好了。音量我没能调到90%。", "declined"),
        ("I couldn't remove the background. The volume is at 90% now.", "silently wrong"),
        ("视频做好了。背景无法去掉。音量已经调好。", "silently wrong"),
        ("Done! The title is “You can't turn the volume down”.", "silently wrong"),
        ("", "silently wrong"),
    ],
)
def test_a_difference_counts_as_declined_only_if_the_reply_admits_it(reply: str, verdict: Verdict) -> None:
    assert judge({"volume": 0.9}, Played(SAMPLE, None, reply)).verdict == verdict


@pytest.mark.parametrize("reply", ["Sorry, I don't understand that.", "抱歉,我没听懂。", "I can't do that."])
def test_a_reply_that_says_no_and_changes_nothing_declines_everything(reply: str) -> None:
    assert judge({"volume": 0.9}, Played(SAMPLE, copy.deepcopy(SAMPLE), reply)).verdict == "declined"
    assert judge({"volume": 0.9}, Played(SAMPLE, copy.deepcopy(SAMPLE), "Sure!")).verdict == "silently wrong"
