"""A real Agent Development Kit server whose model follows a script: run as a program, in a process of its own.

The first words of a message name the scene that is played, one model answer after the other. What Google's models send
is imitated one level below the kit: the kit's own code makes its events of it, aggregates included. The program writes
its address on its first line and ends when its standard input does.

Beside the kit's own there is one route, `/scene/cancelled`: it answers when the tool of an endless run was cancelled.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import socket
import sys
import tempfile
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
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


def at_once(answer: Answer) -> Iterator[Answer]:
    """What a model gives that doesn't stream: words that follow each other in one piece, a crash after the rest."""
    whole: list[Piece] = []
    for piece in answer:
        if isinstance(piece, str) and whole and isinstance(whole[-1], str):
            whole[-1] += piece
        else:
            whole.append(piece)
    crash = whole.pop() if whole and isinstance(whole[-1], Crash) else None
    if whole:
        yield tuple(whole)
    if crash is not None:
        yield (crash,)


def answer_to(contents: list[Any]) -> Answer:  # Any: the kit's
    """The scene's next answer: as many were given as the model has spoken since the last message of the user."""
    given, scene = 0, ""
    for content in contents:
        parts: list[Any] = content.parts or []  # Any: the kit's
        words: str | None = next((part.text for part in parts if part.text is not None), None)
        if content.role == "user" and words is not None:
            given, scene = 0, words
        elif content.role == "model":
            given += 1
    answers = SCENES[scene]
    return answers[given] if given < len(answers) else ()


def response_of(pieces: Answer, *, last: bool) -> Any:  # Any: the kit's
    """What Google's interface would give for pieces of an answer.

    Raises:
        RuntimeError: One of them is a crash.
    """
    types = kit("google.genai.types")
    parts: list[object] = []
    reason = "STOP" if last else None
    for piece in pieces:
        match piece:
            case str():
                parts.append(types.Part(text=piece))
            case Thought(words):
                parts.append(types.Part(text=words, thought=True))
            case Call(name, args):
                parts.append(types.Part(function_call=types.FunctionCall(name=name, args=args)))
            case Stop():
                reason = piece.reason
            case Crash(words):
                raise RuntimeError(words)
    content = types.Content(role="model", parts=parts) if parts else None
    candidate = types.Candidate(content=content, finish_reason=reason)
    return types.GenerateContentResponse(candidates=[candidate], model_version="scripted-1")


def scripted_model() -> Any:  # Any: the kit's
    """A model that says what the scene wants, through the same code of the kit as Google's own."""
    models: Any = kit("google.adk.models")  # Any: the kit's, as all below
    base: Any = models.BaseLlm
    aggregator: Any = kit("google.adk.utils.streaming_utils").StreamingResponseAggregator

    class Scripted(base):  # type: ignore[misc]  # who hasn't got the kit sees Any
        """Plays the next answer of the scene that the user's last message names."""

        async def generate_content_async(self, llm_request: Any, stream: bool = False) -> AsyncIterator[Any]:  # noqa: FBT001, FBT002 -- the kit's signature
            answer = answer_to(llm_request.contents)
            if not stream:
                for pieces in at_once(answer):
                    yield models.LlmResponse.create(response_of(pieces, last=True))
                return
            whole = aggregator()
            for number, piece in enumerate(answer, 1):
                async for delta in whole.process_response(response_of((piece,), last=number == len(answer))):
                    yield delta
            if answer and (aggregate := whole.close()) is not None:
                yield aggregate

    return Scripted(model="scripted-1")


def tools(cancelled: asyncio.Event) -> list[Callable[..., Awaitable[dict[str, object]]]]:
    """The service's tools; the event is set when one that never ends is cancelled."""

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

    # The kit knows what to hand in by this type alone, which isn't there to be written above.
    edit_multitrack.__annotations__["tool_context"] = kit("google.adk.tools").ToolContext
    return [edit_multitrack, generate_video_with_seedance]


def application(folder: str) -> Any:  # Any: a FastAPI application
    """The kit's server with the scripted agent, and the one route of ours; the folder is for agents, and empty."""
    cancelled = asyncio.Event()
    agent = kit("google.adk.agents").LlmAgent(name=APP, model=scripted_model(), tools=tools(cancelled))
    base: Any = kit("google.adk.cli.utils.base_agent_loader").BaseAgentLoader  # Any: the kit's

    class Loader(base):  # type: ignore[misc]  # who hasn't got the kit sees Any
        """Knows the one agent."""

        def load_agent(self, agent_name: str) -> object:
            if agent_name != APP:
                raise ValueError(f"Agent not found: {agent_name!r}.")
            return agent

        def list_agents(self) -> list[str]:
            return [APP]

    async def scene_cancelled(request: object) -> object:
        await cancelled.wait()
        cancelled.clear()
        return kit("starlette.responses").Response(status_code=204)

    app = kit("google.adk.cli.fast_api").get_fast_api_app(
        agents_dir=folder,
        agent_loader=Loader(),
        session_service_uri="memory://",
        artifact_service_uri="memory://",
        web=False,
    )
    app.add_route("/scene/cancelled", scene_cancelled)
    return app


async def main() -> None:
    """Serve until standard input ends."""
    uvicorn = kit("uvicorn")
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as sock:
        server = uvicorn.Server(uvicorn.Config(application(folder), log_level="critical"))
        sys.stdout.write(f"http://127.0.0.1:{sock.getsockname()[1]}\n")
        sys.stdout.flush()
        serving = asyncio.create_task(server.serve(sockets=[sock]))
        await asyncio.to_thread(sys.stdin.read)
        server.should_exit = server.force_exit = True
        await serving


if __name__ == "__main__":
    # What the kit warns of is its own affair, and a scene that fails is no news.
    warnings.simplefilter("ignore")
    logging.disable()
    asyncio.run(main())
