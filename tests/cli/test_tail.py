"""`stoppress tail` follows a server that says what the scripts in wire/ say."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from stoppress.cli.tail import Lines, Tail
from stoppress.errors import StopPressError
from stoppress.wire import Close, Form
from wire_client import load, scripts

pytestmark = pytest.mark.anyio

# tail asks for the json form.
SCRIPTS = [path for path in scripts() if path.stem != "as-markup"]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
async def test_it_prints_the_messages_and_comes_back_with_its_cursor_unless_the_blog_ended(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = load(path)
    ended = script["then"]["phase"] == "ended"
    cursors: list[str | None] = []

    async def say(connection: ServerConnection) -> None:
        assert connection.request is not None
        query = parse_qs(urlsplit(connection.request.path).query)
        cursors.append(query.get("cursor", [None])[0])
        if len(cursors) == 1:
            for message in script["messages"]:
                await connection.send(json.dumps(message))
            await connection.close(Close.ENDED if ended else Close.GOING_AWAY)
        else:
            await connection.close(Close.NO_SUCH_BLOG)  # the only way to be rid of it

    async with serve(say, "127.0.0.1", 0, subprotocols=[Subprotocol(Form.JSON)]) as server, asyncio.timeout(20):
        port = server.sockets[0].getsockname()[1]
        cursor = script["start"]["cursor"] or None
        tail = Tail("harbour-bridge", f"http://127.0.0.1:{port}", None, Lines(as_json=True), cursor, False)
        if ended:
            await tail.run()
        else:
            with pytest.raises(StopPressError, match="There is no blog"):
                await tail.run()

    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == script["messages"]
    assert cursors == ([cursor] if ended else [cursor, script["then"]["cursor"]])
