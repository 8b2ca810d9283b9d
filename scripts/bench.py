"""Measure the cost of the fake (start, requests, renders) and of the client.

    scripts/bench              all of it
    scripts/bench startup      from spawning `nemo-harness serve` to its first answer, against a bare Python
    scripts/bench calls        GET credits and GET state, against a bare Starlette JSON route under the same uvicorn
    scripts/bench streams      short streams, against bare sse-starlette sending the same bytes
    scripts/bench idle         memory of each of 1,000 idle streams, and how fast the fake stops with 100 of them open
    scripts/bench upload       an upload of 199 MB: seconds, and how much the fake's memory grows
    scripts/bench untrusted    memory after hostile photos, and how fast the fake stops during the worst render
    scripts/bench generation   a 20-minute generation with heartbeats on the virtual clock, in process
    scripts/bench client       the client's calls against bare httpx, its decoder against httpx-sse, memory of an hour
    scripts/bench render       30 s at 1080x1920 from four photos in full quality, in a separate process

Figures are of this machine at this moment: compare within one run.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import bench_client
import bench_service
import bench_untrusted
import bench_upload

ROOT = Path(__file__).resolve().parent.parent
COMMAND = [sys.executable, "-c", "from nemovideo_harness.cli import main; main()", "serve", "--port", "0"]


def first_answer(quality: str) -> tuple[float, float]:
    """Seconds from spawn to the first answer, and from SIGTERM to the end."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [*COMMAND, "--quality", quality],
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout is not None
        url = re.search(r"http://\S+", process.stdout.readline())
        assert url is not None, "the fake did not say where it listens"
        try:
            urllib.request.urlopen(f"{url[0]}/api/credits/balance/simple").read()  # noqa: S310 - our own address
        except urllib.error.HTTPError as error:
            error.read()
        answered = time.perf_counter() - began
    finally:
        ending = time.perf_counter()
        process.terminate()
        process.wait(10)
    return answered, time.perf_counter() - ending


def bare_python() -> float:
    """Seconds that a Python takes to do nothing."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return time.perf_counter() - began


def startup(rounds: int) -> None:
    """Print start and stop times."""
    bare = [bare_python() for _ in range(rounds)]
    for quality in ("stub", "full"):
        times = [first_answer(quality) for _ in range(rounds)]
        answered, stopped = ([pair[part] * 1000 for pair in times] for part in (0, 1))
        print(
            f"serve --quality {quality}: first answer {statistics.median(answered):.0f} ms"
            f" (min {min(answered):.0f}, max {max(answered):.0f}; a bare Python {statistics.median(bare) * 1000:.0f});"
            f" stop {statistics.median(stopped):.0f} ms; {rounds} runs"
        )


def draft(seconds: int) -> dict[str, object]:
    """Four photos at 1080x1920 with every kind of movement, dissolves, a title and music."""
    from nemovideo_mock.media import probe

    photos = sorted((ROOT / "scripts/photos").glob("*.jpg"))
    length = seconds * 1000 // len(photos)
    motions = ["zoom_in", "pan_left", "ken_burns", "zoom_out"]
    pictures = [
        {
            "id": f"sg_{number}",
            "s": number * length,
            "d": length,
            "m": {
                "name": photo.stem,
                "kind": "image",
                "hash": probe(photo, photo.name).sha256,
                "motion": motions[number % len(motions)],
                **({"transition": {"kind": "dissolve", "d": 500}} if number else {}),
            },
        }
        for number, photo in enumerate(photos)
    ]
    total = length * len(photos)
    sound = {"name": "Calm piano", "kind": "music", "mood": "calm", "volume": 0.35}
    return {
        "t": [
            {"tt": 0, "sg": pictures},
            {"tt": 1, "sg": [{"id": "sg_bgm", "s": 0, "d": total, "m": sound}]},
            {"tt": 7, "sg": [{"id": "sg_title", "s": 0, "d": 3000, "m": {"text": "Kyoto", "role": "title"}}]},
        ],
        "d": total,
        "m": {"title": "Kyoto", "width": 1080, "height": 1920, "fps": 30},
    }


def render_once(quality: str, seconds: int) -> None:
    """Render in this process and print one line."""
    from typing import cast

    from nemovideo_contract.draft import Draft
    from nemovideo_mock.media import probe
    from nemovideo_mock.render import Quality, render

    files = {probe(photo, photo.name).sha256: photo for photo in (ROOT / "scripts/photos").glob("*.jpg")}
    with tempfile.TemporaryDirectory() as folder:
        began, processor = time.perf_counter(), time.process_time()
        made = render(
            cast("Draft", draft(seconds)),
            Path(folder) / "video.mp4",
            quality=cast("Quality", quality),
            locate=files.get,
        )
        wall, processor = time.perf_counter() - began, time.process_time() - processor
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{quality}: {made.duration:g} s at {made.width}x{made.height}, {made.frames} frames in {wall:.2f} s"
        f" = {made.frames / wall:.0f} frames/s, {made.duration / wall:.1f} times real time;"
        f" processor {processor:.1f} s; peak memory {memory:.0f} MiB; file {made.size / 1e6:.1f} MB"
    )


def render_all(rounds: int) -> None:
    """Print a line for each run. Each run has its own process, so that its peak memory can be measured."""
    for quality, times in (("full", rounds), ("preview", 1), ("stub", 1)):
        for _ in range(times):
            subprocess.run([sys.executable, __file__, "one", "--quality", quality], check=True)


SERVING: dict[str, tuple[Callable[[int], None], int]] = {
    "calls": (bench_service.calls, 5),
    "streams": (bench_service.streams, 5),
    "idle": (bench_service.idle, 1000),
    "upload": (bench_upload.uploads, 3),
    "untrusted": (bench_untrusted.untrusted, 14),
    "generation": (bench_service.generation, 5),
    "client": (bench_client.client, 5),
}


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=["all", "startup", *SERVING, "render", "one"], default="all")
    parser.add_argument("--rounds", type=int, default=0, help="runs of each; 7 starts and 3 renders by default")
    parser.add_argument("--quality", default="full", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.what == "one":
        render_once(arguments.quality, 30)
        return
    print(f"Python {platform.python_version()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}", flush=True)
    if arguments.what in {"all", "startup"}:
        startup(arguments.rounds or 7)
    for name, (measure, usual) in SERVING.items():
        if arguments.what in {"all", name}:
            measure(arguments.rounds or usual)
    if arguments.what in {"all", "render"}:
        render_all(arguments.rounds or 3)


if __name__ == "__main__":
    main()
