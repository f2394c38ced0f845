"""S3 as boto3 sees it, over HTTP."""

import hashlib
import io
import json
import os
import urllib.error
import urllib.request
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

MIB = 1 << 20


@pytest.fixture
def boto(client: Any) -> Any:
    boto = client("s3")
    boto.create_bucket(Bucket="b-1")
    return boto


def error(caught: pytest.ExceptionInfo[ClientError]) -> tuple[int, str, str]:
    answer: Any = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"].get("Message", "")


@pytest.mark.parametrize("size", [0, 1, 70_000, MIB, 3 * MIB + 1])
def test_put_and_get(boto: Any, size: int) -> None:
    data = os.urandom(size)
    put = boto.put_object(Bucket="b-1", Key="x/ü y+z%2F.bin", Body=data, Metadata={"a": "b"})
    assert put["ETag"] == f'"{hashlib.md5(data).hexdigest()}"'
    got = boto.get_object(Bucket="b-1", Key="x/ü y+z%2F.bin")
    assert got["Body"].read() == data
    assert (got["ContentLength"], got["Metadata"], got["ContentType"]) == (size, {"a": "b"}, "binary/octet-stream")
    assert got["ChecksumType"] == "FULL_OBJECT"
    head = boto.head_object(Bucket="b-1", Key="x/ü y+z%2F.bin")
    assert head["ETag"] == put["ETag"]
    assert head["ContentLength"] == size


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"])
def test_put_with_each_checksum(boto: Any, algorithm: str) -> None:
    boto.put_object(Bucket="b-1", Key="k", Body=b"123", ChecksumAlgorithm=algorithm)
    head = boto.head_object(Bucket="b-1", Key="k", ChecksumMode="ENABLED")
    assert head[f"Checksum{algorithm}"]


def test_expires_is_kept_and_replaced(boto: Any) -> None:
    moment = datetime(2030, 1, 1, tzinfo=UTC)
    boto.put_object(Bucket="b-1", Key="k", Body=b"1", Expires=moment)
    assert boto.head_object(Bucket="b-1", Key="k")["Expires"] == moment
    later = moment.replace(year=2031)
    assert boto.get_object(Bucket="b-1", Key="k", ResponseExpires=later)["Expires"] == later


def test_an_archive_is_restored(boto: Any) -> None:
    boto.put_object(Bucket="b-1", Key="k", Body=b"1", StorageClass="GLACIER")
    with pytest.raises(ClientError) as caught:
        boto.get_object(Bucket="b-1", Key="k")
    assert error(caught) == (403, "InvalidObjectState", "The operation is not valid for the object's storage class")
    answer = boto.restore_object(Bucket="b-1", Key="k", RestoreRequest={"Days": 1, "Tier": "Bulk"})
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    head = boto.head_object(Bucket="b-1", Key="k")
    assert (head["StorageClass"], head["Restore"]) == ("GLACIER", 'ongoing-request="true"')
    found = boto.list_objects_v2(Bucket="b-1", OptionalObjectAttributes=["RestoreStatus"])["Contents"]
    assert found[0]["RestoreStatus"] == {"IsRestoreInProgress": True}


def test_ranges(boto: Any) -> None:
    data = os.urandom(2 * MIB)
    boto.put_object(Bucket="b-1", Key="k", Body=data)
    got = boto.get_object(Bucket="b-1", Key="k", Range="bytes=1000-1999999")
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert got["Body"].read() == data[1000:2000000]
    with pytest.raises(ClientError) as caught:
        boto.get_object(Bucket="b-1", Key="k", Range="bytes=9999999-")
    assert error(caught)[:2] == (416, "InvalidRange")


def test_upload_and_download_of_a_large_file(boto: Any) -> None:
    data = os.urandom(12 * MIB + 5)
    config = TransferConfig(multipart_threshold=8 * MIB, multipart_chunksize=5 * MIB)
    boto.upload_fileobj(io.BytesIO(data), "b-1", "large", Config=config)
    head = boto.head_object(Bucket="b-1", Key="large")
    assert head["ETag"].endswith('-3"')
    target = io.BytesIO()
    boto.download_fileobj("b-1", "large", target, Config=config)
    assert target.getvalue() == data
    boto.copy({"Bucket": "b-1", "Key": "large"}, "b-1", "copied", Config=config)
    assert boto.get_object(Bucket="b-1", Key="copied")["Body"].read() == data


def test_awkward_keys(boto: Any) -> None:
    keys = [
        "a",
        "a/b",
        "a//b",
        "a/",
        "/a",
        "..",
        "a/../b",
        ".",
        "x" * 1024,
        "%2F",
        "+",
        " ",
        "日本",
        "a\tb",
        "a?b#c&d=e",
    ]
    for key in keys:
        boto.put_object(Bucket="b-1", Key=key, Body=key.encode())
    for key in keys:
        assert boto.get_object(Bucket="b-1", Key=key)["Body"].read() == key.encode()
    listed = [item["Key"] for item in boto.list_objects_v2(Bucket="b-1")["Contents"]]
    assert listed == sorted(keys, key=str.encode)
    answer = boto.delete_objects(Bucket="b-1", Delete={"Objects": [{"Key": key} for key in keys]})
    assert len(answer["Deleted"]) == len(keys)
    assert "Contents" not in boto.list_objects_v2(Bucket="b-1")


def test_paginators(boto: Any) -> None:
    for number in range(25):
        boto.put_object(Bucket="b-1", Key=f"p/{number % 5}/{number:02}")
    for name in ("list_objects", "list_objects_v2"):
        pages = boto.get_paginator(name).paginate(Bucket="b-1", Prefix="p/", PaginationConfig={"PageSize": 4})
        assert len([item for page in pages for item in page["Contents"]]) == 25
        pages = boto.get_paginator(name).paginate(
            Bucket="b-1", Prefix="p/", Delimiter="/", PaginationConfig={"PageSize": 2}
        )
        prefixes = [item["Prefix"] for page in pages for item in page["CommonPrefixes"]]
        assert prefixes == [f"p/{number}/" for number in range(5)]


def test_errors(boto: Any) -> None:
    cases: list[tuple[Any, tuple[int, str, str]]] = [
        (lambda: boto.get_object(Bucket="b-1", Key="k"), (404, "NoSuchKey", "The specified key does not exist.")),
        (lambda: boto.head_object(Bucket="b-1", Key="k"), (404, "404", "Not Found")),
        (lambda: boto.head_bucket(Bucket="missing"), (404, "404", "Not Found")),
        (
            lambda: boto.put_object(Bucket="missing", Key="k", Body=b"1"),
            (404, "NoSuchBucket", "The specified bucket does not exist"),
        ),
        (
            lambda: boto.put_object(Bucket="b-1", Key="k", Body=b"1", ChecksumCRC32="AAAAAA=="),
            (400, "BadDigest", "The CRC32 you specified did not match the calculated checksum."),
        ),
    ]
    for call, expected in cases:
        with pytest.raises(ClientError) as caught:
            call()
        assert error(caught) == expected


@pytest.mark.parametrize(
    ("members", "name"),
    [
        ({"SSECustomerKey": "0" * 32, "SSECustomerAlgorithm": "AES256"}, "SSECustomer"),
        ({"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "k"}, "SSEKMSKeyId"),
        ({"ObjectLockEventHold": "ON"}, "ObjectLockEventHold"),
        ({"RequestPayer": "requester"}, "RequestPayer"),
    ],
)
def test_what_is_not_supported_is_named(boto: Any, members: dict[str, str], name: str) -> None:
    with pytest.raises(ClientError) as caught:
        boto.put_object(Bucket="b-1", Key="k", Body=b"1", **members)
    status, code, message = error(caught)
    assert (status, code) == (501, "NotImplemented")
    assert name in message


def test_conditions(boto: Any) -> None:
    etag = boto.put_object(Bucket="b-1", Key="k", Body=b"1")["ETag"]
    with pytest.raises(ClientError) as caught:
        boto.put_object(Bucket="b-1", Key="k", Body=b"2", IfNoneMatch="*")
    assert error(caught)[:2] == (412, "PreconditionFailed")
    for operation in (boto.get_object, boto.head_object):
        with pytest.raises(ClientError) as caught:
            operation(Bucket="b-1", Key="k", IfNoneMatch=etag)
        assert error(caught)[0] == 304


def test_configurations(boto: Any) -> None:
    assert boto.get_bucket_location(Bucket="b-1")["LocationConstraint"] is None
    assert "Status" not in boto.get_bucket_versioning(Bucket="b-1")
    boto.put_bucket_tagging(Bucket="b-1", Tagging={"TagSet": [{"Key": "a", "Value": "1"}]})
    assert boto.get_bucket_tagging(Bucket="b-1")["TagSet"] == [{"Key": "a", "Value": "1"}]
    rule = {"ID": "r", "Status": "Enabled", "Prefix": "", "Expiration": {"Days": 30}}
    boto.put_bucket_lifecycle_configuration(Bucket="b-1", LifecycleConfiguration={"Rules": [rule]})
    assert boto.get_bucket_lifecycle_configuration(Bucket="b-1")["Rules"] == [rule]
    assert boto.get_public_access_block(Bucket="b-1")["PublicAccessBlockConfiguration"]["BlockPublicPolicy"]
    grants = boto.get_bucket_acl(Bucket="b-1")["Grants"]
    assert [grant["Permission"] for grant in grants] == ["FULL_CONTROL"]
    boto.put_bucket_encryption(
        Bucket="b-1",
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
        },
    )
    with pytest.raises(ClientError) as caught:
        boto.put_bucket_website(Bucket="b-1", WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    assert error(caught)[1] == "NotImplemented"


def test_presigned_urls(boto: Any) -> None:
    boto.put_object(Bucket="b-1", Key="k y", Body=b"data", ContentType="text/csv")
    url = boto.generate_presigned_url("get_object", Params={"Bucket": "b-1", "Key": "k y"})
    with urllib.request.urlopen(url) as answer:
        assert (answer.read(), answer.headers["Content-Type"]) == (b"data", "text/csv")


def test_virtual_hosted_style(app: Any, boto: Any) -> None:
    boto.put_object(Bucket="b-1", Key="x/k", Body=b"data")
    host = f"b-1.{app.endpoint.removeprefix('http://').replace('127.0.0.1', 'localhost')}"
    request = urllib.request.Request(f"{app.endpoint}/x/k", headers={"Host": host})
    with urllib.request.urlopen(request) as answer:
        assert answer.read() == b"data"


ODD_KEYS = [
    "a/", "a//b", "/a", "//", ".", "..", "../x", "a/../b", ".afluente/x", ".staged", "x\x01y", "nl\n", "cr\r", "nul\0x",
    "\ufffe", "e\u0301", "\xe9", "\U0010ffff", "%2F", "100%", "?q#f", "back\\slash", "<&>\"'", "*", "~+ ", "k" * 1024,
    "\xe9" * 512, "d/" * 512,
]  # fmt: skip


def test_odd_keys_are_keys_like_any(boto: Any) -> None:
    for key in ODD_KEYS:
        boto.put_object(Bucket="b-1", Key=key, Body=key.encode())
        boto.copy_object(Bucket="b-1", Key=key, CopySource={"Bucket": "b-1", "Key": key}, MetadataDirective="REPLACE")
        assert boto.get_object(Bucket="b-1", Key=key)["Body"].read() == key.encode()
    for listing, member in (
        ("list_objects", "Contents"),
        ("list_objects_v2", "Contents"),
        ("list_object_versions", "Versions"),
    ):
        pages = boto.get_paginator(listing).paginate(Bucket="b-1", PaginationConfig={"PageSize": 3})
        assert [item["Key"] for page in pages for item in page[member]] == sorted(ODD_KEYS, key=str.encode)
    for key in ODD_KEYS:
        boto.delete_object(Bucket="b-1", Key=key)
    boto.delete_bucket(Bucket="b-1")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/b-1/100%", "InvalidURI"),
        ("/b-1/%F", "InvalidURI"),
        ("/b-1/%FF", "InvalidURI"),
        ("/b-1?list-type=2&max-keys=2147483648", "InvalidArgument"),
        ("/b-1?list-type=2&max-keys=1_000", "InvalidArgument"),
        ("/b-1/k?partNumber=%D9%A3", "InvalidArgument"),
    ],
)
def test_paths_and_numbers_that_are_none(app: Any, boto: Any, path: str, code: str) -> None:
    boto.put_object(Bucket="b-1", Key="k", Body=b"1")
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(app.endpoint + path)
    assert caught.value.code == 400
    assert f"<Code>{code}</Code>" in caught.value.read().decode()


def test_numbers_in_documents_are_javas(app: Any, boto: Any) -> None:
    rule = "<Rule><ID>a</ID><Status>Enabled</Status><Prefix/><Expiration><Days>%s</Days></Expiration></Rule>"
    for number in ("2147483648", "1_0", "x"):
        body = f"<LifecycleConfiguration>{rule % number}</LifecycleConfiguration>".encode()
        digest = b64encode(hashlib.md5(body).digest()).decode()
        request = urllib.request.Request(f"{app.endpoint}/b-1?lifecycle", body, {"Content-MD5": digest}, method="PUT")
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request)
        assert "MalformedXML" in caught.value.read().decode()


def test_an_acl_in_a_header_needs_no_digest_of_nothing(app: Any, boto: Any) -> None:
    rules = [{"ObjectOwnership": "ObjectWriter"}]
    boto.put_bucket_ownership_controls(Bucket="b-1", OwnershipControls={"Rules": rules})
    request = urllib.request.Request(
        f"{app.endpoint}/b-1?acl", method="PUT", headers={"x-amz-acl": "log-delivery-write"}
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200
    assert len(boto.get_bucket_acl(Bucket="b-1")["Grants"]) == 3


def test_multipart_listings(boto: Any) -> None:
    upload = boto.create_multipart_upload(Bucket="b-1", Key="k")["UploadId"]
    part = boto.upload_part(Bucket="b-1", Key="k", UploadId=upload, PartNumber=1, Body=b"1")
    assert [each["UploadId"] for each in boto.list_multipart_uploads(Bucket="b-1")["Uploads"]] == [upload]
    assert boto.list_parts(Bucket="b-1", Key="k", UploadId=upload)["Parts"][0]["ETag"] == part["ETag"]
    boto.abort_multipart_upload(Bucket="b-1", Key="k", UploadId=upload)
    assert "Uploads" not in boto.list_multipart_uploads(Bucket="b-1")
    with pytest.raises(ClientError) as caught:
        boto.list_parts(Bucket="b-1", Key="k", UploadId=upload)
    assert error(caught)[:2] == (404, "NoSuchUpload")


def test_statuses_of_settings_without_an_answer(boto: Any) -> None:
    boto.create_bucket(Bucket="b-1")
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "000000000000"},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::b-1/*",
    }
    answers = [
        boto.put_bucket_tagging(Bucket="b-1", Tagging={"TagSet": [{"Key": "a", "Value": "1"}]}),
        boto.put_bucket_policy(Bucket="b-1", Policy=json.dumps({"Version": "2012-10-17", "Statement": statement})),
    ]
    assert [answer["ResponseMetadata"]["HTTPStatusCode"] for answer in answers] == [204, 204]


def test_what_no_bucket_has_is_told_by_reads_and_refused_by_name_in_writes(client: Any) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="plain")
    assert "Status" not in s3.get_bucket_accelerate_configuration(Bucket="plain")
    assert s3.get_bucket_request_payment(Bucket="plain")["Payer"] == "BucketOwner"
    for kind in ("analytics", "intelligent_tiering", "inventory", "metrics"):
        answer = getattr(s3, f"list_bucket_{kind}_configurations")(Bucket="plain")
        assert not answer["IsTruncated"]
        assert not any(name.endswith("List") for name in answer)
    s3.delete_bucket_website(Bucket="plain")
    s3.delete_bucket_replication(Bucket="plain")
    s3.put_bucket_request_payment(Bucket="plain", RequestPaymentConfiguration={"Payer": "BucketOwner"})
    with pytest.raises(ClientError, match="NotImplemented"):
        s3.put_bucket_request_payment(Bucket="plain", RequestPaymentConfiguration={"Payer": "Requester"})
    with pytest.raises(ClientError, match="NoSuchBucket"):
        s3.get_bucket_request_payment(Bucket="none")
