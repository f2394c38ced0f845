"""The suites that others wrote for S3, and how each is aimed at Afluente. They come in source packages of clients."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Suite:
    """`package` is the source package, `needs` what its tests import.

    arguments: pytest's, in the unpacked package; `script`, when given, runs instead.
    rewrites: (file, old text, new text), where the suite expects a simulator of its own at a fixed place.
    """

    package: str
    needs: tuple[str, ...]
    what: str
    arguments: tuple[str, ...] = ()
    script: str = ""
    rewrites: tuple[tuple[str, str, str], ...] = ()
    environment: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        return self.package.partition("==")[0]


HERE = Path(__file__).parent
S3FS = "s3fs/tests/test_s3fs.py"
FIXTURES = "s3fs/tests/derived/s3fs_fixtures.py"
ACL = 'ACL="public-read"'  # which S3 refuses since April 2023: new buckets have no ACLs

SUITES = (
    Suite(
        "moto==5.2.5", ("moto[s3]==5.2.5", "freezegun", "flask", "flask-cors"),
        "tests of a simulator that its authors also ran on AWS", ("tests/test_s3", "-m", "aws_verified"),
        environment=(("MOTO_TEST_ALLOW_AWS_REQUEST", "true"),),
    ),
    Suite("s3transfer==0.19.3", ("boto3",), "AWS's own, of its transfer library", ("tests/integration",)),
    Suite("botocore==1.44.8", ("botocore",), "AWS's own, of its SDK", ("tests/integration/test_s3.py",)),
    Suite(
        "s3fs==2026.9.0", ("s3fs==2026.9.0", "pytest-asyncio", "packaging"), "a file system for Python",
        ("s3fs/tests",), environment=(("CONFORMANCE_WITHOUT_MOTO", "1"),),
        rewrites=(
            (S3FS, "port = 5555", "port = {port}"), (FIXTURES, "port = 5556", "port = {port}"),
            (S3FS, f", {ACL}", ""), (FIXTURES, f", {ACL}", ""),
        ),
    ),
    Suite("minio==7.2.20", ("minio==7.2.20",), "another vendor's client", script="minio_tests.py"),
)  # fmt: skip
