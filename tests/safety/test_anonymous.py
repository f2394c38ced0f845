"""Who does not sign may do to S3 what a bucket's policy lets everybody do, and nothing else: not even to no bucket."""

from typing import Any

import pytest
from botocore import UNSIGNED
from tests.auth.conftest import Place, Refused, document

REQUESTS: list[tuple[str, dict[str, Any]]] = [
    ("list_buckets", {}), ("create_bucket", {"Bucket": "new"}), ("head_bucket", {"Bucket": "none"}),
    ("list_objects_v2", {"Bucket": "none"}), ("put_object", {"Bucket": "none", "Key": "k", "Body": b"x"}),
    ("delete_bucket", {"Bucket": "lake"}), ("list_objects_v2", {"Bucket": "lake"}),
    ("get_object", {"Bucket": "lake", "Key": "k"}), ("put_object", {"Bucket": "lake", "Key": "k", "Body": b"x"}),
    ("put_bucket_policy", {"Bucket": "lake", "Policy": document({"Action": "s3:*"})}),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "members"), REQUESTS)
def test_what_is_nobodys_is_not_everybodys(
    place: Place, refused: Refused, operation: str, members: dict[str, Any]
) -> None:
    owner, nobody = place.client("s3"), place.client("s3", signature_version=UNSIGNED)
    owner.create_bucket(Bucket="lake")
    owner.put_object(Bucket="lake", Key="k", Body=b"mine")
    status, code, _ = refused(getattr(nobody, operation), **members)
    assert (status, code) == (403, "403" if operation.startswith("head") else "AccessDenied")
    assert [bucket["Name"] for bucket in owner.list_buckets()["Buckets"]] == ["lake"]
    assert owner.get_object(Bucket="lake", Key="k")["Body"].read() == b"mine"
