"""What a run's process may ask of us: objects of S3 without copying them, the Glue API as its role, its bookmarks.

One `Host` per run; `answer` takes the messages of the process.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

from afluente.core.call import Call
from afluente.core.error import AwsError
from afluente.core.provider import Invoke
from afluente.services.glue.catalog.json_value import restored
from afluente.services.glue.error import InvalidInputException
from afluente.services.glue.job.bookmark import Bookmarks, Key
from afluente.services.glue.job.permission import Permission
from afluente.services.glue.job.port import Objects

Message = dict[str, Any]
MOVED_AT_ONCE = 8
"""Files of a run that are synced and moved into S3 side by side."""


class Publisher(Protocol):
    """Takes the outcomes of the data quality rules that a run has evaluated."""

    def publish(self, job: Key, run: str, context: str, rules: Sequence[Mapping[str, Any]]) -> str:
        """Keep them; the id of the result."""

    def history(self, job: Key, context: str) -> list[dict[str, float]]:
        """What earlier runs of `job` have measured in a context, newest first."""


class Host:
    """Answers the process of the run `run_id`, whose files lie in `folder`, as `call`'s principal."""

    def __init__(  # noqa: PLR0917  # what it answers from
        self,
        call: Call,
        key: Key,
        run_id: str,
        attempt: int,
        folder: Path,
        objects: Objects,
        permission: Permission,
        bookmarks: Bookmarks,
        invoke: Invoke,
        quality: Publisher,
        running: Callable[[], None],
        more: Mapping[str, Callable[[Message], Any]],
    ) -> None:
        self.failure: str | None = None
        self.ended = False
        self.read_bytes: int | None = None
        self.written_bytes = 0
        self._call = call
        self._key = key
        self._run = (run_id, attempt)
        self._folder = folder.resolve()
        self._objects = objects
        self._permission = permission
        self._bookmarks = bookmarks
        self._invoke = invoke
        self._quality = quality
        self._running = running
        self._answers: dict[str, Callable[[Message], Any]] = {
            "running": lambda _: self._running(),
            "ended": self._end,
            "list": self._list,
            "put": self._put,
            "delete": self._delete,
            "aws": self._aws,
            "open_bookmark": lambda _: self._permission.check_glue("GetJobBookmark", "*"),
            "commit_bookmark": self._commit,
            "data_quality": self._publish,
            "data_quality_history": lambda message: self._quality.history(self._key, message["context"]),
            **more,
        }

    def answer(self, message: Message) -> Any:
        """The answer to one message. Raises AwsError."""
        return self._answers[message["op"]](message)

    def _end(self, message: Message) -> None:
        """The script has ended, with this failure if any."""
        self.ended = True
        self.failure = message["failure"]
        self.read_bytes = message["read_bytes"]

    def _list(self, message: Message) -> list[list[Any]]:
        """[key, size, last modified, path on disk] of each object under a prefix; `read`: they will be read."""
        bucket = message["bucket"]
        self._permission.check_bucket("s3:ListBucket", bucket, message["prefix"])
        if not self._objects.bucket_exists(bucket):
            raise AwsError("The specified bucket does not exist", code="NoSuchBucket", status=404, BucketName=bucket)
        found = list(self._objects.iter_objects(bucket, message["prefix"]))
        if message["read"]:
            self._permission.check_objects("s3:GetObject", bucket, (item.key for item in found if item.size))
            if not all(item.is_readable for item in found):
                raise AwsError(
                    "The operation is not valid for the object's storage class", code="InvalidObjectState", status=403
                )
        return [[item.key, item.size, item.last_modified_ms, str(item.path)] for item in found]

    def _put(self, message: Message) -> None:
        """Move files that are complete into S3."""
        self._permission.check_objects("s3:PutObject", message["bucket"], (key for key, _ in message["files"]))
        files = [(key, Path(name).resolve()) for key, name in message["files"]]
        for _, path in files:
            if not path.is_relative_to(self._folder):
                raise InvalidInputException(f"{path} does not lie in the folder of the run")
        size = sum(path.stat().st_size for _, path in files)
        with ThreadPoolExecutor(min(MOVED_AT_ONCE, len(files) or 1), "glue-put") as pool:  # it waits for the disk
            list(pool.map(lambda file: self._objects.put_file(message["bucket"], *file), files))
        self.written_bytes += size

    def _delete(self, message: Message) -> None:
        self._permission.check_objects("s3:DeleteObject", message["bucket"], message["keys"])
        for key in message["keys"]:
            self._objects.delete_object(message["bucket"], key)

    def _aws(self, message: Message) -> Any:
        return self._invoke(self._call, message["service"], message["operation"], restored(message["request"]))

    def _commit(self, message: Message) -> None:
        self._bookmarks.commit(self._key, *self._run, message["sources"])

    def _publish(self, message: Message) -> str:
        """Keep the outcomes of data quality rules; the id of the result."""
        account, region, _ = self._key
        self._permission.check_glue("PublishDataQuality", f"arn:aws:glue:{region}:{account}:dataQualityRuleset/*")
        return self._quality.publish(self._key, self._run[0], message["context"], message["rules"])
