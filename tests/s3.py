"""An S3 in a process of its own: moto's server, over HTTP, which checks who signed what."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import boto3

from waiting import PATIENCE, until

BUCKET = "newsroom"
_REGION = "eu-west-1"
_POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
_UNSIGNED = "4"  # requests that the server lets through unchecked: the four that set it up


class S3:
    """With one bucket, and one key that may use it: `environment` is what a client of it needs."""

    def __init__(self) -> None:
        with tempfile.NamedTemporaryFile(prefix="s3-") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"],
                env=os.environ | {"INITIAL_NO_AUTH_ACTION_COUNT": _UNSIGNED},
                stdout=subprocess.DEVNULL,
                stderr=said,
            )

            def address() -> re.Match[str] | None:
                assert self._process.poll() is None, Path(said.name).read_text()
                return re.search(r"Running on (http://\S+)", Path(said.name).read_text())

            until(address, "the S3 says where it is")
            found = address()
        assert found
        self.environment = {"AWS_ENDPOINT": found[1], "AWS_ALLOW_HTTP": "true", "AWS_REGION": _REGION}
        self.environment |= self._key(found[1])

    def _key(self, url: str) -> dict[str, str]:
        anybody = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}
        users = boto3.client("iam", endpoint_url=url, **anybody)
        users.create_user(UserName="stoppress")
        users.put_user_policy(UserName="stoppress", PolicyName="s3", PolicyDocument=_POLICY)
        key = users.create_access_key(UserName="stoppress")["AccessKey"]
        boto3.client("s3", endpoint_url=url, **anybody).create_bucket(Bucket=BUCKET)
        return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}

    def names(self) -> list[str]:
        """What the bucket holds."""
        store = boto3.client(
            "s3",
            endpoint_url=self.environment["AWS_ENDPOINT"],
            region_name=_REGION,
            aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
        )
        return [found["Key"] for found in store.list_objects_v2(Bucket=BUCKET).get("Contents", [])]

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE)
