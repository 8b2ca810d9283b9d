"""The facts that the reader finds in original documents and in copies of mirrors."""

from __future__ import annotations

import cProfile

import pytest

from nemovideo_skills.lint import check
from nemovideo_skills.lint.body_examples import body_at
from nemovideo_skills.lint.curl_commands import CurlCommand, commands
from nemovideo_skills.lint.document import Document
from nemovideo_skills.lint.document_text import DocumentText
from nemovideo_skills.lint.documented_calls import find_calls
from nemovideo_skills.lint.endpoints import PathMatch, endpoints, fitting
from nemovideo_skills.lint.front_matter import front_matter


def only(text: str) -> CurlCommand:
    """Return the one command of a text."""
    (command,) = commands(text)
    return command


def test_a_column_is_that_of_the_file_whatever_stood_before_it() -> None:
    text = DocumentText("a\\_b &lt;sid&gt; x\r\nnext")
    assert text.whole == "a_b <sid> x\nnext"
    assert text.column_of(text.whole.index("x")) == 18
    assert text.column_of(text.whole.index("sid")) == 10
    assert (text.line_of(text.whole.index("next")), text.column_of(text.whole.index("next"))) == (2, 1)


def test_backslashes_in_commands_are_kept() -> None:
    line = 'curl -d "{\\"a\\":1}" \\'
    assert DocumentText(line).whole == line


def test_a_command_goes_on_over_continued_lines_and_over_lines_whose_backslash_is_lost() -> None:
    whole = only("```\ncurl -X POST $API/run_sse \\\n  -H 'A: 1' \\\n  -d '{\n \"a\": 1\n}'\nnext\n```")
    lost = only("curl -X POST $API/run_sse\n  -H 'A: 1'\n  -d '{\n \"a\": 1\n}'\nnext\n")
    assert whole.headers == lost.headers == {"a": "1"}
    assert whole.values("-d")[0].text == lost.values("-d")[0].text == '{\n "a": 1\n}'


def test_a_command_ends_with_its_code_its_pipe_or_its_line() -> None:
    assert only("Run `curl -s $API/a -m 5` and -H is not meant").values("-H") == []
    assert only("x=$(curl -s -X PUT $API/a | jq -X)").method == "PUT"
    assert only("curl -s $API/a # -X PUT").method == "GET"
    assert len(list(commands("curl -s $API/a curl -s $API/b"))) == 2


def test_a_quote_that_is_never_closed_ends_before_the_next_command() -> None:
    first, second = commands('curl $API/a -d \'{"text":"don\'t"}\'\n\ncurl -X PUT $API/b\n')
    assert (first.method, second.method) == ("POST", "PUT")


@pytest.mark.parametrize(
    ("command", "method"),
    [
        ("curl $API/a", "GET"),
        ("curl $API/a -d x", "POST"),
        ("curl $API/a -F files=@x", "POST"),
        ("curl -sXDELETE $API/a", "DELETE"),
        ("curl --request=PATCH $API/a", "PATCH"),
        ("curl --json '{}' $API/a", "POST"),
    ],
)
def test_the_method_is_what_curl_would_take(command: str, method: str) -> None:
    assert only(command).method == method


def test_headers_in_a_variable_are_known_to_be_hidden() -> None:
    assert only('curl $API/a "${HEADERS[@]}"').hides_headers
    assert only("curl $API/a -H @headers.txt").hides_headers
    assert only("curl -s -X POST $API/a -H 'Accept: a' ...").hides_headers
    assert not only("curl $API/a -H 'Accept: a'").hides_headers


def test_curl_in_prose_is_no_command() -> None:
    assert list(commands("Drive the API with curl. Use curl for all calls; libcurl works too.")) == []


@pytest.mark.parametrize(
    ("path", "name", "fit"),
    [
        ("/api/render/proxy/lambda/<id>", "GET /api/render/proxy/lambda/{render_id}", PathMatch.EXACT),
        ("/api/render/proxy/lambda/", "GET /api/render/proxy/lambda/{render_id}", PathMatch.EXACT),
        ("/api/render/proxy/x/download", "GET /api/render/proxy/{render_id}/download", PathMatch.EXACT),
        ("/api/state/nemoagent/me//latest", "GET /api/state/nemo_agent/{user_id}/{session_id}/latest", PathMatch.BARE),
        ("/runsse", "POST /run_sse", PathMatch.BARE),
        ("/api/auth/anonymous-tokenwith", "POST /api/auth/anonymous-token", PathMatch.EXACT),
        ("/api/state", "GET /api/state/nemo_agent/{user_id}/{session_id}/latest", PathMatch.SHORT),
    ],
)
def test_a_path_means_the_endpoint_that_its_author_meant(path: str, name: str, fit: PathMatch) -> None:
    endpoint, found = fitting(path)
    assert endpoint is not None
    assert (endpoint.name, found) == (name, fit)


@pytest.mark.parametrize("path", ["/api/auth/anonymous-tokens", "/run_sses", "/v1/run", "/api/render/proxy/draft"])
def test_a_path_that_is_nearly_one_is_none(path: str) -> None:
    assert fitting(path) == (None, PathMatch.NONE)


def test_every_endpoint_of_the_contract_fits_itself() -> None:
    assert len(endpoints()) == 11
    assert [fitting(each.path)[0] for each in endpoints()] == list(endpoints())


@pytest.mark.parametrize(
    ("text", "method"),
    [
        ("POST /run_sse", "POST"),
        ("`POST` `/run_sse`", "POST"),
        ("POSTing to https://mega-api-prod.nemovideo.ai/run_sse with", "POST"),
        ("- POST to\nhttps://mega-api-prod.nemovideo.ai/run_sse", "POST"),
        ("| /run_sse | POST | Talk |", "POST"),
        ("/run_sse |\nPOST | Talk |", "POST"),
        ("向https://mega-api-prod.nemovideo.ai/run_sse发送POST请求", "POST"),
        ("call /run_sse.", None),
    ],
)
def test_a_call_is_found_with_its_method_in_prose_and_tables(text: str, method: str | None) -> None:
    (call,) = find_calls(text, [])
    assert (call.method, call.path, call.fit) == (method, "/run_sse", PathMatch.EXACT)


def test_keys_are_found_though_values_are_holes_and_quotes_are_lost() -> None:
    whole = body_at('{"id":"r_<ts>","draft":<json>,"output":{"format":"mp4"},"parts":[{"text":"a:b"}]}', 0)
    bare = body_at("{id:r_,draft:,output:{format:mp4},parts:[{text:}]}", 0)
    assert whole is not None
    assert bare is not None
    names = [(("id",), ()), (("draft",), ()), (("output",), ()), (("format",), ("output",)), (("parts",), ())]
    for body in (whole, bare):
        assert [((each.name,), each.path) for each in body.fields[:5]] == names
        assert (body.fields[5].path, body.fields[5].name) == (("parts",), "text")
    open_one = body_at('{"a": ..., "b": [1, 2]}', 0)
    assert open_one is not None
    assert (open_one.is_open, open_one.names()) == (True, {"a", "b"})
    assert body_at('{"a": ', 0) is None


def test_front_matter_keeps_its_lines_and_says_what_is_wrong_with_it() -> None:
    whole = front_matter(("---", "name: a", "description: >", "  b", "  c", "version: 1.10", "---", "# x"))
    assert whole is not None
    assert (whole.fields["description"], whole.line("version"), whole.written["version"]) == ("b c\n", 6, "1.10")
    broken = front_matter(("---", "name: a", "b: [", "---"))
    assert broken is not None
    assert broken.problem is not None
    endless = front_matter(("---", "name: a", "text"))
    assert endless is not None
    assert endless.problem == "it has no end: a line '---'"
    assert front_matter(("# a", "---", "name: a", "---")) is None
    assert front_matter(("---", "A rule across the page.", "", "Text")) is None


def test_a_limit_in_a_command_is_the_streams_only_where_it_sends_a_message() -> None:
    document = Document(
        "NemoVideo\ncurl --max-time 60 $API/api/credits/balance/simple\ncurl --max-time 70 $API/run_sse\n"
    )
    assert [claim.value for claim in document.claims] == [70]


def test_a_number_in_a_table_far_below_the_codes_is_none_of_them() -> None:
    table = "Error codes\n| 1001 | bad token |\n| 1002 | no session |\n"
    assert [row.code for row in Document(f"{table}| 3000 | photos |\n").rows] == [1001, 1002, 3000]
    prose = "A sentence.\n" * 8
    assert [row.code for row in Document(f"{table}{prose}| 3000 | photos |\n").rows] == [1001, 1002]


@pytest.mark.parametrize(
    "unit",
    [
        "curl -m 5 https://mega-api-prod.nemovideo.ai/run_sse ",
        "curl -m 5 https://mega-api-prod.nemovideo.ai/nowhere\n",
        "Wait 5 seconds for the stream. POST /run_sse\n",
        "| 2001 | no credits |\n",
        '{"a": ',
        'curl -X POST "$NEMO_API_URL/run_sse" -d \'{"app_name":"nemo_agent"}\'\n',
        "[",
    ],
)
def test_a_document_of_twice_the_length_takes_twice_the_work(unit: str) -> None:
    def operations(count: int) -> int:
        profile = cProfile.Profile()
        profile.runcall(check, Document("# NemoVideo\n/run_sse\n" + unit * count, "SKILL.md"))
        return sum(each.callcount for each in profile.getstats())

    operations(1)  # what is computed only once
    assert operations(200) < 2.1 * operations(100)


def test_a_million_unclosed_variables_are_read_once() -> None:
    # Each of them searched to the end of the line, they would take hours.
    assert Document("${" * 500_000).calls == ()
