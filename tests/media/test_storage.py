"""A shelf keeps what it is given: in a folder, and in a bucket that speaks S3."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from s3 import BUCKET, S3
from stoppress.errors import Unavailable
from stoppress.media.storage import BucketStorage, FolderStorage, open_storage

pytestmark = pytest.mark.anyio

NAME = "0" * 32 + "-1-320.jpg"


@pytest.fixture(scope="module")
def running_s3() -> Iterator[S3]:
    s3 = S3()
    yield s3
    s3.stop()


@pytest.fixture
def s3(running_s3: S3, monkeypatch: pytest.MonkeyPatch) -> S3:
    for name, value in running_s3.environment.items():
        monkeypatch.setenv(name, value)
    return running_s3


def files(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


async def test_a_folder_keeps_it(tmp_path: Path) -> None:
    storage = open_storage(None, tmp_path, patience=20)
    assert isinstance(storage, FolderStorage)
    assert await storage.get(NAME) is None
    await storage.put(NAME, b"picture")
    await storage.put(NAME, b"picture")
    assert await storage.get(NAME) == b"picture"
    assert files(tmp_path) == [NAME]


async def test_a_folder_that_can_t_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable):
        await FolderStorage(tmp_path / "file").put(NAME, b"picture")


async def test_a_bucket_keeps_it(s3: S3) -> None:
    storage = open_storage(f"s3://{BUCKET}/pictures", Path("unused"), patience=20)
    assert isinstance(storage, BucketStorage)
    assert await storage.get(NAME) is None
    await storage.put(NAME, b"picture")
    await storage.put(NAME, b"picture")
    assert await storage.get(NAME) == b"picture"
    assert s3.names() == [f"pictures/{NAME}"]


async def test_a_bucket_that_knows_no_such_key_says_so(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    storage = open_storage(f"s3://{BUCKET}/pictures", Path("unused"), patience=20)
    with pytest.raises(Unavailable, match="403"):
        await storage.put(NAME, b"picture")
    with pytest.raises(Unavailable, match="403"):
        await storage.get(NAME)


async def test_a_bucket_that_is_not_there_says_so(s3: S3) -> None:
    with pytest.raises(Unavailable, match="the bucket returned an error"):
        await open_storage("s3://no-such-bucket", Path("unused"), patience=20).put(NAME, b"picture")


async def test_a_bucket_that_does_not_answer_is_waited_for_so_long(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:  # connections are made, and nothing is said
        monkeypatch.setenv("AWS_ENDPOINT", f"http://127.0.0.1:{deaf.getsockname()[1]}")
        storage = open_storage(f"s3://{BUCKET}", Path("unused"), patience=0.3)
        with pytest.raises(Unavailable, match="within 0.3 s"):
            await storage.put(NAME, b"picture")
        with pytest.raises(Unavailable, match="within 0.3 s"):
            await storage.get(NAME)
