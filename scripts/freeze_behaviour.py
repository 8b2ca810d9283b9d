"""What users get: answers of commands, journals and judgements, recordings, verdicts, videos."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import av
import httpx
from freeze_conversations import CONVERSATIONS
from freeze_ours import COMMAND, PHOTOS, PROFILES, SCENARIO, SKILL, example_documents, serve_fake
from freeze_part import Done, Place, environment, invoke
from freeze_plain import Plain, plain_journal, plain_json

#: Three videos that have different drafts: what is said, and how many of the photos are uploaded before.
FILMS: Final = {
    "reel": ("Turn these photos into a 4-second vertical reel, title 'Kyoto', soft cross-dissolves", 3),
    "square": ("a 3-second square video of these photos, fast pace, title '京都', slow zoom in, no music", 2),
    "words": ("Make a 5-second video of a sunrise over mountains", 0),
}
#: What a HAR file measures by the machine's clock.
HAR_TIMES: Final = ("startedDateTime", "time", "blocked", "send", "wait", "receive", "real")
#: Characters of a hash that are kept.
DIGEST: Final = 16
#: What a judgement is written as, by the name's end, and the same for findings about documents.
JUDGED: Final = {"text": "txt", "json": "json", "sarif": "sarif", "junit": "xml"}
CHECKED: Final = {**JUDGED, "github": "github"}
#: Endings of documents that are taken from the folders that the user names.
DOCUMENT_ENDINGS: Final = (".md", ".txt")
CLIENT_ID: Final = "11111111-1111-4111-8111-111111111111"
#: What differs from run to run in a report: times, and how often was polled, which hangs on them.
VERIFY_LOOSE: Final = ("at", "seconds", "calls", "made_to_be_refused")
_LOOSE: Final = re.compile(r" +[0-9.]+ m?s$|^[0-9]+ calls: .*$", re.MULTILINE)
#: Words of a report if the machine was too busy. The suite takes a fake that answers late for one that keeps
#: real time and checks less; and Python 3.11 may fail while Hypothesis parses source, which says nothing of the fake.
BUSY: Final = re.compile(
    "each takes its time here|works faster than the documents say|AST constructor recursion depth mismatch"
)
TRIES: Final = 4
#: Signs of progress; which of them are shown hangs on the machine's speed.
_PROGRESS: Final = re.compile(r"^(?:.* \d+%|\.\.\. .*)\n", re.MULTILINE)


# --- one command after the other --------------------------------------------------------------------------------------


def commands(place: Place) -> None:
    """What each command prints that calls a server, as text and as JSON."""
    shown: list[str] = []
    with serve_fake() as nemo:
        environ = {"NEMO_API_URL": nemo.base_url, "NEMO_CLIENT_ID": CLIENT_ID}

        def run(*arguments: str | Path, stdin: str = "", both: bool = True) -> str:
            printed = ""
            for form in ("--json", None) if both else (None,):
                line = [*map(str, arguments), *([form] if form else [])]
                done = invoke(*line, folder=place.scratch, stdin=stdin, environ=environ)
                printed = done.out.strip()
                shown.append(f"$ {COMMAND} {' '.join(line)}\n{_PROGRESS.sub('', str(done))}")
            return printed

        environ["NEMO_TOKEN"] = run("token", both=False)
        run("token", "--export", both=False)
        run("credits")
        session = run("session")
        run("upload", session, *PHOTOS[:2])
        run("state", session)
        for message in ("a 6-second vertical reel, title 'Kyoto'", "make the music quieter", "How do I export this?"):
            run("say", session, message)
        run("state", session)
        run("state", session, "--draft", both=False)
        run("export", session, "-o", "reel.mp4")
        render = run("export", session, "--no-wait", both=False)
        run("download", render, "-o", "again.mp4")
        run("download", "render_1", "-o", "never.mp4")
        run("state", "1")
        run("say", "1", "hello")
        run("chat", stdin=f"{PHOTOS[0]}\na 5-second clip of it\nhow many credits do I have?\nexport\n导出\n")
        run("make", *PHOTOS[:2], "-p", "a 6-second reel", "-o", "made.mp4")
        environ["NEMO_TOKEN"] = "nmv_usr_test_no_credits"  # noqa: S105 - a test token
        run("credits")
        run("make", *PHOTOS[:2], "-p", "a 6-second reel", "-o", "poor.mp4")
    place.write("commands/commands.txt", place.plain()("\n".join(shown)))


# --- traffic ----------------------------------------------------------------------------------------------------------


def traffic(place: Place) -> None:
    """The journal, the snapshot and the HAR file of each conversation: what users have on their disks."""
    for converse in CONVERSATIONS:
        name, plain = converse.__name__, place.plain()
        with serve_fake() as nemo, httpx.Client(base_url=nemo.base_url, trust_env=False, timeout=60) as http:
            converse(nemo, http, place.scratch)
            written = {each: http.get(f"/_mock/{each}").text for each in ("journal", "journal/har", "snapshot")}
        place.write(f"traffic/journals/{name}.jsonl", plain_journal(written["journal"], plain))
        place.write(f"traffic/{name}.har.json", _har(written["journal/har"], plain))
        place.write(f"traffic/{name}.snapshot.json", plain_json(written["snapshot"], plain))


def _har(text: str, plain: Plain) -> str:
    return plain_json(text, plain, *HAR_TIMES)


def judge_journals(place: Place) -> None:
    """What is judged of journals: of those that were saved, and of those that are made now."""
    judgements: dict[tuple[str, str], str] = {}
    for age, folder in (("saved", place.old), ("now", place.new)):
        for journal in _journals(folder, place.old):
            text = journal.read_text(encoding="utf-8")
            for form, ending in JUDGED.items():
                key = (text, f"{journal.name}.{form}")
                if key not in judgements:
                    judgements[key] = _judgement(journal, form, place)
                place.write(f"judged/{age}/{journal.stem}.{ending}", judgements[key])


def _journals(folder: Path, other: Path) -> Iterator[Path]:
    """The journals in a folder, and the other's of a part that was not asked for."""
    for part in ("traffic", "matrix"):
        holder = folder if (folder / part).is_dir() else other
        yield from sorted((holder / part / "journals").glob("*.jsonl"))


def _judgement(journal: Path, form: str, place: Place) -> str:
    transcript = journal.with_suffix(".transcript")
    options = ["--transcript", transcript.name] if transcript.exists() else []
    done = invoke("judge", journal.name, *options, "--format", form, folder=journal.parent).check(0, 1)
    return place.plain()(str(done) if form == "text" or done.err else done.out)


# --- skills -----------------------------------------------------------------------------------------------------------


def matrix(place: Place) -> None:
    """What our own agent does in each scenario, on each profile; its journals and transcripts of the first."""
    skill = place.scratch / "reel/SKILL.md"
    skill.parent.mkdir()
    shutil.copy(SKILL, skill)
    for profile in PROFILES:
        done = place.command(
            *("skill", "test", "reel/SKILL.md", "--profile", profile, "-o", f"{profile}.json", "--keep", profile)
        ).check(0, 1)
        place.write(f"matrix/{profile}.txt", place.plain()(str(done)))
        place.write(f"matrix/{profile}.json", (place.scratch / f"{profile}.json").read_text(encoding="utf-8"))
    for kept in sorted((place.scratch / PROFILES[0]).iterdir()):
        plain = place.plain()
        lines = (kept / "journal.jsonl").read_text(encoding="utf-8")
        place.write(f"matrix/journals/{kept.name}.jsonl", plain_journal(lines, plain))
        said = (kept / "transcript.txt").read_text(encoding="utf-8")
        place.write(f"matrix/journals/{kept.name}.transcript", plain(said))


def documents(place: Place) -> None:
    """What is found in skill documents: examples of each rule, and those of the folders that were named."""
    given = place.old / "documents/given"
    if place.old == place.new:
        for name, text in example_documents():
            place.write(f"documents/given/examples/{name}", text)
        for folder in place.documents:
            for file in sorted(folder.rglob("*")):
                if file.suffix in DOCUMENT_ENDINGS:
                    copy = given / folder.resolve().name / file.relative_to(folder)
                    copy.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(file, copy)
    else:
        shutil.copytree(given, place.new / "documents/given")
    files = sorted(str(file.relative_to(given)) for file in given.rglob("*") if file.is_file())
    for form, ending in CHECKED.items():
        done = invoke("skill", "check", *files, "--format", form, folder=given).check(0, 1)
        place.write(f"documents/findings.{ending}", place.plain()(str(done) if form == "text" else done.out))


# --- servers ----------------------------------------------------------------------------------------------------------


def verify(place: Place) -> None:
    """What the suite says of the fake, on each profile."""
    for profile in PROFILES:
        done = _run_verify(place, profile)
        plain = place.plain()
        report = (place.scratch / f"{profile}.json").read_text(encoding="utf-8")
        place.write(f"verify/{profile}.json", plain_json(report, plain, *VERIFY_LOOSE))
        place.write(f"verify/{profile}.txt", plain(_LOOSE.sub("", str(done))))


def _run_verify(place: Place, profile: str) -> Done:
    """How the suite ends that no busy machine has spoilt."""
    for _ in range(TRIES):
        done = place.command("verify", "--target", "mock", "--profile", profile, "--report", f"{profile}.json")
        if BUSY.search(done.out) is None:
            return done.check(0, 1)
    raise AssertionError(f"The machine is too busy to check the fake, {TRIES} times: {done}")


def recording(place: Place) -> None:
    """A recording of the fake, and what differs between the saved one and the fake of now."""
    done = place.command("record", "-o", "recording.json").check(0)
    plain = place.plain(r"anon_([0-9a-f]{16})\b")  # of client ids that the command makes up
    text = (place.scratch / "recording.json").read_text(encoding="utf-8")
    place.write("recording/recording.json", plain_json(text, plain, "at", "seconds"))
    place.write("recording/record.txt", plain(str(done)))
    saved = place.old / "recording"
    again = ("diff", "recording.json", "--target", "mock", "--profile")
    for profile in PROFILES:
        done = place.command(*again, profile, "--json", folder=saved).check(0, 1)
        place.write(f"recording/diff-{profile}.json", plain_json(done.out, plain, "at", "seconds"))
    done = place.command(*again, PROFILES[1], folder=saved).check(0, 1)
    place.write(f"recording/diff-{PROFILES[1]}.txt", plain(str(done)))


def scenario(place: Place) -> None:
    """How the fake begins that plays the scenario file of the documents, and what its worlds are like then."""
    shutil.copy(SCENARIO, place.scratch)
    plain = place.plain()
    with _serving(place, "--scenario", SCENARIO.name, "--clock", "virtual", "--seed", "7", "--quality", "stub") as (
        greeting,
        http,
    ):
        place.write("scenario/greeting.txt", plain(greeting))
        worlds = http.get("/_mock/worlds").text
        place.write("scenario/worlds.json", plain_json(worlds, plain))
        for world in ("monday", "friday"):
            for name in ("snapshot", "accounts", "faults", "profile"):
                answer = http.get(f"/w/{world}/_mock/{name}").text
                place.write(f"scenario/{world}-{name}.json", plain_json(answer, plain))


@contextmanager
def _serving(place: Place, *options: str) -> Iterator[tuple[str, httpx.Client]]:
    """What `serve` greets with, and a way to call it."""
    command = [str(Path(sys.executable).with_name(COMMAND)), "serve", "--port", "0", *options]
    environ = environment(place.scratch) | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=place.scratch, env=environ, stdout=subprocess.PIPE, encoding="utf-8") as process:
        try:
            assert process.stdout is not None
            greeting = ""
            for line in process.stdout:
                greeting += line
                if line.startswith("Ctrl-C"):
                    break
            url = re.search(r"http://\S+", greeting)
            assert url is not None, f"serve ended without an address: {greeting}"
            with httpx.Client(base_url=url[0], trust_env=False) as http:
                yield greeting, http
        finally:
            process.terminate()


# --- videos -----------------------------------------------------------------------------------------------------------


def frames(place: Place) -> None:
    """Three videos, frame by frame; what is hashed are the pictures, as the bytes of a file may differ."""
    for name, (message, photos) in FILMS.items():
        file = place.scratch / f"{name}.mp4"
        with serve_fake(stub=False) as nemo:
            session = nemo.session()
            if photos:
                nemo.upload(session, *PHOTOS[:photos])
            nemo.say(session, message).read()
            nemo.export(session, file)
        place.write(f"frames/{name}.txt", "".join(f"{line}\n" for line in _pictures(file)))


def _pictures(file: Path) -> Iterator[str]:
    with av.open(str(file)) as container:
        video = container.streams.video[0]
        context = video.codec_context
        size = f"{context.width}x{context.height}"
        yield f"{context.name} {size} {context.pix_fmt} at {video.average_rate} frames a second"
        for number, frame in enumerate(container.decode(video)):
            digest = hashlib.sha256(frame.to_ndarray().tobytes())
            yield f"{number} {digest.hexdigest()[:DIGEST]}"
    with av.open(str(file)) as container:
        for audio in container.streams.audio:
            samples, heard = 0, hashlib.sha256()
            for sound in container.decode(audio):
                samples += sound.samples
                heard.update(sound.to_ndarray().tobytes())
            yield f"{audio.codec_context.name}, {samples} samples {heard.hexdigest()[:DIGEST]}"
