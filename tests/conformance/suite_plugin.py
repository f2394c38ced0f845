"""A pytest plugin for suites of others that were written to start a simulator of their own: they get Afluente instead.

It runs in the suites' environment, which has boto3 and not Afluente. What a suite posts to its simulator's reset is
done here: every bucket goes.
"""

import os
import sys
import types
from typing import Any

import boto3
import requests

RESET = "/moto-api/reset"


class NoServer:
    """Stands where a suite starts the simulator that it brings."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def start(self) -> None:
        pass

    def stop(self) -> None:
        pass


def _delete_all_buckets() -> None:
    s3 = boto3.client("s3", endpoint_url=os.environ["CONFORMANCE_ENDPOINT"])
    for bucket in s3.list_buckets()["Buckets"]:
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket["Name"]):
            found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            doomed = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in found]
            if doomed:
                s3.delete_objects(Bucket=bucket["Name"], Delete={"Objects": doomed})
        s3.delete_bucket(Bucket=bucket["Name"])


def _answer_reset(real: Any) -> Any:
    def post(url: str, *arguments: Any, **options: Any) -> Any:
        if not url.endswith(RESET):
            return real(url, *arguments, **options)
        _delete_all_buckets()
        answer = requests.Response()
        answer.status_code = 200
        return answer

    return post


requests.post = _answer_reset(requests.post)
if os.environ.get("CONFORMANCE_WITHOUT_MOTO"):
    package, server, threaded = (
        types.ModuleType(f"moto{end}") for end in ("", ".moto_server", ".moto_server.threaded_moto_server")
    )
    threaded.ThreadedMotoServer = NoServer  # type: ignore[attr-defined]
    package.__version__ = "0"  # type: ignore[attr-defined]
    sys.modules |= {module.__name__: module for module in (package, server, threaded)}
