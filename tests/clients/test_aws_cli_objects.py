"""The AWS CLI's high-level `s3` commands, as people use them; and Arrow's own S3 client."""

import os
import shlex
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import awscli.clidriver
import pyarrow.fs
import pytest

from afluente.app import App

PART_BYTES = 8 << 20


pytestmark = pytest.mark.filterwarnings("ignore")  # of programs that we do not write


@pytest.fixture
def aws(app: App, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Any:
    """`aws("s3 ls")`: runs the command; what it printed."""
    for name in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, environment[name])
    monkeypatch.setenv("AWS_DATA_PATH", str(Path(awscli.__file__).parent / "data"))

    def run(command: str, *, fails: bool = False) -> str:
        status = awscli.clidriver.create_clidriver().main(shlex.split(command))
        printed = capsys.readouterr()
        assert bool(status) is fails, (command, printed)
        return str(printed.err if fails else printed.out)

    return run


def test_files_go_there_and_come_back(aws: Any, tmp_path: Path) -> None:
    here = tmp_path / "here"
    (here / "deep").mkdir(parents=True)
    (here / "a b+ü.csv").write_text("1,2\n")
    (here / "deep" / "large").write_bytes(os.urandom(PART_BYTES + 1))
    for path in (here / "a b+ü.csv", here / "deep" / "large"):
        os.utime(path, (1, 1))  # before the clock of the test, by which what is in S3 is newer
    aws("s3 mb s3://lake")
    assert aws(f"s3 sync {here} s3://lake/in --no-progress").count("upload:") == 2
    assert aws(f"s3 sync {here} s3://lake/in --no-progress") == "", "nothing has changed"
    (here / "a b+ü.csv").write_text("1,2,3\n")
    assert aws(f"s3 sync {here} s3://lake/in --no-progress").count("upload:") == 1
    aws("s3 cp s3://lake/in s3://lake/copy --recursive --no-progress")
    aws("s3 mv s3://lake/copy/deep/large s3://lake/moved --no-progress")
    listed = aws("s3 ls s3://lake --recursive --summarize")
    assert [line.split(maxsplit=3)[3] for line in listed.splitlines()[:4]] == [
        "copy/a b+ü.csv", "in/a b+ü.csv", "in/deep/large", "moved",
    ]  # fmt: skip
    assert "Total Objects: 4" in listed
    assert "PRE copy/" in aws("s3 ls s3://lake")
    aws(f"s3 sync s3://lake/in {tmp_path / 'back'} --no-progress")
    assert (tmp_path / "back" / "a b+ü.csv").read_text() == "1,2,3\n"
    assert (tmp_path / "back" / "deep" / "large").read_bytes() == (here / "deep" / "large").read_bytes()
    (here / "deep" / "large").unlink()
    assert "delete:" in aws(f"s3 sync {here} s3://lake/in --delete --no-progress")
    aws("s3 rm s3://lake/in --recursive")
    assert "BucketNotEmpty" in aws("s3 rb s3://lake", fails=True)
    aws("s3 rb s3://lake --force")
    assert aws("s3 ls") == ""


def test_a_presigned_url_and_what_is_not_here(aws: Any, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("data")
    aws("s3 mb s3://lake")
    aws(f"s3 cp {tmp_path / 'f'} s3://lake/f --metadata a=b --content-type text/csv --no-progress")
    with urllib.request.urlopen(aws("s3 presign s3://lake/f --expires-in 60").strip()) as answer:
        assert (answer.read(), answer.headers["x-amz-meta-a"]) == (b"data", "b")
    refused = aws("s3 website s3://lake --index-document index.html", fails=True)
    assert "does not support s3:PutBucketWebsite" in refused


def test_arrow_reads_and_writes(app: App, client: Any) -> None:
    client("s3").create_bucket(Bucket="lake")
    files = pyarrow.fs.S3FileSystem(
        access_key="any",
        secret_key="any",
        endpoint_override=urlsplit(app.endpoint).netloc,
        scheme="http",
        region="us-east-1",
    )
    data = os.urandom(11 << 20)
    with files.open_output_stream("lake/deep/large") as stream:
        stream.write(data)
    files.copy_file("lake/deep/large", "lake/deep/copy")
    with files.open_input_file("lake/deep/copy") as file:
        assert file.size() == len(data)
        file.seek(5 << 20)
        assert file.read(10) == data[5 << 20 :][:10]
    found = files.get_file_info(pyarrow.fs.FileSelector("lake", recursive=True))
    assert sorted(info.path for info in found) == ["lake/deep", "lake/deep/copy", "lake/deep/large"]
    files.move("lake/deep/copy", "lake/moved")
    files.delete_dir("lake/deep")
    assert [info.path for info in files.get_file_info(pyarrow.fs.FileSelector("lake"))] == ["lake/moved"]
