"""A role that a service may assume, and that may do everything."""

import json

from bench.server import Server


def role(server: Server, service: str) -> str:
    """The ARN of a new role that `service` may assume."""
    statement = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam = server.client("iam")
    arn: str = iam.create_role(RoleName=service, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    iam.attach_role_policy(RoleName=service, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    return arn
