"""Prepare a message for the tables: normalised text in which each unit of meaning is a single character.

Quoted words, file names, lengths of time, percentages and mentions of photos each become a single character from the
private use area. So a pattern can say "a length, then `each`", and quoted words are never taken for an instruction.
`Page.shown` keeps the original text, so replies can quote the user's own words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from nemovideo_mock.agent import filler, lexicon, spelling
from nemovideo_mock.agent.edit_requests import Place, Ref

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Value = TypeVar("Value")

#: The maximum number of characters that are read; the rest of the message is declined.
LIMIT: Final = 20_000
#: The maximum number of units of one kind in one message.
UNITS: Final = 1024
#: Replaces the words that a pattern has taken.
TAKEN: Final = "\uf8ff"

_START: Final = {
    "Q": 0xE000,
    "F": 0xE400,
    "D": 0xE800,
    "R": 0xEC00,
    "P": 0xF000,
    "T": 0xF400,
    "C": 0xF440,
    "M": 0xF480,
    "U": 0xF4C0,
    "V": 0xF500,
}
_SIZE: Final = {"T": 64, "C": 64, "M": 64, "U": 64, "V": 64}
_PRIVATE: Final = re.compile("[\ue000-\uf8ff\ud800-\udfff\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\ufeff\ufe0f]")
_FOLDED: Final = str.maketrans(
    {
        "，": ",",
        "。": ".",
        "；": ";",
        "：": ":",
        "！": "!",
        "？": "?",
        "（": "(",
        "）": ")",
        "％": "%",
        "～": "~",
        "’": "'",
        "–": "-",
        "—": "-",
        "\u3000": " ",
        "×": "x",
        "\t": " ",
        "\xa0": " ",
    }
    | {chr(code): chr(code - 0xFEE0) for code in range(0xFF10, 0xFF5B)}
)


def expand(pattern: str) -> str:
    """Return the pattern with `<D>` and the other placeholders replaced by their characters."""

    def block(match: re.Match[str]) -> str:
        start = _START[match[1]]
        return f"[{chr(start)}-{chr(start + _SIZE.get(match[1], UNITS) - 1)}]"

    return re.sub(r"<([A-Z])>", block, pattern)


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Return the compiled pattern. Letters are ASCII letters, so a word ends where Chinese follows English.

    A group's name may occur in several alternatives; `group_text` finds the one that matched.
    """
    seen: dict[str, int] = {}

    def renamed(match: re.Match[str]) -> str:
        seen[match[1]] = seen.get(match[1], 0) + 1
        return f"(?P<{match[1]}__{seen[match[1]]}>"

    return re.compile(re.sub(r"\(\?P<([a-z]\w*)>", renamed, expand(pattern)), re.ASCII)


def compile_table(rows: Iterable[tuple[str, Value]]) -> tuple[tuple[re.Pattern[str], Value], ...]:
    """Return a table of the lexicon with compiled patterns."""
    return tuple((compile_pattern(words), value) for words, value in rows)


def find_group(match: re.Match[str], name: str) -> str | None:
    """Return the pattern's own name of the group that matched under this name, or None."""
    return next(
        (key for key, text in match.groupdict().items() if text is not None and key.rpartition("__")[0] == name), None
    )


def group_text(match: re.Match[str], name: str) -> str:
    """Return the text of the group with this name, or an empty text if it did not match."""
    key = find_group(match, name)
    return match[key] if key else ""


def group_span(match: re.Match[str], name: str) -> tuple[int, int]:
    """Return the span of the group with this name, or (-1, -1) if it did not match."""
    key = find_group(match, name)
    return match.span(key) if key else (-1, -1)


@dataclass(slots=True)
class UnitTable(Generic[Value]):
    """The values behind the characters of one kind."""

    kind: str
    values: list[Value] = field(default_factory=list[Value])

    def add(self, value: Value) -> str | None:
        """Return a new character for this value, or None if there are too many."""
        if len(self.values) >= _SIZE.get(self.kind, UNITS):
            return None
        self.values.append(value)
        return chr(_START[self.kind] + len(self.values) - 1)

    def put(self, character: str, value: Value) -> None:
        """Give a character another value."""
        self.values[ord(character) - _START[self.kind]] = value

    def __getitem__(self, character: str) -> Value:
        return self.values[ord(character) - _START[self.kind]]

    def __contains__(self, character: str) -> bool:
        return len(character) == 1 and 0 <= ord(character) - _START[self.kind] < len(self.values)


@dataclass(frozen=True, slots=True)
class TitleMark:
    """A mention of a title, with its `text` if the text is given."""

    text: str | None
    slot: str
    ending: bool = False


@dataclass(frozen=True, slots=True)
class MusicMark:
    """A mention of music, with the moods named before it."""

    moods: tuple[str, ...]
    names: tuple[str, ...]
    bare: bool


@dataclass(slots=True)
class Page:
    """A message while it is read: `text` for the patterns, and `shown` with the user's words at the same positions."""

    text: str
    shown: list[str]
    quotes: UnitTable[str] = field(default_factory=lambda: UnitTable[str]("Q"))
    names: UnitTable[str] = field(default_factory=lambda: UnitTable[str]("F"))
    spans: UnitTable[int] = field(default_factory=lambda: UnitTable[int]("D"))
    refs: UnitTable[Ref] = field(default_factory=lambda: UnitTable[Ref]("R"))
    percents: UnitTable[float] = field(default_factory=lambda: UnitTable[float]("P"))
    titles: UnitTable[TitleMark] = field(default_factory=lambda: UnitTable[TitleMark]("T"))
    captions: UnitTable[tuple[str, ...]] = field(default_factory=lambda: UnitTable[tuple[str, ...]]("C"))
    music: UnitTable[MusicMark] = field(default_factory=lambda: UnitTable[MusicMark]("M"))
    urls: UnitTable[str] = field(default_factory=lambda: UnitTable[str]("U"))
    scripts: UnitTable[str] = field(default_factory=lambda: UnitTable[str]("V"))

    def quote(self, start: int, end: int) -> str:
        """Return the user's words between two positions, without surrounding spaces and punctuation."""
        return "".join(self.shown[start:end]).strip(" \n,.;:!?，。；：！？、")

    def take(self, start: int, end: int) -> None:
        """Mark these positions as understood."""
        self.text = self.text[:start] + TAKEN * (end - start) + self.text[end:]

    def remove(self, start: int, end: int) -> None:
        """Remove these positions; later positions move up."""
        self.text = self.text[:start] + self.text[end:]
        del self.shown[start:end]

    def rewrite(self, pattern: re.Pattern[str], meant: Callable[[re.Match[str]], str]) -> None:
        """Replace every match by its meaning in `text`; `shown` keeps the user's words."""
        text: list[str] = []
        shown: list[str] = []
        done = 0
        for match in pattern.finditer(self.text):
            words = meant(match)
            if not words or words == match[0]:
                continue
            said = "".join(self.shown[match.start() : match.end()])
            text += [self.text[done : match.start()], words]
            shown += [*self.shown[done : match.start()], said, *[""] * (len(words) - 1)]
            done = match.end()
        self.text = "".join((*text, self.text[done:]))
        self.shown = [*shown, *self.shown[done:]]

    def fold(
        self, pattern: re.Pattern[str], units: UnitTable[Value], read: Callable[[re.Match[str]], Value | None]
    ) -> None:
        """Replace every match for which `read` returns a value by one character."""
        text: list[str] = []
        shown: list[str] = []
        done = 0
        for match in pattern.finditer(self.text):
            value = read(match)
            mark = None if value is None else units.add(value)
            if mark is None:
                continue
            text += [self.text[done : match.start()], mark]
            shown += [*self.shown[done : match.start()], "".join(self.shown[match.start() : match.end()])]
            done = match.end()
        self.text = "".join((*text, self.text[done:]))
        self.shown = [*shown, *self.shown[done:]]


# --- numbers and lengths ----------------------------------------------------------------------------------------------

_ZH: Final = r"[零一二两俩三四五六七八九十百]"


def parse_number(word: str) -> float | None:
    """Return the number that a word or figure means, in English or Chinese, or None."""
    word = word.strip()
    if re.fullmatch(r"-?\d+(?:\.\d+)?", word, re.ASCII):
        return float(word)
    if word in lexicon.NUMBERS:
        return lexicon.NUMBERS[word]
    if word in {"a", "an"}:
        return 1
    if word == "半":
        return 0.5
    tens, _, ones = word.replace("-", " ").partition(" ")
    if tens in lexicon.NUMBERS and ones in lexicon.NUMBERS:
        return lexicon.NUMBERS[tens] + lexicon.NUMBERS[ones]
    return parse_chinese_number(word)


def parse_chinese_number(word: str) -> float | None:
    """Return the number that Chinese numerals below a thousand mean, or None."""
    if not word or not re.fullmatch(f"{_ZH}+", word):
        return None
    hundreds, has_hundreds, rest = word.rpartition("百")
    total = 100 * (lexicon.CHINESE_DIGITS.get(hundreds, 1) if has_hundreds else 0)
    tens, has_tens, ones = rest.lstrip("零").rpartition("十")
    if has_tens:
        total += 10 * (lexicon.CHINESE_DIGITS.get(tens.lstrip("零"), 1) if tens else 1)
    figures = "".join(str(lexicon.CHINESE_DIGITS[digit]) for digit in ones if digit in lexicon.CHINESE_DIGITS)
    return total + (int(figures) if figures else 0)


_VALUE_EN: Final = (
    r"(?:(?:one|two|three|four|five|1|2|3|4|5) and a half|half(?: of)?(?:[ -](?:a|an))?"
    rf"|(?:a )?couple(?: of)?|(?<![\d.:])-?\d{{1,6}}(?:\.\d{{1,3}})?|\b{lexicon.NUMBER})[ -]?"
)
_SECONDS: Final = (
    rf"(?:{_VALUE_EN}(?:milliseconds?|ms|seconds?|secs?|s)|\ba sec(?:ond)?(?! (?:photo|picture"
    r"|image|title|text|caption|clip|one|version|time|video|line)))\b"
)
_MINUTES: Final = rf"(?:{_VALUE_EN}(?:minutes?|mins?|min|m|hours?|hrs?|h)|\ba min(?:ute)?|\ban hour)\b"
_PART_ZH: Final = rf"(?:(?:-?\d{{1,6}}(?:\.\d{{1,3}})?|{_ZH}{{1,5}}|半) ?个?半?(?:毫秒|秒钟?|分钟?|小时)半?钟?)"
_LENGTH: Final = re.compile(
    rf"(?:{_MINUTES}(?:(?: and |, | )?{_SECONDS})?|{_SECONDS})(?: and a half| and a quarter)?"
    r"|\b(?:a )?quarter(?: of)?[ -](?:a |an )?minute\b|\bthree quarters of a minute\b"
    rf"|{_PART_ZH}{{1,3}}(?:(?:{_ZH}{{1,3}}|\d{{1,2}})秒?(?!张|个))?"
    r"|(?<![\d:])(?:0?\d|[1-5]\d):[0-5]\d(?![\d:])",
    re.ASCII,
)
_PIECE: Final = re.compile(
    (
        r"(?P<value>(?:\w+ and a half|half(?: of)?(?:[ -](?:a|an))?|(?:a )?couple(?: of)?"
        rf"|-?\d+(?:\.\d+)?|[a-z]+(?:[ -](?:one|two|three|four|five|six|seven|eight|nine))?|{_ZH}+"
        r"|半))(?:[ -]?)(?P<half>个?半)?个?(?P<unit>milliseconds?|ms|seconds?|secs?|s|minutes?|mins?"
        r"|min|m|hours?|hrs?|h|毫秒|秒|分|小时)(?![a-z])钟?(?P<more>半)?"
    ),
    re.ASCII,
)
_UNIT_MS: Final = {
    "ms": 1,
    "mi": 60_000,
    "m": 60_000,
    "s": 1000,
    "h": 3_600_000,
    "毫": 1,
    "秒": 1000,
    "分": 60_000,
    "小": 3_600_000,
}


def parse_milliseconds(phrase: str) -> int | None:
    """Return the length in ms of a phrase such as "1 minute 30", "半分钟" or "1:30", or None."""
    clock = re.fullmatch(r"(\d{1,2}):(\d{2})", phrase, re.ASCII)
    if clock:
        if clock[1] == "9" and clock[2] == "16":
            return None
        return (int(clock[1]) * 60 + int(clock[2])) * 1000
    if "quarter" in phrase and not phrase.endswith("and a quarter"):
        return 45_000 if phrase.startswith("three") else 15_000
    total = 0.0
    unit_ms = 0
    end = 0
    for piece in _PIECE.finditer(phrase):
        unit = piece["unit"]
        unit_ms = 1 if unit.startswith("milli") else _UNIT_MS.get(unit[:2]) or _UNIT_MS[unit[0]]
        count = _count(piece["value"])
        if count is None:
            return None
        total += unit_ms * (count + (0.5 if piece["half"] or piece["more"] else 0))
        end = piece.end()
    if not unit_ms:
        return None
    rest = phrase[end:].strip()
    if rest == "and a half":
        total += unit_ms / 2
    elif rest == "and a quarter":
        total += unit_ms / 4
    elif rest and unit_ms == 60_000:
        total += 1000 * (parse_chinese_number(rest.removesuffix("秒")) or 0)
    return round(total)


def _count(value: str) -> float | None:
    if value.startswith("half"):
        return 0.5
    if "couple" in value:
        return 2
    if value.endswith("and a half"):
        whole = parse_number(value.removesuffix(" and a half"))
        return None if whole is None else whole + 0.5
    return parse_number(value)


# --- photos -----------------------------------------------------------------------------------------------------------

_ORD: Final = lexicon.ORDINAL
_PHOTO: Final = lexicon.PHOTO
_DIGIT_LIST: Final = re.compile(
    rf"\b{_PHOTO}[ -]?(?:number |numbers |no\.? ?|nr\.? ?|# ?)?(?P<list>\d{{1,3}}\b(?![%:.]?\d"
    rf"|[%s])(?:(?:, ?and |, ?| and | & | ?- ?| to | through )(?:{_PHOTO} )?\d{{1,3}}\b(?![%:.]\d"
    rf"|[%s])){{0,20}})"
    r"|(?<!\w)#(?P<hash>\d{1,3})\b(?!\w)"
    r"|(?:照片|图片|图|相片"
    rf"|素材)(?P<zh>\d{{1,3}}(?:[、,和与] ?\d{{1,3}}){{0,20}})(?![\d%秒分张个])"
    rf"|(?P<hao>\d{{1,3}})号(?:照片|图片?|素材)?",
    re.ASCII,
)
_GROUP: Final = re.compile(
    r"\b(?:the |my |these |those )?(?P<edge>first|last"
    rf"|final)[ -](?P<count>{lexicon.NUMBER})(?: of)?(?: (?:the|my"
    rf"|these))?(?: (?!{_PHOTO}\b)[a-z]{{3,12}})?(?: {_PHOTO})?\b"
    r"|(?P<zh_edge>前面?|后面?|最后|末尾"
    rf"|开头)(?:的)?(?P<zh_count>{lexicon.COUNT_ZH}){lexicon.MEASURE_ZH}(?:{lexicon.PHOTO_ZH})?",
    re.ASCII,
)
_ORDINALS: Final = re.compile(
    rf"(?<!every )(?<!each )\b(?:the |my )?(?:very )?(?P<named>{_ORD}(?:(?:, and |, | and "
    rf"| & )(?:the )?{_ORD}){{0,9}}) (?:(?:(?!{_PHOTO}\b|one\b)[a-z]{{3,12}} )?{_PHOTO}|one(?! (?:second|minute)))\b"
    rf"|\bthe (?P<bare>{_ORD}(?:(?:, and |, | and | & )(?:the )?{_ORD}){{0,9}})(?![\w-]"
    r"| ?[\ue800-\uebff]| (?:time|position|place|spot|slot|part|half|frame|few|couple|thing|title"
    r"|text|caption|draft|cut\b|step|version|minute|second\b|day|word|line|song|track))"
    rf"|(?P<zh>第(?P<zh_n>{lexicon.COUNT_ZH})(?![秒分位名天次步季集遍行句\d]){lexicon.MEASURE_ZH}?(?:的)?(?:{lexicon.PHOTO_ZH})?)"
    rf"|(?P<zh_last>(?:最后|末尾)(?:面)?的?(?:一{lexicon.MEASURE_ZH}"
    rf"|{lexicon.MEASURE_ZH})(?:{lexicon.PHOTO_ZH})?|末张|尾图)|(?P<zh_first>首张(?:照片|图片?)?"
    rf"|(?:最前面|开头)的?(?:一{lexicon.MEASURE_ZH}|{lexicon.MEASURE_ZH})(?:{lexicon.PHOTO_ZH})?"
    r"|首图)"
    rf"|(?P<zh_back>倒数第(?P<zh_b>{lexicon.COUNT_ZH}){lexicon.MEASURE_ZH}?(?:{lexicon.PHOTO_ZH})?)",
    re.ASCII,
)


def parse_ordinal(word: str) -> int | None:
    """Return the place that "second", "3rd" or "last" means, or None; from the end it is negative."""
    figures = re.match(r"\d+", word, re.ASCII)
    return int(figures[0]) if figures else lexicon.ORDINALS.get(word)


def _read_list(match: re.Match[str]) -> Ref | None:
    whole = match["list"] or match["hash"] or match["zh"] or match["hao"] or ""
    span = re.fullmatch(r"(\d+) ?(?:-|to|through) ?(?:[a-z]+ )?(\d+)", whole, re.ASCII)
    if span:
        low, high = int(span[1]), int(span[2])
        return tuple(range(low, high + 1)) if low <= high else tuple(range(low, high - 1, -1))
    return tuple(int(figure) for figure in re.findall(r"\d+", whole, re.ASCII)) or None


def _read_group(match: re.Match[str]) -> Ref | None:
    word = match["count"] or match["zh_count"]
    count = parse_number(word)
    if count is None or count != int(count) or not 1 <= count <= UNITS:
        return None
    front = match["edge"] == "first" or (match["zh_edge"] or "").startswith(("前", "开"))
    return tuple(range(1, int(count) + 1)) if front else tuple(range(-int(count), 0))


def _read_ordinal(match: re.Match[str]) -> Ref | None:
    if match["zh_last"]:
        return (-1,)
    if match["zh_first"]:
        return (1,)
    if match["zh_back"] or match["zh"]:
        count = parse_number(match["zh_b"] or match["zh_n"])
        return None if not count else (-int(count) if match["zh_back"] else int(count),)
    words: list[str] = re.findall(_ORD, match["named"] or match["bare"], re.ASCII)
    places = [place for place in map(parse_ordinal, words) if place]
    return tuple(places) or None


# --- the whole --------------------------------------------------------------------------------------------------------

_QUOTE: Final = re.compile(
    r'"[^"]*"|“[^“”]*”|„[^„“”]*[“”]|「[^「」]*」|『[^『』]*』|《[^《》]*》|«[^«»]*»|‘[^‘]{1,300}?’(?![A-Za-z])|`[^`]*`'
    r"|(?<![A-Za-z0-9'])'(?:[^'\n]|'(?=[A-Za-z])){1,300}'(?![A-Za-z0-9])"
)
_PERCENT: Final = re.compile(
    rf"\b(?P<n>\d{{1,4}}(?:\.\d{{1,3}})?) ?(?:%|percent\b|per cent\b)|百分之(?P<zh>\d{{1,3}}|{_ZH}{{1,4}})", re.ASCII
)
_URLS: Final = re.compile(r"\b(?:https?://|www\.)[^\s,，。；、\"'<>）)】\]]{1,300}", re.ASCII)
_MERGE: Final = compile_pattern(r"<R>(?:(?:, ?and | ?and (?:the )?| ?& ?| ?[、和与跟及] ?)<R>)+")
_FILES: Final = compile_pattern(r"<F>")
_ANNOUNCED: Final = compile_pattern(r"(?<=<R>):(?= ?[^ ])")


def readable_length(message: str) -> int:
    """Return how many characters of the message are read: all, or as many whole words as fit into the limit."""
    if len(message) <= LIMIT:
        return len(message)
    space = max(message.rfind(" ", LIMIT - 80, LIMIT), message.rfind("\n", LIMIT - 80, LIMIT))
    return space if space > 0 else LIMIT


def prepare_page(message: str, files: Sequence[str] = ()) -> Page:
    """Return the prepared message; `files` are the names of the uploads, which the message may mention."""
    raw = _PRIVATE.sub(" ", message[: readable_length(message)].replace("\r\n", "\n").replace("\r", "\n"))
    sheet = Page(raw, list(raw))
    sheet.fold(_QUOTE, sheet.quotes, lambda match: match[0][1:-1].strip() or None)
    _normalise(sheet)
    sheet.fold(_URLS, sheet.urls, lambda match: match[0])
    _fold_names(sheet, files)
    _spell(sheet)
    sheet.fold(_PERCENT, sheet.percents, _percent)
    sheet.fold(_LENGTH, sheet.spans, lambda match: parse_milliseconds(match[0]))
    _same_unit(sheet)
    sheet.fold(_GROUP, sheet.refs, _read_group)
    sheet.fold(_DIGIT_LIST, sheet.refs, _read_list)
    sheet.fold(_ORDINALS, sheet.refs, _read_ordinal)
    sheet.fold(_FILES, sheet.refs, lambda match: (sheet.names[match[0]],))
    # "First one: slow zoom out" means the same as "first one slow zoom out".
    sheet.text = _ANNOUNCED.sub(" ", sheet.text)
    sheet.fold(
        _MERGE,
        sheet.refs,
        lambda match: tuple(place for mark in match[0] if mark in sheet.refs for place in sheet.refs[mark]),
    )
    return sheet


_ELLIPSIS: Final = compile_pattern(
    r"(?P<d><D>)(?P<gap>,? ?(?:but|make it|let's say|rather|more like|instead)(?: rather| just| only)? )(?P<n>\d{1,3}"
    r"(?:\.\d)?)(?= ?(?:[,.;!?\n]|$|instead|please|total))"
)


def _same_unit(sheet: Page) -> None:
    """Read a bare number that corrects a length as a length too, as in "not 30 seconds but 15"."""
    for match in list(_ELLIPSIS.finditer(sheet.text)):
        unit = 60_000 if "min" in sheet.shown[group_span(match, "d")[0]].lower() else 1000
        low, high = group_span(match, "n")
        mark = sheet.spans.add(round(float(group_text(match, "n")) * unit))
        if mark is not None:
            sheet.text = sheet.text[:low] + mark * (high - low) + sheet.text[high:]


def _percent(match: re.Match[str]) -> float | None:
    value = parse_number(match["n"] or match["zh"])
    return None if value is None else value / 100


def _normalise(sheet: Page) -> None:
    """Normalise case, width and variants, and replace each run of spaces by one space or one newline."""
    text: list[str] = []
    shown: list[str] = []
    for character in sheet.text.translate(_FOLDED) if len(sheet.text) == len(sheet.shown) else sheet.text:
        lower = lexicon.SIMPLIFY.get(character, character).lower()
        text.append(lower if len(lower) == 1 else character)
    folded = "".join(text)
    text = []
    for place, character in enumerate(folded):
        if character in " \n" and text and text[-1] in " \n":
            text[-1] = "\n" if character == "\n" else text[-1]
            shown[-1] += sheet.shown[place]
            continue
        text.append(character)
        shown.append(sheet.shown[place])
    sheet.text, sheet.shown = "".join(text), shown


_LATIN_WORD: Final = re.compile(r"(?<![\w'-])[a-z]{3,16}(?![\w'-])", re.ASCII)


def _meaning(meant: str) -> Callable[[re.Match[str]], str]:
    return lambda match: match.expand(meant)


def _spell(sheet: Page) -> None:
    """Replace misspelled words and variants by their meaning; a capitalised name is never a misspelling."""

    def word(match: re.Match[str]) -> str:
        first = sheet.shown[match.start()][:1]
        named = first.isupper() and not sheet.shown[match.start() + 1][:1].isupper()
        opening = not sheet.text[: match.start()].rstrip(" ") or sheet.text[match.start() - 2 : match.start()] in _OPENS
        return match[0] if named and not opening else spelling.correct_word(match[0])

    sheet.rewrite(_LATIN_WORD, word)
    for pattern, meant in (*spelling.CHAT, *spelling.VARIANTS):
        sheet.rewrite(pattern, _meaning(meant))


_OPENS: Final = frozenset({". ", "! ", "? "})
_STEM_VERB: Final = (
    r"(?:(?<=start with )|(?<=begin with )|(?<=end with )|(?<=put )|(?<=move )|(?<=remove )"
    r"|(?<=drop )|(?<=delete )|(?<=swap )|(?<=before )|(?<=after )|(?<=only )|(?<=with the )"
    r"|(?<=put the )|(?<=move the )|(?<=remove the )|(?<=swap the )|(?<=before the )"
    r"|(?<=after the )|(?<=把)|(?<=从)|(?<=以)|(?<=和))"
)


def _fold_names(sheet: Page, files: Sequence[str]) -> None:
    """Replace file names by mentions, and also their stems if they clearly mean a photo."""
    known = {_key(name): name for name in files}
    full = [key for key in known if len(key) > 1]
    if full:
        names = "|".join(re.escape(key) for key in sorted(full, key=len, reverse=True))
        sheet.fold(re.compile(rf"(?<!\w)(?:{names})(?!\w)", re.ASCII), sheet.names, lambda match: known[match[0]])
    stems = {_key(name).rpartition(".")[0]: name for name in files}
    usable = [stem for stem in stems if len(stem) >= 2 and stem not in filler.FILLER and not stem.isdigit()]
    if usable:
        words = "|".join(re.escape(stem) for stem in sorted(usable, key=len, reverse=True))
        pattern = (
            rf"(?<!\w)(?:the )?(?P<a>{words})(?!\w)(?: (?:photo|picture|image|shot|pic|one|clip|video)\b"
            rf"|(?:的?那张|这张)(?:照片|图片?)?)|{_STEM_VERB}(?P<b>{words})(?!\w)"
        )
        sheet.fold(re.compile(pattern, re.ASCII), sheet.names, lambda match: stems[match["a"] or match["b"]])
        if len(usable) > 1:
            _fold_list(sheet, words, stems)
    _fold_kinds(sheet, files)
    # A name whose ending no upload has is still a name, so that it can be declined by name.
    sheet.fold(
        re.compile(
            r"\b[a-z0-9][a-z0-9_()-]{0,60}\.(?:jpe?g|png|gif|webp|mp4|mov|avi|webm|mkv|mp3|wav|m4a|aac)\b", re.ASCII
        ),
        sheet.names,
        lambda match: match[0],
    )


def _fold_kinds(sheet: Page, files: Sequence[str]) -> None:
    """Read "the GIF" and "the photo" as file names if there is exactly one of each."""
    moving = [name for name in files if _key(name).endswith(".gif")]
    still = [name for name in files if _key(name).endswith((".jpg", ".jpeg", ".png", ".webp"))]
    if len(moving) == 1:
        gif = re.compile(r"(?:\b(?:the|my) )?\bgif\b(?! (?:format|file\b))|动图(?!片)", re.ASCII)
        sheet.fold(gif, sheet.names, lambda _: moving[0])
        if len(still) == 1:
            photo = re.compile(r"\b(?:the|my) (?:photo|picture|pic|image)\b|(?<=[放用上])照片|照片(?=放)", re.ASCII)
            sheet.fold(photo, sheet.names, lambda _: still[0])


def _fold_list(sheet: Page, words: str, stems: dict[str, str]) -> None:
    """Replace the stems in a list by mentions: several stems in a row can only mean photos."""
    between = r"(?: ?(?:, ?(?:and |then )?|and |then |->|>|[、和与跟及]|,?(?:然后|再|接着)(?:是|放)?) ?)"
    run = re.compile(rf"(?<!\w)(?:{words})(?!\w)(?:{between}(?:the )?(?:{words})(?!\w)){{1,30}}", re.ASCII)
    found = [match.span() for match in run.finditer(sheet.text)]

    def listed(match: re.Match[str]) -> str | None:
        inside = any(low <= match.start() and match.end() <= high for low, high in found)
        return stems[match[0]] if inside else None

    sheet.fold(re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.ASCII), sheet.names, listed)


def _key(name: str) -> str:
    return "".join(lexicon.SIMPLIFY.get(letter, letter) for letter in name).lower()


def find_places(ref: Ref, names: Sequence[str]) -> tuple[list[int], list[Place]]:
    """Return the indices of the mentioned files in a list of names, and the mentions that match no file."""
    found: list[int] = []
    missing: list[Place] = []
    for place in ref:
        index = _index(place, names)
        if index is None:
            missing.append(place)
        elif index not in found:
            found.append(index)
    return found, missing


def _index(place: Place, names: Sequence[str]) -> int | None:
    if isinstance(place, str):
        return next((index for index, name in enumerate(names) if _key(name) == _key(place)), None)
    index = place - 1 if place > 0 else len(names) + place
    return index if place and 0 <= index < len(names) else None
