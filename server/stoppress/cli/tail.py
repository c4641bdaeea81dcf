"""`stoppress tail`: prints a blog's changes as they arrive, over the socket that readers use."""

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

MESSAGE_MAX = 16 * 1024 * 1024  # bytes; a post of 100,000 characters with its media is far smaller


@click.command(short_help="Print a blog's changes as they arrive.")
@click.argument("blog")
@server_options
@click.option("--json", "as_json", is_flag=True, help="Print the messages themselves, one JSON object per line.")
@click.option("--after", "cursor", metavar="CURSOR", help="Start with the changes after this cursor.")
@click.option("--since-start", is_flag=True, help="Start with all existing posts.")
def tail(blog: str, url: str, token: str | None, as_json: bool, cursor: str | None, since_start: bool) -> None:
    """Print the changes of BLOG as they arrive, until the blog ends or you press Ctrl-C.

    When the connection is lost the command reconnects and continues where it was: no change is missed or printed twice.
    """
    if cursor and since_start:
        raise click.UsageError("expected --after or --since-start, but got both")
    asyncio.run(Tail(blog, url, token, Lines(as_json=as_json), cursor, since_start).run())


class Lines:
    """Prints changes to standard output, and notes about the connection to standard error."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._zone = ZoneInfo("UTC")

    def note(self, text: str) -> None:
        """Print a note about the connection."""
        click.echo(text, err=True)

    def message(self, message: Message, *, news: bool) -> None:
        """Print a message as JSON; or else, if it is `news`, as a line for people."""
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
                return f"{self._time(moment)}  {change:<9} {key}{pinned} {_first_words(post)}  [{post['id']}]"
            case {"type": "remove", "id": post_id}:
                return f"{self._time(None)}  removed      [{post_id}]"
            case {"type": "blog", "blog": blog}:
                return f"{self._time(None)}  blog         {blog['title']} ({blog['status']}, {blog['posts']} posts)"
            case {"type": "reset"}:
                return f"{self._time(None)}  reset        The blog's history started again ({message.get('reason')})."
        return str(message.get("type"))

    def _time(self, moment: str | None) -> str:
        at = datetime.fromisoformat(moment) if moment else datetime.now(UTC)
        return at.astimezone(self._zone).strftime("%Y-%m-%d %H:%M:%S %Z")


class Tail:
    """Follows a blog over one connection after another, and keeps its state across them."""

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
                self._lines.note(f"Not connected. Trying again in {delay:.0f} s.")
            await asyncio.sleep(delay)
        self._lines.note("The blog has ended.")

    async def _connection(self) -> float | None:
        """Run one connection to its end. Returns the seconds until the next one; None when the blog has ended."""
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
                    # The `hello` has the epoch, which the cursor of the start needs.
                    self._state.cursor = str(Cursor(Cursor.parse(hello["cursor"]).epoch, 0))
                    self._since_start = False
                    return 0.0
                await self._listen(socket)
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd else None
        except TimeoutError:
            code = Close.ENDED if self._state.ended else None
        except InvalidURI as error:
            raise StopPressError(f"Expected a server's address as --url, but got {self._url!r}.") from error
        except InvalidStatus as error:
            at_least = self._retry_after(error)
        except (InvalidHandshake, OSError):
            pass  # the connection was cut, or there is no server: back off in both cases
        except (ValueError, KeyError, TypeError) as error:
            raise StopPressError(f"{self._url} does not speak {Form.JSON}: {error!r}") from error
        delay = self._state.after_close(code, at_least=at_least)
        if delay is None and code != Close.ENDED:
            raise StopPressError(_REFUSALS[code].format(blog=self._blog))
        return delay

    async def _listen(self, socket: ClientConnection) -> None:
        """Receive and print messages. Ends only by an error: ConnectionClosed, or TimeoutError when the connection is
        silent for too long."""
        while True:
            async with asyncio.timeout(max(0.0, self._state.silent_until - time.monotonic())):
                text = await socket.recv()
            message: Message = json.loads(text)
            news = self._state.receive(message)
            self._lines.message(message, news=news)

    def _retry_after(self, error: InvalidStatus) -> float:
        """The seconds in the Retry-After of a refused handshake; 0 without that header.

        Raises StopPressError when a retry can't succeed.
        """
        status = error.response.status_code
        if status not in (429, 500, 502, 503, 504):
            body = error.response.body or b""
            try:
                detail = json.loads(body)["detail"]
            except (ValueError, KeyError, TypeError):
                detail = f"HTTP {status}"
            raise StopPressError(f"The server refused the connection to the blog {self._blog!r}: {detail}") from error
        after = error.response.headers.get("Retry-After", "")
        return float(after) if after.isascii() and after.isdigit() else 0.0

    def _address(self) -> str:
        query = f"?{urlencode({'cursor': self._state.cursor})}" if self._state.cursor else ""
        return re.sub("^http", "ws", self._url) + f"/v1/blogs/{quote(self._blog, safe='')}/socket{query}"


_REFUSALS: dict[int | None, str] = {
    Close.REFUSED: "The server refused the connection to the blog {blog!r} (because of its origin, size or rate).",
    Close.NO_SUCH_BLOG: "There is no blog {blog!r}.",
}


def _first_words(post: Message) -> str:
    """The headline of a post, or the first words of its text."""
    text = post["title"] or " ".join(unescape(re.sub(r"<[^>]*>", " ", post["body"])).split())
    return text if len(text) <= 80 else text[:79] + "…"


def _plain(text: str) -> str:
    """`text` with control characters replaced, so that nothing a server sends can control the terminal."""
    return "".join(char if char.isprintable() else "�" for char in text)
