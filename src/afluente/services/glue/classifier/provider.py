"""The operations on classifiers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from afluente.core.call import Call
from afluente.core.clock import utc
from afluente.core.provider import Request, Response
from afluente.services.glue import page_token
from afluente.services.glue.classifier.definition import CSV
from afluente.services.glue.crawler.engine import CrawlerEngine

PAGE = 100


class ClassifierOperations:
    """Classifiers of `self._crawlers`, a CrawlerEngine."""

    operations: ClassVar[tuple[str, ...]] = (
        "CreateClassifier", "DeleteClassifier", "GetClassifier", "GetClassifiers", "UpdateClassifier",
    )  # fmt: skip
    unsupported: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    _crawlers: CrawlerEngine

    def create_classifier(self, call: Call, request: Request) -> Response:
        self._crawlers.classifiers.create(call.account, call.region, request)
        return {}

    def update_classifier(self, call: Call, request: Request) -> Response:
        self._crawlers.classifiers.update(call.account, call.region, request)
        return {}

    def delete_classifier(self, call: Call, request: Request) -> Response:
        self._crawlers.classifiers.delete(call.account, call.region, request["Name"])
        return {}

    def get_classifier(self, call: Call, request: Request) -> Response:
        return {"Classifier": _describe(self._crawlers.classifiers.get(call.account, call.region, request["Name"]))}

    def get_classifiers(self, call: Call, request: Request) -> Response:
        limit = request.get("MaxResults", PAGE)
        after = page_token.decode(request.get("NextToken"), call.arrived_at_ms)
        found = self._crawlers.classifiers.page(call.account, call.region, after, limit + 1)
        response: Response = {"Classifiers": [_describe(body) for body in found[:limit]]}
        if len(found) > limit:
            response["NextToken"] = page_token.encode(found[limit - 1]["members"]["Name"], call.arrived_at_ms)
        return response


def _describe(body: Mapping[str, Any]) -> dict[str, Any]:
    defaults = {"Serde": "None"} if body["kind"] == CSV else {}
    return {
        body["kind"]: {
            **defaults,
            **body["members"],
            "CreationTime": _whole_seconds(body["created_at_ms"]),
            "LastUpdated": _whole_seconds(body["updated_at_ms"]),
            "Version": body["version"],
        }
    }


def _whole_seconds(time_ms: int) -> datetime:
    return utc(time_ms - time_ms % 1000)
