"""A role that a service may assume."""

import json

from bench.server import Server


def role(server: Server, service: str) -> str:
    """The ARN of a new role that `service` may assume."""
    statement = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    arn: str = server.client("iam").create_role(RoleName=service, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    return arn
