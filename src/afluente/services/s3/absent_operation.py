"""Operations on what no bucket here has: they say so truthfully, as AWS does of a bucket that has none.

Whoever looks at all of a bucket, such as tools that describe infrastructure, asks for these too.
"""

from typing import ClassVar

from afluente.core.call import Call
from afluente.core.error import NotImplemented as Unsupported
from afluente.core.provider import Request, Response
from afluente.services.s3.error import (
    MalformedXML,
    NoSuchWebsiteConfiguration,
    ReplicationConfigurationNotFoundError,
)
from afluente.services.s3.operation import Operations

NOTHING: Response = {"IsTruncated": False}


class AbsentOperations(Operations):
    """Acceleration, analytics, inventories, metrics, payment by the requester, replication, websites."""

    absent: ClassVar[tuple[str, ...]] = (
        "DeleteBucketReplication", "DeleteBucketWebsite", "GetBucketAccelerateConfiguration",
        "GetBucketReplication", "GetBucketRequestPayment", "GetBucketWebsite", "ListBucketAnalyticsConfigurations",
        "ListBucketIntelligentTieringConfigurations", "ListBucketInventoryConfigurations",
        "ListBucketMetricsConfigurations", "PutBucketRequestPayment",
    )  # fmt: skip

    def get_bucket_accelerate_configuration(self, call: Call, request: Request) -> Response:
        return self._none(call, request)

    def get_bucket_request_payment(self, call: Call, request: Request) -> Response:
        return {"Payer": "BucketOwner", **self._none(call, request)}

    def put_bucket_request_payment(self, call: Call, request: Request) -> Response:
        payer = request["RequestPaymentConfiguration"]["Payer"]
        if payer == "Requester":
            raise Unsupported("RequestPaymentConfiguration.Payer=Requester is not supported; BucketOwner is.")
        if payer != "BucketOwner":
            raise MalformedXML
        return self._none(call, request)

    def get_bucket_replication(self, call: Call, request: Request) -> Response:
        name = self._bucket(call, request).name
        raise ReplicationConfigurationNotFoundError("The replication configuration was not found", BucketName=name)

    def delete_bucket_replication(self, call: Call, request: Request) -> Response:
        return self._none(call, request)

    def get_bucket_website(self, call: Call, request: Request) -> Response:
        name = self._bucket(call, request).name
        raise NoSuchWebsiteConfiguration("The specified bucket does not have a website configuration", BucketName=name)

    def delete_bucket_website(self, call: Call, request: Request) -> Response:
        return self._none(call, request)

    def list_bucket_analytics_configurations(self, call: Call, request: Request) -> Response:
        return {**NOTHING, **self._none(call, request)}

    def list_bucket_intelligent_tiering_configurations(self, call: Call, request: Request) -> Response:
        return {**NOTHING, **self._none(call, request)}

    def list_bucket_inventory_configurations(self, call: Call, request: Request) -> Response:
        return {**NOTHING, **self._none(call, request)}

    def list_bucket_metrics_configurations(self, call: Call, request: Request) -> Response:
        return {**NOTHING, **self._none(call, request)}

    def _none(self, call: Call, request: Request) -> Response:
        """Nothing, of a bucket that is there and the caller's."""
        self._bucket(call, request)
        return {}
