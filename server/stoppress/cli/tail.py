"""`stoppress tail`: a blog's changes as they come, over the socket that readers use."""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from datetime import UTC, datetime
from html import unescape
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

import click
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.typing import Subprotocol

from stoppress.cli.options import server_options
from stoppress.cli.reconnect import FollowState, Message
from stoppress.errors import StopPressError
from stoppress.model import Cursor
from stoppress.wire import Close, Form

MESSAGE_MAX = 16 * 1024 * 1024  # bytes; a post of 100,000 characters and its media stay far below


@click.command(short_help="Print a blog's changes as they come.")
@click.argument("blog")
@server_options
@click.option("--json", "as_json", is_flag=True, help="Print the messages themselves, one JSON object a line.")
@click.option("--after", "cursor", metavar="CURSOR", help="Begin with what changed after this cursor.")
@click.option("--since-start", is_flag=True, help="Begin with all posts there are.")
def tail(blog: str, url: str, token: str | None, as_json: bool, cursor: str | None, since_start: bool) -> None:
    """Print the changes of BLOG as they come, until it ends or you press Ctrl-C.

    When the connection is cut it comes back by itself, and goes on where it was: nothing is missed or said twice.
    """
    if cursor and since_start:
        raise click.UsageError("--after and --since-start can't both be given")
    asyncio.run(Tail(blog, url, token, Lines(as_json=as_json), cursor, since_start).run())


class Lines:
    """What is printed: changes on standard output, notes about the connection on standard error."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._zone = ZoneInfo("UTC")

    def note(self, text: str) -> None:
        """Tell about the connection."""
        click.echo(text, err=True)

    def message(self, message: Message, *, news: bool) -> None:
        """Print a message: as it is, or, if it is news, as a line for people."""
        if self._as_json:
            click.echo(json.dumps(message, ensure_ascii=False, separators=(",", ":")))
        elif message["type"] == "hello":
            blog = message["blog"]
            self._zone = ZoneInfo(blog["timezone"])
            self.note(_plain(f"{blog['title']}: {blog['posts']} posts, {blog['status']}."))
        elif news:
            click.echo(_plain(self._line(message)))

    def _line(self, message: Message) -> str:
        match message:
            case {"type": "post", "change": change, "post": post}:
                moment = post["published_at"] if change == "published" else post["updated_at"] or post["published_at"]
                pinned = "^" if post["pinned"] else " "
                key = "*" if post["key"] else " "
                return f"{self._time(moment)}  {change:<9} {key}{pinned} {_gist(post)}  [{post['id']}]"
            case {"type": "remove", "id": post_id}:
                return f"{self._time(None)}  removed      [{post_id}]"
            case {"type": "blog", "blog": blog}:
                return f"{self._time(None)}  blog         {blog['title']} ({blog['status']}, {blog['posts']} posts)"
            case {"type": "reset"}:
                return f"{self._time(None)}  reset        The history began anew ({message.get('reason')})."
        return str(message.get("type"))

    def _time(self, moment: str | None) -> str:
        at = datetime.fromisoformat(moment) if moment else datetime.now(UTC)
        return at.astimezone(self._zone).strftime("%Y-%m-%d %H:%M:%S %Z")


class Tail:
    """One run: connection after connection, with the state that lasts over them."""

    def __init__(
        self, blog: str, url: str, token: str | None, lines: Lines, cursor: str | None, since_start: bool
    ) -> None:
        self._blog = blog
        self._url = url.rstrip("/")
        self._token = token
        self._lines = lines
        self._since_start = since_start
        self._state = FollowState(clock=time.monotonic, chance=random.random, cursor=cursor)

    async def run(self) -> None:
        """Return when the blog has ended. Raises StopPressError when the server refuses for good."""
        while (delay := await self._connection()) is not None:
            if delay >= 1:
                self._lines.note(f"Not connected; trying again in {delay:.0f} s.")
            await asyncio.sleep(delay)
        self._lines.note("The blog has ended.")

    async def _connection(self) -> float | None:
        """One connection, to its end. Seconds until the next one; None when the blog has ended."""
        code: int | None = None
        at_least = 0.0
        try:
            async with connect(
                self._address(),
                subprotocols=[Subprotocol(Form.JSON)],
                additional_headers={"Authorization": f"Bearer {self._token}"} if self._token else None,
                max_size=MESSAGE_MAX,
                ping_interval=None,  # the heartbeats are the server's
                close_timeout=2,
            ) as socket:
                self._state.connected()
                if self._since_start:
                    hello = json.loads(await socket.recv())
                    # Only now is the epoch known, by which the very start can be named.
                    self._state.cursor = str(Cursor(Cursor.parse(hello["cursor"]).epoch, 0))
                    self._since_start = False
                    return 0.0
                await self._listen(socket)
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd else None
        except TimeoutError:
            code = Close.ENDED if self._state.ended else None
        except InvalidURI as error:
            raise StopPressError(f"Expected the address of a server, but got {self._url!r}.") from error
        except InvalidStatus as error:
            at_least = self._seconds_asked_for(error)
        except (InvalidHandshake, OSError):
            pass  # cut, or nobody there: the back-off is the answer to both
        except (ValueError, KeyError, TypeError) as error:
            raise StopPressError(f"{self._url} does not speak {Form.JSON}: {error!r}") from error
        delay = self._state.after_close(code, at_least=at_least)
        if delay is None and code != Close.ENDED:
            raise StopPressError(_REFUSALS[code].format(blog=self._blog))
        return delay

    async def _listen(self, socket: ClientConnection) -> None:
        """Never returns. Raises ConnectionClosed, or TimeoutError when nothing is heard for too long."""
        while True:
            async with asyncio.timeout(max(0.0, self._state.silent_until - time.monotonic())):
                text = await socket.recv()
            message: Message = json.loads(text)
            news = self._state.receive(message)
            self._lines.message(message, news=news)

    def _seconds_asked_for(self, error: InvalidStatus) -> float:
        """How long a server that refused the handshake wants to be left alone.

        Raises StopPressError when it refused for good."""
        status = error.response.status_code
        if status not in (429, 500, 502, 503, 504):
            body = error.response.body or b""
            try:
                detail = json.loads(body)["detail"]
            except (ValueError, KeyError, TypeError):
                detail = f"HTTP {status}"
            raise StopPressError(f"The server refused to let us follow {self._blog!r}: {detail}") from error
        after = error.response.headers.get("Retry-After", "")
        return float(after) if after.isascii() and after.isdigit() else 0.0

    def _address(self) -> str:
        query = f"?{urlencode({'cursor': self._state.cursor})}" if self._state.cursor else ""
        return re.sub("^http", "ws", self._url) + f"/v1/blogs/{quote(self._blog, safe='')}/socket{query}"


_REFUSALS: dict[int | None, str] = {
    Close.REFUSED: "The server does not let us follow {blog!r} (origin, size or rate).",
    Close.NO_SUCH_BLOG: "There is no blog {blog!r}.",
}


def _gist(post: Message) -> str:
    """The headline, or the first words of the text."""
    text = post["title"] or " ".join(unescape(re.sub(r"<[^>]*>", " ", post["body"])).split())
    return text if len(text) <= 80 else text[:79] + "…"


def _plain(text: str) -> str:
    """Nothing that moves a terminal's cursor, whatever a server sends."""
    return "".join(char if char.isprintable() else "�" for char in text)
