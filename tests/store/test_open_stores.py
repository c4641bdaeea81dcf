"""All stores together: on the embedded Valkey, which one process owns and others use."""

from __future__ import annotations

from pathlib import Path

import pytest

from stoppress.errors import Unavailable
from stoppress.settings import Settings
from stoppress.store.open_stores import open_stores

pytestmark = pytest.mark.anyio


async def test_a_command_uses_the_store_that_a_server_runs_and_leaves_it_running(
    short_folder: Path, store_binary: str | None
) -> None:
    settings = Settings(data=short_folder, store_binary=store_binary)
    async with open_stores(settings, own=True) as server:
        async with open_stores(settings) as command:
            await command.store.ping()
        await server.store.ping()


async def test_two_servers_can_not_own_one_folder(short_folder: Path, store_binary: str | None) -> None:
    settings = Settings(data=short_folder, store_binary=store_binary)
    async with open_stores(settings, own=True) as stores:
        with pytest.raises(Unavailable, match="is in use by another Stop Press"):
            async with open_stores(settings, own=True):
                pass
        await stores.store.ping()
