"""The Query protocol: a form with Action and Version in, an XML envelope out."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from afluente.core.error import AwsError
from afluente.wire import form
from afluente.wire.family import family
from afluente.wire.fault import resolve
from afluente.wire.message import HttpRequest, HttpResponse
from afluente.wire.model import Model, Operation
from afluente.wire.xml_writer import XmlWriter, element, escape, legible

MAX_PARAMETERS = 20_000


class QueryBinding:
    """The Query protocol of `model`."""

    protocol = "query"

    def __init__(self, model: Model) -> None:
        self.model = model
        self._writer = XmlWriter(milliseconds=family(model.service).milliseconds)

    def operation(self, request: HttpRequest) -> Operation:
        parameters = dict(form_of(request))
        action = parameters.get("Action")
        if not action:
            raise AwsError("Missing Action", code="MissingAction")
        version = parameters.get("Version", self.model.api_version)
        operation = self.model.operation(action) if version == self.model.api_version else None
        if operation is None:
            raise AwsError(f"Could not find operation {action} for version {version}", code="InvalidAction")
        return operation

    def parse(self, operation: Operation, request: HttpRequest) -> dict[str, Any]:
        if operation.input is None:
            return {}
        members: dict[str, Any] = form.read(operation.input, form.tree_of(form_of(request)))
        return members

    def answer(self, operation: Operation, response: Mapping[str, Any], request_id: str) -> HttpResponse:
        result = ""
        if operation.output is not None:
            result = self._writer.content(operation.output, response)
            if operation.output.result_wrapper:
                result = element(operation.output.result_wrapper, result)
        metadata = element("ResponseMetadata", element("RequestId", request_id))
        return self._response(200, f"{operation.name}Response", result + metadata, request_id)

    def fail(self, error: AwsError, request_id: str) -> HttpResponse:
        fault = resolve(self.model, error)
        inner = element("Type", "Sender" if fault.is_sender else "Receiver") + element("Code", escape(fault.code))
        inner += element("Message", escape(fault.message))
        body = element("Error", inner) + element("RequestId", request_id)
        return self._response(fault.status, "ErrorResponse", body, request_id)

    def _response(self, status: int, root: str, content: str, request_id: str) -> HttpResponse:
        body = element(root, legible(content), f' xmlns="{self.model.xml_namespace}"')
        headers = {"Content-Type": "text/xml", "x-amzn-RequestId": request_id}
        return HttpResponse(status, headers, body.encode("utf-8", "replace"))


def form_of(request: HttpRequest) -> list[tuple[str, str]]:
    """The parameters, from the body or, as presigned requests have them, from the URL. Raises MalformedInput."""
    try:
        text = request.content().decode("utf-8") if request.method == "POST" else request.query
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)
    except ValueError:
        raise form.MalformedInput("") from None
