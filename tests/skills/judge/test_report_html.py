"""The page is complete and self-contained, and links every violation in the picture to its text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nemovideo_skills.judge.report import JudgeReport, as_html
from nemovideo_skills.judge.report.descriptions import plain

from .cases import case_of, clumsy, good
from .scripted import CALL, RESULT, SKILL, Scripted

#: Elements without an end tag in HTML.
VOID = {"meta", "br"}


class Page(HTMLParser):
    """Parses a page: its elements with their attributes, the open elements, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Record the start of an element."""
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Record an element without content."""
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Check that the element that began last ends."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Record text."""
        if "style" not in self.open:
            self.words += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of each element with this name."""
        return [attributes for name, attributes in self.elements if name == tag]

    def marked(self, word: str) -> list[dict[str, str | None]]:
        """Return the attributes of each element with this class."""
        return [attributes for _, attributes in self.elements if word in (attributes.get("class") or "").split()]


def page_of(case: JudgeReport) -> Page:
    """Return the page of a report; it must be well-formed."""
    page = Page(as_html(case))
    assert page.open == []
    return page


def test_the_page_needs_nothing_from_elsewhere_and_runs_nothing() -> None:
    case = case_of(clumsy(), good(world="friday"))
    page = page_of(case)
    assert not {tag for tag, _ in page.elements} & {"script", "link", "img", "iframe", "object", "use", "image"}
    outward = [
        value
        for _, attributes in page.elements
        for name, value in attributes.items()
        if name in {"href", "src", "srcset", "action", "xlink:href"} and not (value or "").startswith("#")
    ]
    assert outward == []
    assert not re.search(r"url\(|@import|\bon\w+=", as_html(case))


def test_the_page_has_all_that_is_known_of_each_broken_rule() -> None:
    case = case_of(clumsy())
    words = page_of(case).words
    for sentence in case.heading:
        assert sentence in words
    for violation in case.violations:
        rule = violation.rule
        for said in (rule.id, rule.sentence, rule.cost, rule.fix, violation.occurrences[0].what, rule.sources[0].place):
            assert plain(said) in words


def test_every_link_leads_to_a_place_on_the_page_and_every_broken_rule_has_a_pin() -> None:
    case = case_of(clumsy(), good(world="friday", account="user_ada"), clumsy(world="third", account="user_bob"))
    page = page_of(case)
    places = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(places) == len(set(places))
    assert {(each["href"] or "")[1:] for each in page.all("a")} <= set(places)
    pinned = {each["href"] for each in page.all("a") if "pin" in (each.get("class") or "")}
    assert pinned == {f"#charge-{each.number}" for each in case.violations}


def test_each_call_is_in_the_picture_and_in_the_list_of_all_calls() -> None:
    script = good()
    page = page_of(case_of(script))
    kinds = ("setup", "message", "upload", "read", "export", "other")
    bars = [each for each in page.all("rect") if (each.get("class") or "").split()[0] in kinds]
    assert len(bars) == script.exchanges
    listed = page.words.partition("one by one")[2]
    assert listed.count("→") == script.exchanges


def test_the_picture_shows_sessions_as_lanes_and_cuts_a_week_short() -> None:
    script = good()
    script.now += 604_800
    script.get_session("6629798706024415299")
    script.say(session="6629798706024415299")
    page = page_of(case_of(script))
    assert "55297987…15232" in page.words
    assert "66297987…15299" in page.words
    assert "no session" in page.words
    assert len(page.marked("cut")) == 2  # the line and its words
    assert "7 d" in page.words


def test_bars_stay_inside_their_picture_and_do_not_run_backwards() -> None:
    script = clumsy()
    for each in range(100):
        script.say(f"edit {each}", (CALL, RESULT), after=1)
    for bar in page_of(case_of(script)).all("rect"):
        assert float(bar["x"] or "") >= 0
        assert float(bar["x"] or "") + float(bar["width"] or "") <= 940 + 24
        assert float(bar["width"] or "") > 0


def test_a_call_that_has_not_ended_reaches_to_the_end_of_the_picture() -> None:
    script = good()
    script.answer(script.begin("POST", "/run_sse", session="5529798706024415232"), 200, None, stream=True)
    script.read_credits(after=50)
    bars = page_of(case_of(script)).marked("message")
    last = max((each for each in bars if "width" in each), key=lambda each: float(each["x"] or ""))
    assert float(last["width"] or "") > 100


def test_a_picture_of_very_many_calls_stays_small() -> None:
    script = Scripted()
    script.set_up()
    for _ in range(4000):
        script.read_credits(after=1)
    text = as_html(case_of(script))
    assert len(text) < 1_000_000
    assert "And 3,602 more." in text


def test_more_violations_than_one_reads_are_counted() -> None:
    script = Scripted()
    script.set_up()
    for _ in range(14):
        script.say(headers={})
        script.read_state()
    assert "And 4 times more." in page_of(case_of(script)).words


@settings(max_examples=15)
@given(st.text(min_size=1, max_size=80))
def test_no_words_of_a_caller_become_markup(words: str) -> None:
    script = Scripted(account=words)
    script.attribution = SKILL | {"x-skill-source": f"</title><script>{words}"}
    script.set_up()
    script.say(f'"><img src=x onerror=1>{words}', session=f"<b>{words}", headers={})
    script.call("GET", f"/<i>{words}")
    page = page_of(case_of(script))
    assert not {tag for tag, _ in page.elements} & {"script", "img", "i2", "onerror"}
    assert not [
        1 for tag, attributes in page.elements if "onerror" in attributes or (tag == "b" and words in attributes)
    ]


@pytest.mark.parametrize("strict", [False, True])
def test_the_title_says_how_it_came_out(*, strict: bool) -> None:
    text = as_html(case_of(good(), without={8}, strict=strict))
    assert "<title>Rules of conduct: undecided: " in text
