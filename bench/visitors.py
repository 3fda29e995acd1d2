"""How the app bears many visitors at once, each with the sample from the first screen to a release.

    python bench/visitors.py [--visitors 1 10 50] [--apart 0] [--thinking 0] [--upload FILE]

Each visitor is a websocket client that does what a browser does: it presses one button after the
other, runs again the parts of a screen that ask for it, and fetches the release at the end. With
`--thinking`, each looks at every screen for a while before the next click, on average so many
seconds and evenly spread from half to one and a half of that; without, all click in the same
moments. With `--upload`, each brings this file and leaves when the screen knows it, or when it is
told that there is no room.

Told are seconds from the first screen to the release, from a click to the end of what it began (a
run in the background is waited for apart), answers of the health check meanwhile, and the memory of
the server and its workers before, at most, and a while after the last visitor has gone.
"""

import argparse
import asyncio
import os
import random
import re
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

ROOT = Path(__file__).parents[1]
PATIENCE = 600.0  # seconds a visitor waits for anything
GONE = 90.0  # seconds after the last visitor until memory is looked at again
WALK = ("sample", "next", "next", "next", "make", "next", "next")
WHOLE = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_WITH_COMPILE_ERROR)
PART = ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
KINDS = ("button", "download_button", "text_input", "file_uploader")


class Visitor:
    """One browser tab: what stands on its screen, and how long its clicks took.

    Args:
        address: of the server, as a browser has it.
        thinking: seconds on average before each click.
    """

    def __init__(self, address: str, thinking: float = 0.0) -> None:
        self.address, self.thinking = address, thinking
        self.page, self.whole = "", True  # whether all of the screen is being drawn again
        self.found: dict[str, tuple[Any, str]] = {}  # key -> widget, fragment
        self.again: dict[str, asyncio.Task[None]] = {}  # fragment -> what runs it again
        self.ended = asyncio.Event()
        self.awaited: tuple[int, ...] = WHOLE
        self.clicks: list[float] = []
        self.took = 0.0

    async def visit(self) -> None:
        """From the first screen to a release that was fetched."""
        begun = time.monotonic()
        async with httpx.AsyncClient(base_url=self.address, timeout=PATIENCE) as http:
            await http.get("/")
            await http.get("/_stcore/health")  # which brings the other cookie
            cookies = "; ".join(f"{k}={v}" for k, v in http.cookies.items())
            async with connect(
                f"{self.address.replace('http', 'ws')}/_stcore/stream",
                origin=self.address,  # type: ignore[arg-type]
                subprotocols=["streamlit", http.cookies.get("_streamlit_xsrf", "-")],  # type: ignore[list-item]
                additional_headers={"Cookie": cookies},
                max_size=None,
                open_timeout=PATIENCE,
                ping_timeout=PATIENCE,
            ) as line:
                walking = asyncio.create_task(self._walk(line, http))
                listening = asyncio.create_task(self._listen(line))
                both = {walking, listening}
                try:
                    first, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
                    for task in first:
                        task.result()
                finally:
                    for task in (*both, *self.again.values()):
                        task.cancel()
        self.took = time.monotonic() - begun

    async def _walk(self, line: ClientConnection, http: httpx.AsyncClient) -> None:
        await self._run(line)
        for key in WALK:
            await self._until(lambda key=key: self._ready(key))  # type: ignore[misc]
            await asyncio.sleep(self.thinking * random.uniform(0.5, 1.5))
            await self._press(line, key)
        await self._until(lambda: "bundle" in self.found)
        while lines := [k for k in self.found if k.startswith("gate.why")]:
            await self._until(lambda: _submits(lines[0]) in self.found)
            await self._let_leave(line, lines[0])
        await self._until(lambda: self._ready("bundle"))
        answer = await http.get(self.found["bundle"][0].url)
        answer.raise_for_status()
        assert answer.content.startswith(b"PK"), "no release came"

    def _ready(self, key: str) -> bool:
        return key in self.found and not self.found[key][0].disabled

    async def _until(self, reached: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not reached():
            if time.monotonic() > end:
                raise TimeoutError(
                    f"Stopped before it was there; the screen has {sorted(self.found)}."
                )
            await asyncio.sleep(0.05)

    async def _press(self, line: ClientConnection, key: str) -> None:
        widget, fragment = self.found[key]
        pressed = [(widget.id, "trigger_value", True)]
        await self._run(line, fragment, pressed, elsewhere=key == "next")

    async def _let_leave(self, line: ClientConnection, reason: str) -> None:
        words, fragment = self.found[reason]
        button = self.found[_submits(reason)][0]
        told = [(words.id, "string_value", "not needed"), (button.id, "trigger_value", True)]
        await self._run(line, fragment, told)

    async def _run(
        self,
        line: ClientConnection,
        fragment: str = "",
        told: Sequence[tuple[str, str, Any]] = (),
        elsewhere: bool = False,
    ) -> None:
        begun = time.monotonic()
        self.ended.clear()
        self.whole = not fragment
        self.awaited = (PART,) if fragment else WHOLE
        page = self.page
        await self._ask(line, fragment, told)
        await asyncio.wait_for(self.ended.wait(), PATIENCE)
        if elsewhere:  # what ended may have begun before
            await self._until(lambda: self.page != page and self.ended.is_set())
        self.clicks.append(time.monotonic() - begun)

    async def _ask(
        self,
        line: ClientConnection,
        fragment: str,
        told: Sequence[tuple[str, str, Any]],
        auto: bool = False,
    ) -> None:
        message = BackMsg()
        state = message.rerun_script
        state.page_script_hash, state.fragment_id, state.is_auto_rerun = self.page, fragment, auto
        for name, kind, value in told:
            widget = state.widget_states.widgets.add(id=name)
            if kind == "file":
                told_of = widget.file_uploader_state_value.uploaded_file_info.add(
                    name="table.csv", file_id=value.file_id
                )
                told_of.file_urls.CopyFrom(value)
            else:
                setattr(widget, kind, value)
        await line.send(message.SerializeToString())

    async def _listen(self, line: ClientConnection) -> None:
        async for data in line:
            message = ForwardMsg.FromString(data)
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self._begin(message)
            elif kind == "delta":
                self._put(message)
            elif kind == "auto_rerun":
                told = message.auto_rerun
                self._stop(told.fragment_id)
                self.again[told.fragment_id] = asyncio.create_task(
                    self._repeat(line, told.fragment_id, told.interval)
                )
            elif kind == "stop_auto_rerun":
                for fragment in message.stop_auto_rerun.fragment_ids:
                    self._stop(fragment)
            elif kind == "file_urls_response" and isinstance(self, Bringer):
                self.urls.set_result(message.file_urls_response.file_urls[0])
            elif kind == "script_finished" and message.script_finished in self.awaited:
                self.ended.set()

    def _begin(self, message: Any) -> None:
        other = message.new_session.page_script_hash != self.page
        if other:
            self.ended.clear()
        if other or self.whole:
            self.page, self.whole = message.new_session.page_script_hash, False
            self.found.clear()
            for fragment in list(self.again):
                self._stop(fragment)

    def _put(self, message: Any) -> None:
        delta = message.delta
        if delta.WhichOneof("type") != "new_element":
            return
        kind = delta.new_element.WhichOneof("type")
        if kind in KINDS:
            widget = getattr(delta.new_element, kind)
            key = re.sub(r"^\$\$ID-[0-9a-f]+-", "", widget.id)
            self.found[key] = (widget, delta.fragment_id)
        elif kind == "exception":
            raise RuntimeError(f"An error on the screen: {delta.new_element.exception.message}")

    def _stop(self, fragment: str) -> None:
        if task := self.again.pop(fragment, None):
            task.cancel()

    async def _repeat(self, line: ClientConnection, fragment: str, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            await self._ask(line, fragment, [], auto=True)


def _submits(reason: str) -> str:
    """The key of the button beside a field for a reason."""
    return f"FormSubmitter:{reason.replace('why', 'form')}-Let it leave"


class Bringer(Visitor):
    """One browser tab that sends a file, and waits until the screen knows it.

    Args:
        file: that is sent.
    """

    def __init__(self, address: str, file: Path) -> None:
        super().__init__(address)
        self.file, self.answer = file, 0
        self.urls: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    async def _walk(self, line: ClientConnection, http: httpx.AsyncClient) -> None:
        await self._run(line)
        await self._until(lambda: "file 0" in self.found)
        message = BackMsg()
        message.file_urls_request.request_id = "one"
        message.file_urls_request.file_names.append(self.file.name)
        await line.send(message.SerializeToString())
        urls = await asyncio.wait_for(self.urls, PATIENCE)
        shown = {"X-Xsrftoken": str(http.cookies.get("_streamlit_xsrf"))}
        sent = await http.put(urls.upload_url, files={"f": self._content()}, headers=shown)
        self.answer = sent.status_code
        if self.answer == 204:
            await self._run(line, told=[(self.found["file 0"][0].id, "file", urls)])
            await self._until(lambda: self._ready("next"))

    def _content(self) -> tuple[str, bytes]:
        return self.file.name, self.file.read_bytes()


async def crowd(
    address: str, visitors: int, apart: float, thinking: float = 0.0, file: Path | None = None
) -> tuple[list[Visitor], list[str]]:
    """So many visitors, begun some seconds apart; and what went wrong."""
    everyone = [
        Bringer(address, file) if file else Visitor(address, thinking) for _ in range(visitors)
    ]

    async def one(number: int) -> None:
        await asyncio.sleep(number * apart)
        await everyone[number].visit()

    ended = await asyncio.gather(*map(one, range(visitors)), return_exceptions=True)
    return everyone, [f"{type(e).__name__}: {e}" for e in ended if isinstance(e, BaseException)]


async def measured(
    address: str, process: int, visitors: int, asked: argparse.Namespace
) -> dict[str, Any]:
    """What so many visitors met."""
    health: list[float] = []
    most = 0.0

    async def watch() -> None:
        nonlocal most
        async with httpx.AsyncClient(base_url=address, timeout=PATIENCE) as http:
            while True:
                begun = time.monotonic()
                await http.get("/_stcore/health")
                health.append(time.monotonic() - begun)
                most = max(most, memory(process))
                await asyncio.sleep(0.5)

    before = memory(process)
    watching = asyncio.create_task(watch())
    everyone, wrong = await crowd(address, visitors, asked.apart, asked.thinking, asked.upload)
    watching.cancel()
    await asyncio.sleep(GONE)
    clicks = sorted(c for v in everyone for c in v.clicks)
    return {
        "visitors": visitors,
        "failed": len(wrong),
        "whole": median(v.took for v in everyone),
        "click": median(clicks),
        "click, worst of 20": clicks[int(0.95 * (len(clicks) - 1))],
        "click, worst": clicks[-1],
        "health, worst": max(health),
        "MB before": before,
        "MB at most": most,
        "MB after": memory(process),
        "answers": dict(Counter(v.answer for v in everyone if isinstance(v, Bringer))),
        "wrong": wrong[:3],
    }


def memory(process: int) -> float:
    """Megabytes of a process and those that it began, what they share counted once (PSS)."""
    own: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int(folder.joinpath("stat").read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
        own.setdefault(parent, []).append(int(folder.name))
    total, left = 0.0, [process]
    while left:
        each = left.pop()
        left += own.get(each, [])
        try:
            told = Path(f"/proc/{each}/smaps_rollup").read_text()
        except OSError:
            continue
        total += int(re.findall(r"Pss:\s+(\d+)", told)[0]) / 1024
    return total


@contextmanager
def served() -> Iterator[tuple[str, int]]:
    """A fresh server: its address and process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = ["-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    process = subprocess.Popen(
        [sys.executable, *words, "--server.port", str(port)],
        cwd=ROOT,
        env={**os.environ, "SYNTH_KEEP_MINUTES": "0"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"http://localhost:{port}"
        while True:
            try:
                httpx.get(f"{address}/_stcore/health")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield address, process.pid
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    """One line per number of visitors."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--visitors", type=int, nargs="+", default=[1, 10, 50])
    parser.add_argument("--apart", type=float, default=0.0, help="seconds between two arrivals")
    parser.add_argument("--thinking", type=float, default=0.0, help="seconds before each click")
    parser.add_argument("--upload", type=Path, help="a file that each of them brings")
    asked = parser.parse_args()
    for visitors in asked.visitors:
        with served() as (address, process):
            asyncio.run(crowd(address, 1, 0))  # everything is imported
            told = asyncio.run(measured(address, process, visitors, asked))
        print(
            ", ".join(
                f"{k} {v:.2f}" if isinstance(v, float) else f"{k} {v}" for k, v in told.items()
            )
        )


if __name__ == "__main__":
    main()
