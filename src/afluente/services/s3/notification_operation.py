"""Operations on a bucket's notifications."""

import base64

from afluente.core.call import Call
from afluente.core.provider import Request, Response
from afluente.services.s3 import notification
from afluente.services.s3.bucket import Bucket
from afluente.services.s3.operation import Operations


class NotificationOperations(Operations):
    """Put and Get; an empty configuration is none."""

    def put_bucket_notification_configuration(self, call: Call, request: Request) -> Response:
        bucket = self._bucket(call, request)
        configuration = notification.checked(request["NotificationConfiguration"], bucket.region)
        if not request.get("SkipDestinationValidation"):
            self._engine.notifier.validate(bucket, configuration)

        def change(bucket: Bucket) -> None:
            bucket.notification = configuration or None
            if not request.get("SkipDestinationValidation"):
                host_id = base64.b64encode(call.request_id.encode()).decode()
                self._engine.notifier.send_tests(bucket, configuration, call.request_id, host_id)

        self._engine.buckets.change(bucket.name, change)
        return {}

    def get_bucket_notification_configuration(self, call: Call, request: Request) -> Response:
        return dict(self._bucket(call, request).notification or {})
