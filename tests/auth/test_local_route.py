"""Operations of our own are as well guarded as AWS's."""

from tests.auth.conftest import ROOT, Place
from tests.passport.test_endpoint import NAME, ask

ARN = "arn:aws:firehose:us-east-1:000000000000:deliverystream/windfarm"


def test_under_enforcement_whoever_may_describe_the_delivery_stream_may_ask(place: Place) -> None:
    allowed = place.user("one", {"Effect": "Allow", "Action": "firehose:DescribeDeliveryStream", "Resource": ARN})
    other = place.user("two", {"Effect": "Allow", "Action": "firehose:ListDeliveryStreams", "Resource": "*"})
    assert ask(place.app, "positions", NAME, other)[0] == 400
    assert ask(place.app, "positions", NAME, other)[1]["code"] == "AccessDeniedException"
    for key in (allowed, ROOT):
        assert ask(place.app, "positions", NAME, key)[1]["code"] == "ResourceNotFoundException"
    assert ask(place.app, "positions", NAME, (allowed[0], "wrong"))[1]["code"] == "InvalidSignatureException"
    assert ask(place.app, "positions", NAME, ())[0] == 403
