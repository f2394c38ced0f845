"""The operations on what is set beside a stream: encryption, monitoring, resource policies, and on the account."""

from afluente.core.call import Call
from afluente.core.clock import Clock
from afluente.core.policy_principal import PolicyPrincipals
from afluente.core.provider import Request, Response
from afluente.services.kinesis import encryption, monitoring
from afluente.services.kinesis.account import Accounts
from afluente.services.kinesis.control import Control
from afluente.services.kinesis.monitoring import Monitored
from afluente.services.kinesis.resource import resource_key, stream_key
from afluente.services.kinesis.resource_policy import NONE as NO_POLICY
from afluente.services.kinesis.resource_policy import ResourcePolicies
from afluente.services.kinesis.stream import Key


class SettingOperations:
    """Settings of streams under `_control`, and of `_accounts`."""

    _control: Control
    _accounts: Accounts
    _policies: ResourcePolicies
    _principals: PolicyPrincipals
    _clock: Clock

    def start_stream_encryption(self, call: Call, request: Request) -> Response:
        key, kind, key_id = stream_key(call, request), request["EncryptionType"], request["KeyId"]
        encryption.start(self._control, key, kind, key_id, self._clock)
        return {}

    def stop_stream_encryption(self, call: Call, request: Request) -> Response:
        key, kind, key_id = stream_key(call, request), request["EncryptionType"], request["KeyId"]
        encryption.stop(self._control, key, kind, key_id, self._clock)
        return {}

    def enable_enhanced_monitoring(self, call: Call, request: Request) -> Response:
        key = stream_key(call, request)
        return self._monitored(key, monitoring.enable(self._control, key, request["ShardLevelMetrics"]))

    def disable_enhanced_monitoring(self, call: Call, request: Request) -> Response:
        key = stream_key(call, request)
        return self._monitored(key, monitoring.disable(self._control, key, request["ShardLevelMetrics"]))

    def _monitored(self, key: Key, monitored: Monitored) -> Response:
        return {
            "StreamName": key[2],
            "StreamARN": self._control.find(key).stream.arn,
            "CurrentShardLevelMetrics": list(monitored.current),
            "DesiredShardLevelMetrics": list(monitored.desired),
        }

    def put_resource_policy(self, call: Call, request: Request) -> Response:
        self._policies.put(resource_key(call, request), request["Policy"], self._principals)
        return {}

    def get_resource_policy(self, call: Call, request: Request) -> Response:
        policy = self._policies.get(resource_key(call, request))
        return {"Policy": NO_POLICY if policy is None else self._principals.shown(policy)}

    def delete_resource_policy(self, call: Call, request: Request) -> Response:
        self._policies.delete(resource_key(call, request), request["ResourceARN"])
        return {}

    def describe_account_settings(self, call: Call, request: Request) -> Response:  # noqa: ARG002  # it has no members
        return {"MinimumThroughputBillingCommitment": self._accounts.describe(call.account, call.region)}

    def update_account_settings(self, call: Call, request: Request) -> Response:
        status = request["MinimumThroughputBillingCommitment"]["Status"]
        self._accounts.update(call.account, call.region, status)
        return {"MinimumThroughputBillingCommitment": self._accounts.describe(call.account, call.region)}
