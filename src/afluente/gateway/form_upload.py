"""Uploads from web forms to a bucket (POST Object): a form is checked against its policy, and becomes a PutObject.

https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
"""

from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit
from xml.etree import ElementTree as ET

from afluente.core.call import Principal
from afluente.core.clock import Clock
from afluente.core.error import AwsError
from afluente.core.error import NotImplemented as Unsupported
from afluente.gateway.address import BucketHosts
from afluente.gateway.spool import Sink
from afluente.wire.message import HttpRequest, HttpResponse
from afluente.wire.multipart_form import copy_file, read_form
from afluente.wire.post_policy import PostPolicy
from afluente.wire.xml_writer import DECLARATION, element, escape

Signer = Callable[[Mapping[str, str]], Principal | None]
"""Who has signed the policy of a form with these fields; None for nobody. Raises AwsError for a wrong signature."""

MULTIPART = "multipart/form-data"
KEPT = ("host", "referer", "user-agent")
HEADERS = frozenset({"cache-control", "content-disposition", "content-encoding", "content-language", "content-type",
                     "expires"})  # fmt: skip
SIGNATURE = frozenset({"x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-security-token", "x-amz-signature"})
AMAZON = ("x-amz-checksum-", "x-amz-meta-", "x-amz-sdk-checksum-algorithm", "x-amz-server-side-encryption",
          "x-amz-storage-class", "x-amz-website-redirect-location")  # fmt: skip
"""Fields with which a form may say more about its object."""

STATUSES = {"200": 200, "201": 201}
MAX_TAGGING = 10_000


def bucket_of(request: HttpRequest, hosts: BucketHosts) -> str:
    """The bucket that a form is posted to; empty when the request is something else."""
    if request.method != "POST" or request.media_type != MULTIPART or request.query:
        return ""
    if "authorization" in request.headers or "x-amz-target" in request.headers:
        return ""
    in_path = request.path.strip("/")
    in_host, _ = hosts.bucket(request.headers.get("host", "").partition(":")[0])
    return "" if "/" in in_path or bool(in_path) is bool(in_host) else in_path or in_host


class Upload:
    """A form that was read. `request` is the PutObject that it asks for."""

    def __init__(self, request: HttpRequest, bucket: str, key: str, fields: Mapping[str, str]) -> None:
        self.request = request
        self._bucket, self._key, self._fields = bucket, key, fields
        # the request's path gets the bucket that its host names when it is answered
        self._url = f"http://{request.headers.get('host', '')}{request.path}"

    def answer(self, put: HttpResponse) -> HttpResponse:
        """What the form is answered with, when the object was put."""
        if put.status != 200:
            return put
        etag = put.headers.get("ETag", "")
        put.headers["Location"] = self._url
        redirect = self._fields.get("success_action_redirect", self._fields.get("redirect", ""))
        parts = urlsplit(redirect)
        if parts.scheme in {"http", "https"} and parts.netloc:
            found = urlencode({"bucket": self._bucket, "key": self._key, "etag": etag}, quote_via=quote)
            put.headers["Location"] = redirect + ("&" if parts.query else "?") + found
            put.status = 303
            return put
        put.status = STATUSES.get(self._fields.get("success_action_status", ""), 204)
        if put.status == 201:
            named = (("Location", self._url), ("Bucket", self._bucket), ("Key", self._key), ("ETag", etag))
            inner = "".join(element(name, escape(value)) for name, value in named)
            put.headers["Content-Type"] = "application/xml"
            put.body = (DECLARATION + element("PostResponse", inner)).encode()
        return put


class FormUploads:
    """Reads forms. `folder` is where large files go meanwhile."""

    def __init__(self, folder: Path, signer: Signer, clock: Clock) -> None:
        self._folder = folder
        self._signer = signer
        self._clock = clock

    def read(self, request: HttpRequest, bucket: str) -> Upload:
        """The upload that a form asks for, once its policy allows it. Raises AwsError. Blocks: for worker threads."""
        body = BytesIO(request.body) if isinstance(request.body, bytes) else request.body
        form = read_form(body, request.headers["content-type"])
        fields = dict(form.fields)
        if "key" not in fields:
            raise _missing("key")
        fields["key"] = fields["key"].replace("${filename}", _last_segment(form.file_name))
        policy = self._policy(fields, bucket)
        signer = self._signer(fields)
        headers = {name: request.headers[name] for name in KEPT if name in request.headers} | _headers(fields)
        headers |= {name: fields[name] for name in ("x-amz-algorithm", "x-amz-date") if name in fields}
        sink = Sink(self._folder)
        try:
            size = copy_file(body, form.end, sink.write)
            if policy is not None:
                policy.check_size(size)
        except BaseException:
            sink.discard()
            raise
        headers["content-length"] = str(size)
        path = f"{request.path.rstrip('/')}/{quote(fields['key'], safe='/-_.~')}"
        put = HttpRequest("PUT", path, "", headers, sink.finish(), request.peer, signer, by_form=True)
        return Upload(put, bucket, fields["key"], fields)

    def _policy(self, fields: Mapping[str, str], bucket: str) -> PostPolicy | None:
        is_signed = not fields.keys().isdisjoint({"signature", "x-amz-signature"})
        if "policy" not in fields:
            if is_signed:
                raise _missing("policy")
            return None
        if not is_signed:
            raise _missing("X-Amz-Signature")
        policy = PostPolicy(fields["policy"])
        policy.check({**fields, "bucket": bucket}, self._clock.now_ms())
        return policy


def _headers(fields: Mapping[str, str]) -> dict[str, str]:
    """The fields that PutObject knows as headers."""
    found = {name: value for name, value in fields.items() if name in HEADERS or name.startswith(AMAZON)}
    unknown = [name for name in fields if name.startswith("x-amz-") and name not in found and name not in SIGNATURE]
    if unknown:
        raise Unsupported(f"The form's field {unknown[0]} is not supported.")
    if "acl" in fields:
        found["x-amz-acl"] = fields["acl"]
    if "tagging" in fields:
        found["x-amz-tagging"] = _tagging(fields["tagging"])
    return found


def _tagging(text: str) -> str:
    """The header's form of the tags, from the XML that forms give."""
    try:
        # nothing is declared, so no entity is
        root = None if len(text) > MAX_TAGGING or "<!" in text else ET.fromstring(text)  # noqa: S314
    except ET.ParseError:
        root = None
    if root is None:
        raise AwsError(
            "The XML you provided was not well-formed or did not validate against our published schema",
            code="MalformedXML",
        )
    tags = [tag for tag in root.iter() if tag.tag.rpartition("}")[2] == "Tag"]
    named = [{child.tag.rpartition("}")[2]: child.text or "" for child in tag} for tag in tags]
    return urlencode([(tag.get("Key", ""), tag.get("Value", "")) for tag in named], quote_via=quote)


def _last_segment(file_name: str) -> str:
    """What S3 takes of a browser's file name: the text behind the last slash or backslash."""
    return file_name.replace("\\", "/").rpartition("/")[2]


def _missing(name: str) -> AwsError:
    return AwsError(
        f"Bucket POST must contain a field named '{name}'.  If it is specified, please check the order of the fields.",
        code="InvalidArgument", ArgumentName=name, ArgumentValue="",
    )  # fmt: skip
