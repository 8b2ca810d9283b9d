"""Uploads, valid and broken, as callers on a real socket see them."""

from __future__ import annotations

import hashlib
import http.client
import itertools
import json
import shutil
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from anyio import to_thread
from hypothesis import given
from hypothesis import strategies as st

from nemovideo_mock.errors import ServiceError
from nemovideo_mock.http import multipart
from nemovideo_mock.http.endpoints import uploads
from nemovideo_mock.http.multipart import FormError, FormReader, PartBegin, PartContent, PartEnd
from nemovideo_mock.runtime.storage import Arrival, Storage
from nemovideo_mock.server import running
from nemovideo_mock.settings import Settings
from tests.guards import HANG_S

PHOTO = (Path(__file__).parents[3] / "scripts/photos/cat.jpg").read_bytes()
#: A picture of one pixel: the smallest file that is accepted.
PIXEL = b"GIF89a\1\0\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"
LIMIT = 3_000_000
FORM = "multipart/form-data; boundary=b"


@dataclass(frozen=True)
class Caller:
    """A caller with a token and a session."""

    url: str
    folder: Path
    token: str
    session_id: str

    @property
    def path(self) -> str:
        return f"/api/upload-video/nemo_agent/me/{self.session_id}"

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.url.removeprefix("http://").split(":")
        return host, int(port)

    def post(self, body: bytes, content_type: str = FORM) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": content_type}
        return httpx.post(self.url + self.path, content=body, headers=headers, trust_env=False, timeout=HANG_S)

    def head(self, length: int) -> bytes:
        """Return the head of a request with a body of this many bytes."""
        lines = [f"POST {self.path} HTTP/1.1", "Host: fake", f"Authorization: Bearer {self.token}"]
        return "\r\n".join([*lines, f"Content-Type: {FORM}", f"Content-Length: {length}", "", ""]).encode()

    def infos(self) -> list[dict[str, Any]]:
        """Return the uploads in the session."""
        answer = httpx.get(
            f"{self.url}/api/state/nemo_agent/me/{self.session_id}/latest",
            headers={"Authorization": f"Bearer {self.token}"},
            trust_env=False,
            timeout=HANG_S,
        )
        found: list[dict[str, Any]] = answer.json()["data"]["state"]["video_infos"]
        return found

    def stored(self) -> tuple[int, int]:
        """Return the number of files that are being received, and of those that are stored."""
        incoming, filed = (len(list((self.folder / name).iterdir())) for name in ("incoming", "uploads"))
        return incoming, filed


@pytest.fixture
def caller(tmp_path: Path) -> Iterator[Caller]:
    settings = Settings(quality="stub", clock="virtual", size_limit=LIMIT, directory=tmp_path)
    with running(settings) as server, httpx.Client(base_url=server.url, trust_env=False, timeout=HANG_S) as http:
        token = http.post("/api/auth/anonymous-token", headers={"X-Client-Id": "x"}).json()["data"]["token"]
        http.headers.update({"Authorization": f"Bearer {token}"})
        session = http.post("/api/tasks/me/with-session/nemo_agent", json={"task_name": "project"}).json()["data"]
        yield Caller(server.url, tmp_path, token, session["session_id"])


def part(content: bytes, filename: bytes | None = b"cat.jpg", field: bytes = b"files") -> bytes:
    """Return a part of a form with its boundary."""
    named = b"" if filename is None else b'; filename="' + filename + b'"'
    return b'--b\r\nContent-Disposition: form-data; name="' + field + b'"' + named + b"\r\n\r\n" + content + b"\r\n"


def form(*parts: bytes) -> bytes:
    """Return a whole form."""
    return b"".join(parts) + b"--b--\r\n"


def answer_to(sock: socket.socket) -> http.client.HTTPResponse:
    """Return the head of the response on a connection, whether or not the request is complete."""
    answer = http.client.HTTPResponse(sock)
    answer.begin()
    return answer


# --- the reader of forms ----------------------------------------------------------------------------------------------


def story(body: bytes, pieces: Sequence[bytes]) -> list[object]:
    """Return the events of a form with joined contents."""
    reader = FormReader(FORM)
    told: list[object] = []
    for piece in pieces:
        for event in reader.feed(piece):
            if isinstance(event, PartContent):
                if isinstance(told[-1], bytes):
                    told[-1] += bytes(event.data)
                else:
                    told.append(bytes(event.data))
            else:
                told.append(event)
    reader.finish()
    assert b"".join(pieces) == body
    return told


CONTENT = st.lists(st.sampled_from([b"\r\n", b"--b", b"\r\n--", b"\r\n--c", b"-", b"x" * 9, b"\0"])).map(b"".join)


@given(CONTENT.filter(lambda content: b"\r\n--b" not in content), st.data())
def test_a_form_says_the_same_however_it_is_cut(content: bytes, data: st.DataObject) -> None:
    parts = [part(b"text", None, b"note"), part(content), part(PIXEL, b"b.gif")]
    before = data.draw(st.sampled_from([b"", b"\r\n", b"A preamble,\r\n--a\r\n", b"\n--b\r--\r\n"]))
    spaces = data.draw(st.sampled_from([b"", b" ", b" \t" * 20]))
    body = before + b"".join(b"--b" + spaces + each[3:] for each in parts) + b"--b--" + spaces + b"\r\n"
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=8)))
    pieces = [body[start:end] for start, end in itertools.pairwise([0, *cuts, len(body)])]

    assert story(body, pieces) == [
        *(PartBegin("note", None), b"text", PartEnd()),
        *(PartBegin("files", "cat.jpg"), *([content] if content else []), PartEnd()),
        *(PartBegin("files", "b.gif"), PIXEL, PartEnd()),
    ]


@given(st.lists(st.one_of(st.binary(max_size=40), st.sampled_from([b"--b\r\n", b"\r\n--b--", form(part(PIXEL))]))))
def test_any_bytes_are_a_form_or_a_form_error(pieces: list[bytes]) -> None:
    reader = FormReader(FORM)
    said = ""
    try:
        for piece in pieces:
            reader.feed(piece)
        reader.finish()
    except FormError as error:
        said = str(error)
    assert said.endswith(".") if said else b"--b--" in b"".join(pieces)


def test_the_parser_of_forms_writes_no_warnings_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    FormReader(FORM).feed(form(part(PIXEL)) + b"after")
    with pytest.raises(FormError):
        FormReader(FORM).feed(b"--b;\r\n")
    assert caplog.records == []


# --- what is wrong is said in one sentence ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "content_type", "sentence"),
    [
        (form(part(PHOTO)), "multipart/form-data", "The header Content-Type has no boundary for the form."),
        (
            form(part(PHOTO)),
            "multipart/form-data; boundary=",
            "The header Content-Type has no boundary for the form.",
        ),
        (b"x", f"multipart/form-data; boundary={'b' * 201}", "The form's boundary is longer than 200 bytes."),
        (form(part(PHOTO)), "multipart/form-data; boundary=other", "The form has no line with the boundary"),
        (b"hello", FORM, "The form has no line with the boundary that the header Content-Type names."),
        (bytes(100_000), FORM, "The form's first boundary does not come within 65536 bytes."),
        (b"--b" + b" " * 300 + part(PIXEL)[3:] + b"--b--", FORM, "The form can't be read: "),
        (b"", FORM, "The form ends before its last boundary."),
        (form(part(PHOTO))[:-7], FORM, "The form ends before its last boundary."),
        (form(part(PHOTO))[:5000], FORM, "The form ends before its last boundary."),
        (part(PHOTO), FORM, "The form ends before its last boundary."),
        (b"--b--\r\n", FORM, "The form has no file in the field files."),
        (form(part(PHOTO, field=b"file")), FORM, "The form has no file in the field files, only the field file."),
        (form(part(b"a note", None, b"note")), FORM, "The form has no file in the field files, only the field note."),
        (form(part(b"/home/me/cat.jpg", None)), FORM, "The field files has no file name: send it as a file"),
        (b"--b\r\n\r\nx\r\n--b--\r\n", FORM, "A part of the form has no name in its Content-Disposition."),
        (b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n", FORM, "A part of the form has no name"),
        (
            form(part(PHOTO).replace(b'filename="cat.jpg"', b"filename*=UTF-8''cat.jpg")),
            FORM,
            "A file has its name only in filename",
        ),
        (form(part(PHOTO, b"x" * 9000 + b".jpg")), FORM, "The form can't be read: Maximum header size exceeded."),
        (form(*[part(b"", None, b"note")] * 1001), FORM, "The form has more than 1000 fields."),
        (form(part(bytes(1_000_001), None, b"note")), FORM, "A plain field of the form is longer than"),
        (form(part(PIXEL, b"a.gif")) + bytes(1_000_000), FORM, "The form continues after its last boundary."),
    ],
)
def test_a_form_that_cant_be_read_is_400_with_one_sentence_and_leaves_nothing(
    caller: Caller, body: bytes, content_type: str, sentence: str
) -> None:
    answer = caller.post(body, content_type)

    assert (answer.status_code, answer.json()["code"]) == (400, 400)
    assert answer.json()["message"].startswith(sentence)
    assert caller.stored() == (0, 0)
    assert caller.infos() == []


def test_a_form_with_too_many_files_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multipart, "MAX_FILES", 3)
    reader = FormReader(FORM)

    with pytest.raises(FormError, match=r"^The form has more than 3 files\.$"):
        reader.feed(form(*[part(PIXEL)] * 4))


@pytest.mark.parametrize(
    ("content", "filename", "sentence"),
    [
        (PHOTO, b"", "A file without a name is not supported."),
        (PHOTO, b"../..", ".. is not supported."),
        (PHOTO, b"cat.jpg\0.exe", "cat.jpg.exe is not supported."),
        (PHOTO, b"cat", "cat is not supported."),
        (b"", b"cat.jpg", "cat.jpg is empty;"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"cat.png", "cat.png is not a readable media file;"),
        (PHOTO, b"cat.mp4", "cat.mp4 is a video by its name but an image by its content;"),
        (PHOTO[:150], b"cat.jpg", "cat.jpg is a damaged jpg file;"),
    ],
)
def test_a_file_that_isnt_taken_is_4001_with_one_sentence_and_none_of_its_form_is_filed(
    caller: Caller, content: bytes, filename: bytes, sentence: str
) -> None:
    answer = caller.post(form(part(PIXEL, b"good.gif"), part(content, filename))).json()

    assert answer["code"] == 4001
    assert answer["message"].startswith(sentence)
    assert caller.stored() == (0, 0)
    assert caller.infos() == []


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        (b"/etc/../cat.jpg", "cat.jpg"),
        (b"C:\\\\photos\\\\cat.jpg", "cat.jpg"),
        (b"a\0b\x07.jpg", "ab.jpg"),
        (b"two\nlines.jpg", "twolines.jpg"),
        (b"two%0D%0Alines.jpg", "twolines.jpg"),
        (b"say %22hi%22.jpg", 'say "hi".jpg'),
        (b'say \\"hi\\".jpg', 'say "hi".jpg'),
        (b"100%25%2f.jpg", "100%25%2f.jpg"),
        ("京都.jpg".encode(), "京都.jpg"),
        ("é.jpg".encode("latin-1"), "é.jpg"),
        ("cat\u202egpj.jpg".encode(), "catgpj.jpg"),
        (b"x" * 400 + b".jpeg", "x" * 250 + ".jpeg"),
        (b"; filename=evil.exe;.jpg", "; filename=evil.exe;.jpg"),
        (b"=?utf-8?B?5YyX5LqsLmpwZw==?=", "北京.jpg"),
        (b"=?utf-8?Q?../=E4=BA=AC_1.jpg?=", "京 1.jpg"),
        (b"=?unicode-escape?Q?a.jpg?=.jpg", "=?unicode-escape?Q?a.jpg?=.jpg"),
        (b"=?utf-8?B?5?=.jpg", "=?utf-8?B?5?=.jpg"),
    ],
)
def test_a_strange_name_becomes_a_plain_one(caller: Caller, sent: bytes, shown: str) -> None:
    (file,) = caller.post(form(part(PHOTO, sent))).json()["data"]["files"]

    assert file["filename"] == shown
    assert httpx.get(file["cdn_url"], trust_env=False, timeout=HANG_S).content == PHOTO


def test_an_ending_in_capitals_and_other_headers_of_a_part_are_taken(caller: Caller) -> None:
    body = form(part(PIXEL, b"A.GIF").replace(b"--b\r\n", b"--b\r\nContent-Type: text/plain\r\nX-Y: z\r\n"))

    assert caller.post(body).json()["data"]["files"][0]["filename"] == "A.GIF"


def test_files_of_one_name_and_of_the_same_bytes_are_each_listed_and_filed_once(caller: Caller) -> None:
    body = form(part(PHOTO), part(PIXEL, b"cat.gif"), part(b"a note", None, b"note"), part(PHOTO))

    files = caller.post(body).json()["data"]["files"]

    photo, pixel = (hashlib.sha256(content).hexdigest() for content in (PHOTO, PIXEL))
    assert [(file["filename"], file["hash"]) for file in files] == [
        ("cat.jpg", photo),
        ("cat.gif", pixel),
        ("cat.jpg", photo),
    ]
    assert caller.stored() == (0, 2)


def test_a_file_in_another_field_is_ignored_next_to_one_in_the_right_field(caller: Caller) -> None:
    body = form(part(b"MZ", b"evil.exe", b"other"), part(PIXEL, b"a.gif"))

    assert [file["filename"] for file in caller.post(body).json()["data"]["files"]] == ["a.gif"]
    assert caller.stored() == (0, 1)


def test_a_folder_that_cant_be_written_is_507_and_a_sentence(caller: Caller) -> None:
    shutil.rmtree(caller.folder / "incoming")

    answer = caller.post(form(part(PHOTO)))

    assert answer.status_code == 507
    assert answer.json()["message"] == "The fake could not store the upload: No such file or directory."


# --- as soon as it shows ----------------------------------------------------------------------------------------------


def wav(size: int) -> bytes:
    """Return the begin of a wav file without an end."""
    return b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\1\0\2\0D\xac\0\0\x10\xb1\2\0\4\0\x10\0data\xff\xff\xff\xff" + bytes(
        size
    )


OPENING = part(b"", b"%s")[: -len(b"\r\n")]


@pytest.mark.parametrize(
    ("filename", "content", "code"),
    [
        (b"notes.txt", b"", 4001),
        (b"cat.jpg", bytes(20_000), 4001),
        (b"cat.jpg", wav(20_000), 4001),
        (b"cat.png", b"\0\0\0\x18ftypisom" + bytes(20_000), 4001),
        (b"cat.mp4", b"ID3" + bytes(20_000), 4001),
        (b"cat.wav", wav(LIMIT), 4002),
    ],
)
def test_a_refused_file_is_answered_before_the_rest_of_it_arrives(
    caller: Caller, filename: bytes, content: bytes, code: int
) -> None:
    with socket.create_connection(caller.address, timeout=HANG_S) as sock:
        sock.sendall(caller.head(10**9) + OPENING.replace(b"%s", filename) + content)
        answer = answer_to(sock)
        told = json.loads(answer.read())

        assert told["code"] == code
        assert answer.getheader("Connection") == "close"
        assert caller.stored() == (0, 0)
        sock.shutdown(socket.SHUT_WR)
        assert sock.recv(1) == b""


@pytest.mark.parametrize("filename", [b"talk.wav", b"ignored.bin"])
def test_a_caller_that_reads_only_after_it_has_sent_everything_gets_the_answer(caller: Caller, filename: bytes) -> None:
    body = form(part(wav(5 * LIMIT), filename, b"files" if filename == b"talk.wav" else b"other"))
    connection = http.client.HTTPConnection(*caller.address, timeout=HANG_S)
    try:
        headers = {"Authorization": f"Bearer {caller.token}", "Content-Type": FORM}
        connection.request("POST", caller.path, body, headers)
        told = json.loads(connection.getresponse().read())
    finally:
        connection.close()

    assert (told["code"], told["message"]) == (4002, f"{filename.decode()} is larger than 3 MB.")
    assert caller.stored() == (0, 0)


def test_a_refusal_after_the_whole_body_keeps_the_connection(caller: Caller) -> None:
    answer = caller.post(form(part(PHOTO[:5000], b"notes.txt")))

    assert "connection" not in answer.headers or answer.headers["connection"] != "close"


def test_a_file_of_just_the_limit_is_taken(caller: Caller) -> None:
    content = wav(LIMIT)[:LIMIT]

    assert caller.post(form(part(content, b"a.wav"))).json()["code"] == 0
    assert caller.post(form(part(content + b"\0", b"a.wav"))).json()["code"] == 4002


def test_a_large_file_is_written_once_and_in_pieces(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []
    write: Callable[[Arrival, Sequence[bytes | memoryview]], None] = Arrival.write

    def noted(self: Arrival, pieces: Sequence[bytes | memoryview]) -> None:
        written.append(sum(map(len, pieces)))
        write(self, pieces)

    monkeypatch.setattr(Arrival, "write", noted)
    content = wav(LIMIT - 44)

    assert caller.post(form(part(content, b"a.wav"))).json()["code"] == 0

    assert sum(written) == len(content)
    # The server hands over at most what it may hold (64 KiB) and one more read of the socket (256 KiB).
    assert max(written) < uploads.CHUNK + (1 << 16) + (1 << 18)


@pytest.mark.anyio
async def test_an_upload_that_waits_for_its_caller_waits_on_the_disk_and_not_in_memory(tmp_path: Path) -> None:
    arrival = Arrival(tmp_path / "a.wav")
    incoming = uploads.IncomingFile("a.wav", arrival, LIMIT)
    piece = wav(1 << 14)[: 1 << 14]

    for count in range(1, 60):
        await incoming.add(piece)
        assert count * len(piece) - arrival.size < 1 << 17

    arrival.discard()


@pytest.mark.anyio
async def test_a_piece_of_a_body_is_let_go_before_the_next_is_awaited(tmp_path: Path) -> None:
    held: list[int] = []
    pieces = [form(part(wav(1_000_000), b"a.wav"))[start : start + 300_000] for start in range(0, 900_000, 300_000)]
    last: list[bytes] = []

    async def receive() -> dict[str, object]:
        if last:
            await to_thread.run_sync(int)  # an idle thread keeps its last work
            held.append(sys.getrefcount(last[0]))
        if not pieces:
            return {"type": "http.disconnect"}
        last[:] = [pieces.pop(0)]
        return {"type": "http.request", "body": last[0], "more_body": True}

    with uploads.UploadIntake(Storage(tmp_path), LIMIT, "http://x/") as intake, pytest.raises(ServiceError):
        await uploads.read_form(FormReader(FORM), uploads.BodyStream(receive), intake)

    assert held == [2, 2, 2]  # the list of this test, and the argument of getrefcount


# --- callers with slow lines ------------------------------------------------------------------------------------------


def test_a_body_that_comes_byte_by_byte_is_an_upload_like_any_other(caller: Caller) -> None:
    body = form(part(PIXEL, b"a.gif"))
    with socket.create_connection(caller.address, timeout=HANG_S) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(caller.head(len(body)))
        for byte in body:
            sock.sendall(bytes([byte]))
        told = json.loads(answer_to(sock).read())

    assert told["data"]["files"][0]["hash"] == hashlib.sha256(PIXEL).hexdigest()


def test_a_caller_that_leaves_in_the_middle_leaves_no_file(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, gone = threading.Event(), threading.Event()
    write: Callable[[Arrival, Sequence[bytes | memoryview]], None] = Arrival.write
    discard: Callable[[Arrival], None] = Arrival.discard

    def noted_write(self: Arrival, pieces: Sequence[bytes | memoryview]) -> None:
        write(self, pieces)
        begun.set()

    def noted_discard(self: Arrival) -> None:
        discard(self)
        gone.set()

    monkeypatch.setattr(Arrival, "write", noted_write)
    monkeypatch.setattr(Arrival, "discard", noted_discard)
    with socket.create_connection(caller.address, timeout=HANG_S) as sock:
        sock.sendall(caller.head(10**9) + OPENING.replace(b"%s", b"a.wav") + wav(2 * uploads.CHUNK))
        assert begun.wait(HANG_S)
        assert caller.stored() == (1, 0)

    assert gone.wait(HANG_S)
    assert caller.stored() == (0, 0)
    assert caller.infos() == []


# --- by URL -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, 400),
        ({"urls": []}, 400),
        ({"urls": "https://example.com/a.jpg"}, 400),
        ({"urls": [5]}, 400),
        ({"urls": [f"https://example.com/{'a' * 8192}.jpg"]}, 400),
        ({"urls": ["file:///etc/a.jpg"]}, 400),
        ({"urls": ["https://[broken/a.jpg"]}, 400),
        ({"urls": ["https://example.com/a.jpg"], "source_type": "file"}, 400),
        ({"urls": ["https://example.com/a.jpg"] * 1001}, 400),
        ({"urls": ["https://example.com/a.jpg", "https://example.com/a.txt"]}, 4001),
        ({"urls": ["https://example.com/"]}, 4001),
    ],
)
def test_urls_that_make_no_sense_are_refused_in_one_sentence(
    caller: Caller, body: dict[str, object], code: int
) -> None:
    answer = caller.post(json.dumps(body).encode(), "application/json").json()

    assert answer["code"] == code
    assert answer["message"].endswith(".")
    assert caller.infos() == []


def test_uploads_by_url_are_fetched_only_if_the_fake_may(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def never() -> object:
        raise AssertionError("nothing may be fetched")

    monkeypatch.setattr(uploads, "fetcher", never)
    body = {"urls": ["http://127.0.0.1:9/a.jpg", "https://example.com/%E4%BA%AC.mp3?x=1"], "source_type": "url"}

    files = caller.post(json.dumps(body).encode(), "application/json").json()["data"]["files"]

    assert [(file["filename"], file["file_type"]) for file in files] == [("a.jpg", "image"), ("京.mp3", "audio")]
