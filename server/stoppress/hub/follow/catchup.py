"""Catching up from the store, for readers that the ring no longer reaches."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from typing import Any

from stoppress.errors import StopPressError
from stoppress.hub.channels import Check
from stoppress.hub.follow.history_pages import HistoryPages
from stoppress.hub.socket.reader import Reader
from stoppress.hub.socket.state import State
from stoppress.wire import Close

_log = logging.getLogger("stoppress.hub")


class CatchUp:
    """Brings readers page by page to the head. `spawn` makes the tasks, one for each reader at most."""

    def __init__(
        self, history_pages: HistoryPages, check: Check, spawn: Callable[[Coroutine[Any, Any, None]], object]
    ) -> None:
        self._history_pages = history_pages
        self._check = check
        self._spawn = spawn
        self._under_way: set[Reader] = set()

    def bring(self, reader: Reader) -> None:
        """Begin, unless it is under way."""
        if reader not in self._under_way:
            self._under_way.add(reader)
            self._spawn(self._bring(reader))

    async def _bring(self, reader: Reader) -> None:
        channel = reader.channel
        try:
            while reader.state is State.CATCHING_UP:
                page = await self._history_pages.page(channel, reader.sequence)
                if reader.state is not State.CATCHING_UP:
                    return  # full, gone or reset meanwhile
                if page is None or page.epoch != channel.epoch:
                    # The blog was deleted or begun anew: the watch resets or dismisses the reader with all others.
                    await self._check((channel.blog.id,))
                    if reader.state is State.CATCHING_UP:
                        reader.close(Close.OVERLOADED)
                else:
                    reader.take(page.messages, page.head)
        except StopPressError:
            reader.close(Close.OVERLOADED)
        except Exception:  # one reader's misfortune is not the hub's
            _log.exception("catching up on %s failed", channel.blog.id)
            reader.close(Close.OVERLOADED)
        finally:
            self._under_way.discard(reader)
