"""A real Agent Development Kit server whose model follows a script: run as a program, in a process of its own.

The first words of a message name the scene that is played, one model answer after the other. What Google's models send
is imitated one level below the kit: the kit's own code makes its events of it, aggregates included. The program writes
its address on its first line and ends when its standard input does.

Beside the kit's own there is one route: `/scene/cancelled` answers when the tool of a run that never ends was cancelled.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import sys
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

APP: Final = "nemo_agent"


@dataclass(frozen=True, slots=True)
class Call:
    """The model calls a tool."""

    name: str
    args: dict[str, object]


@dataclass(frozen=True, slots=True)
class Thought:
    """The model thinks aloud, which is no answer."""

    words: str


@dataclass(frozen=True, slots=True)
class Stop:
    """The model ends for this reason, without any content."""

    reason: str


@dataclass(frozen=True, slots=True)
class Crash:
    """The model's backend fails with these words."""

    words: str


Piece = str | Call | Thought | Stop | Crash
#: What a model says at a time, in the pieces in which it streams it; without any it says nothing at all.
Answer = tuple[Piece, ...]

TRIM: Final = Call("edit_multitrack", {"action": "trim", "track": 1})
QUIET: Final = Call("edit_multitrack", {"action": "trim without a word"})
CLIP: Final = Call("generate_video_with_seedance", {"prompt": "a sunrise"})
DONE: Final[Answer] = ("Done: ", "edited the timeline.")
#: What ends a line for Python, and for some readers of streams, but for no one who reads the standard.
SEPARATORS: Final = "one\u2028two\u2029three\x85four\x0bfive\x0csix\x1cseven"

SCENES: Final[Mapping[str, tuple[Answer, ...]]] = {
    "greet": (("Hello, ", "I am ", "nemo_agent."),),
    "separators": ((SEPARATORS, ' 完成 🎬 "quoted" \\ end'),),
    "long": (tuple(f"Sentence number {number}. " for number in range(2_000)),),
    "think": ((Thought("I should greet."), "Hello."),),
    "edit": ((TRIM,), DONE),
    "announce": (("Let me see. ", TRIM), DONE),
    "several": ((TRIM, CLIP), DONE),
    "rounds": ((CLIP,), (TRIM,), ("Ready.",)),
    "skip": ((QUIET,),),
    "hush": ((TRIM,), ()),
    "blank": ((TRIM,), ("",)),
    "stop": ((TRIM,), (Stop("STOP"),)),
    "nothing": ((),),
    "crash": ((Crash('backend exploded: "café" 完\nsecond line'),),),
    "crash midway": (("partial ", Crash("backend exploded midway")),),
    "crash after work": ((TRIM,), (Crash("backend exploded after the work"),)),
    "tool fails": ((Call("edit_multitrack", {"action": "fail"}),), DONE),
    "unknown tool": ((Call("no_such_tool", {}),), DONE),
    "unsafe": ((Stop("SAFETY"),),),
    "unsafe after work": ((TRIM,), (Stop("SAFETY"),)),
    "wait": ((Call("generate_video_with_seedance", {"prompt": "for ever"}),), DONE),
}


def kit(module: str) -> Any:  # Any: the kit is installed in few places, so no checker can see it
    """A module of the kit, or of what it brings."""
    return importlib.import_module(module)


def application() -> Any:  # Any: a FastAPI application
    """The kit's server with the scripted agent, and the one route of ours."""
    types = kit("google.genai.types")
    models = kit("google.adk.models")
    streaming = kit("google.adk.utils.streaming_utils")
    cancelled = asyncio.Event()

    def part(piece: str | Call | Thought) -> Any:  # Any: the kit's
        if isinstance(piece, Call):
            return types.Part(function_call=types.FunctionCall(name=piece.name, args=piece.args))
        if isinstance(piece, Thought):
            return types.Part(text=piece.words, thought=True)
        return types.Part(text=piece)

    def response(pieces: tuple[Piece, ...], *, last: bool) -> Any:  # Any: the kit's
        """What Google's interface would give for pieces of an answer.

        Raises:
            RuntimeError: One of them is a crash.
        """
        parts: list[Any] = []
        reason = "STOP" if last else None
        for piece in pieces:
            if isinstance(piece, Crash):
                raise RuntimeError(piece.words)
            if isinstance(piece, Stop):
                reason = piece.reason
            else:
                parts.append(part(piece))
        content = types.Content(role="model", parts=parts) if parts else None
        return types.GenerateContentResponse(
            candidates=[types.Candidate(content=content, finish_reason=reason)], model_version="scripted-1"
        )

    class Scripted(models.BaseLlm):  # type: ignore[misc]  # the kit's class is Any to who hasn't got the kit
        """A model that says what the scene wants."""

        async def generate_content_async(self, request: Any, stream: bool = False) -> AsyncIterator[Any]:  # noqa: FBT001, FBT002 -- the kit's signature; Any: the kit's
            """Play the next answer of the scene that the last message of the user names."""
            answer = answer_to(request)
            if not stream:
                for pieces in at_once(answer):
                    yield models.LlmResponse.create(response(pieces, last=True))
                return
            aggregator = streaming.StreamingResponseAggregator()
            for number, piece in enumerate(answer, 1):
                async for delta in aggregator.process_response(response((piece,), last=number == len(answer))):
                    yield delta
            if answer and (aggregate := aggregator.close()) is not None:
                yield aggregate

    async def edit_multitrack(action: str, tool_context: Any, track: int = 0) -> dict[str, object]:  # Any: the kit's
        """Change the timeline."""
        if action == "fail":
            raise RuntimeError("the timeline is locked")
        if action == QUIET.args["action"]:
            tool_context.actions.skip_summarization = True
        return {"status": "ok", "action": action, "track": track}

    async def generate_video_with_seedance(prompt: str) -> dict[str, object]:
        """Make a clip; one that is asked for for ever takes that long."""
        if prompt == "for ever":
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.set()
                raise
        return {"status": "ok", "prompt": prompt}

    async def scene_cancelled(request: Any) -> Any:  # Any: Starlette's, which the kit brings
        """Wait until the endless tool was cancelled; the next one counts anew."""
        await cancelled.wait()
        cancelled.clear()
        return kit("starlette.responses").JSONResponse({"cancelled": True})

    # The tools' annotations are strings here, and the kit looks them up where it can't see its own class.
    edit_multitrack.__annotations__["tool_context"] = kit("google.adk.tools").ToolContext
    agent = kit("google.adk.agents").LlmAgent(
        name=APP, model=Scripted(model="scripted-1"), tools=[edit_multitrack, generate_video_with_seedance]
    )

    class Loader(kit("google.adk.cli.utils.base_agent_loader").BaseAgentLoader):  # type: ignore[misc]  # as above
        """Knows the one agent."""

        def load_agent(self, agent_name: str) -> Any:  # Any: the kit's
            """The agent."""
            if agent_name != APP:
                raise ValueError(f"Agent not found: {agent_name!r}.")
            return agent

        def list_agents(self) -> list[str]:
            """Its name."""
            return [APP]

    folder = tempfile.mkdtemp(prefix="adk-")
    api = kit("google.adk.cli.fast_api")
    memory = "memory://"
    app = api.get_fast_api_app(
        agents_dir=folder, agent_loader=Loader(), session_service_uri=memory, artifact_service_uri=memory, web=False
    )
    app.add_route("/scene/cancelled", scene_cancelled)
    return app


def at_once(answer: Answer) -> Iterator[Answer]:
    """What a model gives that doesn't stream: words that follow each other in one piece, a crash after the rest."""
    joined: list[Piece] = []
    for words, pieces in groupby(answer, lambda piece: isinstance(piece, str)):
        joined += ["".join(map(str, pieces))] if words else pieces
    crash = joined.pop() if joined and isinstance(joined[-1], Crash) else None
    if joined:
        yield tuple(joined)
    if crash is not None:
        yield (crash,)


def answer_to(request: Any) -> Answer:  # Any: the kit's
    """The scene's next answer: as many were given as the model has spoken since the last message of the user."""
    given, scene = 0, ""
    for content in request.contents:
        texts = [part.text for part in content.parts or [] if part.text is not None]
        if content.role == "user" and texts:
            given, scene = 0, texts[0]
        elif content.role == "model":
            given += 1
    answers = SCENES[scene]
    return answers[given] if given < len(answers) else ()


async def main() -> None:
    """Serve until standard input ends."""
    uvicorn = kit("uvicorn")
    config = uvicorn.Config(application(), host="127.0.0.1", port=0, log_level="warning", lifespan="on")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    sys.stdout.write(f"http://127.0.0.1:{port}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    server.should_exit = server.force_exit = True
    await serving


if __name__ == "__main__":
    # What the kit warns of is its own affair, and a scene that fails is no news.
    warnings.simplefilter("ignore")
    logging.disable()
    asyncio.run(main())
