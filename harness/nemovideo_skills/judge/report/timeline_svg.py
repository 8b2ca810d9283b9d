"""Draw the traffic of one caller: strips of time with lanes, bars and pins.

Each session has a lane, each call a bar, and each violation a pin. The SVG has no scripts and no colours;
the page's stylesheet has the colours for light and dark.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Final

from nemovideo_skills.judge.exchanges import Exchange
from nemovideo_skills.judge.history import History
from nemovideo_skills.judge.operations import Operation
from nemovideo_skills.judge.report.descriptions import after, answer_of, calls, clip, clock, plain, request_of, span
from nemovideo_skills.judge.report.judge_report import Violation, last_of
from nemovideo_skills.judge.report.time_scale import Scale, TimedEvent
from nemovideo_skills.judge.text_format import quantity

#: Pixels: the width of a strip, the column of lane names before it, the free margin after it.
WIDTH: Final = 940
GUTTER: Final = 116
MARGIN: Final = 24
#: Pixels: the height of a bar and of a row of pins, the space above and below a strip, the smallest bar, and the
#: distance of two time labels.
BAR: Final = 24
PIN: Final = 20
HEAD: Final = 22
FOOT: Final = 14
LEAST: Final = 5.0
APART: Final = 76
#: Pixels: the width of a letter in a bar, and the smallest bar that shows text.
LETTER: Final = 5.6
SPOKEN: Final = 44
#: The number of letters of a session id that fit before its lane.
NAMED: Final = 15
#: The number of lanes in a strip; further sessions share the last lane.
LANES: Final = 12
#: The number of rows of pins in a lane, and of violations of one rule that get a pin.
ROWS: Final = 6
PINNED: Final = 300
#: The number of calls above which a picture shows only positions, and the pixels in which one call represents all of
#: its kind.
MANY: Final = 3000
CLOSE: Final = 4.0

#: The CSS class of an operation, and its name in the legend.
CLASSES: Final = {
    "setup": ("set-up", (Operation.TOKEN, Operation.CLAIM, Operation.SESSION)),
    "message": ("turn", (Operation.MESSAGE,)),
    "upload": ("upload", (Operation.UPLOAD,)),
    "read": ("state, credits, poll", (Operation.STATE, Operation.CREDITS, Operation.POLL)),
    "export": ("export, download", (Operation.SUBMIT, Operation.CANCEL, Operation.DOWNLOAD, Operation.OUTPUT)),
    "other": ("not a call of the API", (Operation.OTHER,)),
}
_CLASS: Final = {call: name for name, (_, calls) in CLASSES.items() for call in calls}
_MARKS: Final = {"text": "text", "call": "tool", "result": "tool", "error": "error", "heartbeat": "beat"}

#: The lane of calls without a session, and the lane that the last sessions share.
_ACCOUNT: Final = ""
_REST: Final = "\0"


@dataclass(slots=True)
class _Pin:
    """A pin in a lane: its position, its row, and its violation."""

    x: float
    row: int
    violation: Violation


@dataclass(slots=True)
class _Lane:
    """The content of one strip for one session."""

    exchanges: list[Exchange] = field(default_factory=list[Exchange])
    pins: list[_Pin] = field(default_factory=list[_Pin])

    @property
    def height(self) -> int:
        """The height in pixels."""
        rows = max((each.row + 1 for each in self.pins), default=0)
        return rows * PIN + BAR + 18

    def pin(self, x: float, violation: Violation) -> None:
        """Place a pin if there is room, unless a pin of the same rule is next to it."""
        for row in range(ROWS):
            there = [each for each in self.pins if each.row == row and abs(each.x - x) < PIN - 2]
            if any(each.violation is violation for each in there):
                return
            if not there:
                self.pins.append(_Pin(x, row, violation))
                return


def draw_timeline(history: History, violations: Sequence[Violation]) -> str:
    """Return the picture: one SVG element for each strip, so that a page break fits between them."""
    return "".join(_Drawing(history, violations).strips())


def legend() -> str:
    """Return the legend of colours and signs, as an HTML list."""
    calls = "".join(f'<li><i class="key {name}"></i>{words}</li>' for name, (words, _) in CLASSES.items())
    return (
        f'<ul class="legend">{calls}<li><i class="key text"></i>text in a stream</li>'
        '<li><i class="key tool"></i>a tool call or result</li><li><i class="key beat"></i>heartbeat</li>'
        '<li><i class="key refused"></i>refused</li><li><i class="key off"></i>broken, or left by the caller</li>'
        '<li><i class="key pin">1</i>a broken rule</li></ul>'
    )


class _Drawing:
    """Draws the picture strip by strip."""

    def __init__(self, history: History, violations: Sequence[Violation]) -> None:
        self._history = history
        self._is_dense = len(history.exchanges) > MANY
        self._start = history.began(history.exchanges[0])
        self._is_short = last_of(history) - self._start < 60
        self._scale = Scale(_events(history), WIDTH)
        self._lane_of = _lanes(history)
        self._bad = {occurrence.at.first for violation in violations for occurrence in violation.occurrences[:PINNED]}
        self._strips: list[dict[str, _Lane]] = [{} for _ in range(self._scale.strips)]
        for each in history.exchanges:
            for strip in range(self._scale.strip(self._x(each)), self._scale.strip(self._right(each)) + 1):
                self._lane(strip, each).exchanges.append(each)
        for violation in violations:
            for occurrence in violation.occurrences[:PINNED]:
                x = self._x(occurrence.at)
                strip = self._scale.strip(x)
                self._lane(strip, occurrence.at).pin(min(x - strip * WIDTH + 2, WIDTH + 8), violation)

    def _x(self, exchange: Exchange) -> float:
        return self._scale(exchange.first)

    def _right(self, exchange: Exchange) -> float:
        """Return the position at which a call ended, or the end of the picture if it is open."""
        return self._scale.end if self._history.ended(exchange) is None else self._scale(exchange.last)

    def _lane(self, strip: int, exchange: Exchange) -> _Lane:
        lanes = self._strips[strip]
        name = self._lane_of[exchange.first]
        if name not in lanes and len(lanes) >= LANES:
            name = _REST
        return lanes.setdefault(name, _Lane())

    def strips(self) -> Iterator[str]:
        """Return all strips, from the top down."""
        for number, lanes in enumerate(self._strips):
            if lanes:
                yield from self._strip(number, lanes)

    def _strip(self, number: int, lanes: dict[str, _Lane]) -> Iterator[str]:
        height = HEAD + sum(each.height for each in lanes.values())
        width = GUTTER + WIDTH + MARGIN
        yield f'<svg class="traffic" viewBox="{-GUTTER} 0 {width} {height + FOOT}" role="img" aria-label="'
        yield f'{escape(self._label(lanes.values()))}">'
        yield from self._times(number, lanes.values(), height)
        y = float(HEAD)
        for name in sorted(lanes, key=lambda each: (each == _REST, each != _ACCOUNT)):
            lane = lanes[name]
            yield f'<line class="lane" x1="{-GUTTER}" x2="{WIDTH + MARGIN}" y1="{y:g}" y2="{y:g}"/>'
            bar = y + lane.height - BAR - 11
            yield f'<text class="name" x="{8 - GUTTER}" y="{bar + 16:g}">{escape(_lane_name(name))}</text>'
            yield from self._bars(number, lane, bar)
            yield from self._pins(lane, y + 3, bar)
            y += lane.height
        yield from self._cuts(number, height)
        yield "</svg>"

    def _label(self, lanes: Iterable[_Lane]) -> str:
        """Return a description of a strip for screen readers."""
        shown = {each.first: each for lane in lanes for each in lane.exchanges}
        moments = [self._history.began(each) - self._start for each in shown.values()]
        pins = len({id(pin.violation) for lane in lanes for pin in lane.pins})
        when = f"{after(min(moments))} to {after(max(moments))}" if moments else "nothing"
        return f"{calls(len(shown))}, {when}; {quantity(pins, 'broken rule')}"

    def _times(self, number: int, lanes: Iterable[_Lane], height: float) -> Iterator[str]:
        """Return the time labels of a strip, far enough apart to be read."""
        left = -float(APART)
        places = sorted(
            {(self._x(each) - number * WIDTH, self._history.began(each)) for lane in lanes for each in lane.exchanges}
        )
        for x, moment in places:
            if 0 <= x <= WIDTH - 34 and x - left >= APART:
                left = x
                yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{HEAD - 5}" y2="{height:g}"/>'
                yield f'<text class="time" x="{x:.1f}" y="{HEAD - 8}">{self._time(moment)}</text>'

    def _time(self, moment: float) -> str:
        """Return a time label, in tenths of a second if the whole traffic took less than a minute."""
        length = moment - self._start
        return f"+{max(0.0, length):.1f} s" if self._is_short else after(length)

    def _bars(self, number: int, lane: _Lane, y: float) -> Iterator[str]:
        drawn: dict[str, float] = {}
        close = CLOSE if self._is_dense else 1.0
        for each in lane.exchanges:
            x, right = self._x(each) - number * WIDTH, self._right(each) - number * WIDTH
            kind = _CLASS[each.call]
            # Many instant calls side by side look the same as a few of them.
            if right - x < close and each.first not in self._bad and x - drawn.get(kind, -LEAST) < close:
                continue
            drawn[kind] = x
            yield from self._bar(each, kind, x, right, y)
        # The label above calls that begin at the same moment.
        for each in lane.exchanges:
            right = self._right(each) - number * WIDTH
            if each.end in {"cut", "reset", "caller_left"} and right <= WIDTH:
                at = max(right, self._x(each) - number * WIDTH + LEAST)
                yield f'<path class="off" d="M{at:.1f} {y - 4:g}l-4 8 8 5-8 5 8 5-4 9"/>'

    def _bar(self, each: Exchange, kind: str, x: float, right: float, y: float) -> Iterator[str]:
        left, end = max(0.0, x), min(float(WIDTH), right)
        wide = max(LEAST, end - left)
        classes = [kind, "bad"] if each.first in self._bad else [kind]
        bar = f'<rect class="{" ".join(classes)}" x="{left:.1f}" y="{y:g}" width="{wide:.1f}" height="{BAR}" rx="2"/>'
        if self._is_dense and each.first not in self._bad:
            yield bar
            return
        said = f"{clock(self._history.began(each))} {request_of(each)} → {answer_of(self._history, each)}"
        yield f"<g><title>{escape(said)}</title>{bar}"
        if each.stream is not None:
            yield from self._marks(each, x, y)
        if each.refusal is not None or (each.status is not None and each.status >= 400):
            line = f'x1="{left:.1f}" x2="{left + wide:.1f}" y1="{y + BAR + 2:g}" y2="{y + BAR + 2:g}"'
            yield f'<line class="refused" {line}/>'
        if each.message is not None and wide >= SPOKEN:
            words = clip(each.message, int((wide - 8) / LETTER))
            yield f'<text class="words" x="{left + 5:.1f}" y="{y + 11:g}">{escape(words)}</text>'
        yield "</g>"

    def _marks(self, each: Exchange, x: float, y: float) -> Iterator[str]:
        """Return the marks of a stream, as far as they can be drawn apart."""
        base = self._x(each) - x
        drawn: dict[str, float] = {}
        for mark in () if each.stream is None else each.stream.marks:
            kind = _MARKS.get(mark[3])
            place = self._scale(mark[0]) - base
            if kind is None or not 0 <= place <= WIDTH or place - drawn.get(kind, -9.0) < 3:
                continue
            drawn[kind] = place
            if kind == "beat":
                yield f'<circle class="beat" cx="{place:.1f}" cy="{y + BAR + 4:g}" r="1.4"/>'
            else:
                top, length = (y + BAR - 9, 7) if kind != "tool" else (y + BAR - 7, 4)
                yield f'<rect class="{kind}" x="{place - 1:.1f}" y="{top:g}" width="2.4" height="{length:g}"/>'

    def _pins(self, lane: _Lane, top: float, bar: float) -> Iterator[str]:
        rows = max((each.row for each in lane.pins), default=0)
        places = [(pin, pin.x, top + (rows - pin.row) * PIN + 9) for pin in lane.pins]
        for pin, x, y in places:
            severity = pin.violation.rule.severity
            yield f'<line class="stem {severity}" x1="{x:.1f}" x2="{x:.1f}" y1="{y:g}" y2="{bar:g}"/>'
        for pin, x, y in places:
            what = f"{pin.violation.number}. {pin.violation.rule.id}: {pin.violation.rule.sentence}"
            yield (
                f'<a href="#charge-{pin.violation.number}" class="pin {pin.violation.rule.severity}">'
                f"<title>{escape(what)}</title>"
                f'<circle cx="{x:.1f}" cy="{y:g}" r="8"/>'
                f'<text x="{x:.1f}" y="{y + 3.5:g}">{pin.violation.number}</text></a>'
            )

    def _cuts(self, number: int, height: float) -> Iterator[str]:
        for cut in self._scale.cuts:
            if self._scale.strip(cut.x) == number:
                x = cut.x - number * WIDTH
                yield f'<line class="cut" x1="{x:.1f}" x2="{x:.1f}" y1="{HEAD - 4}" y2="{height:g}"/>'
                yield f'<text class="cut" x="{x:.1f}" y="{height + 9:g}">{span(cut.length)}</text>'


def _events(history: History) -> Iterator[TimedEvent]:
    for each in history.exchanges:
        yield TimedEvent(each.first, history.began(each), 1)
        for mark in () if each.stream is None else each.stream.marks:
            yield TimedEvent(mark[0], history.came(mark))
        ended = history.ended(each)
        if ended is not None:
            yield TimedEvent(each.last, ended, -1)


def _lanes(history: History) -> dict[int, str]:
    """Return the lane of each call by its first entry: its session, or the session of its render."""
    renders = {
        each.submitted: each.session
        for each in history.of(Operation.SUBMIT)
        if each.submitted and each.session is not None
    }
    return {each.first: each.session or renders.get(each.target.render or "") or _ACCOUNT for each in history.exchanges}


def _lane_name(lane: str) -> str:
    if lane == _REST:
        return "more sessions"
    name = plain(lane)
    return "no session" if not name else name if len(name) <= NAMED else f"{name[:8]}…{name[-5:]}"
