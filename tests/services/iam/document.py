"""Policy documents for tests, and how an operation is asked for."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from afluente.services.iam.evaluation.authorization import Access, Standing, decide
from afluente.services.iam.evaluation.policy import Policy
from afluente.services.iam.evaluation.principal import Subject

Ask = Callable[..., dict[str, Any]]
ACCOUNT = "000000000000"


def policy(**statement: Any) -> str:
    """A document of one statement: Allow, unless told otherwise."""
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def trust(service: str = "glue.amazonaws.com", **statement: Any) -> str:
    """A trust policy for one service, unless told otherwise."""
    return policy(**{"Principal": {"Service": service}, "Action": "sts:AssumeRole", **statement})


READ = policy(Action="s3:GetObject", Resource="*")


def decoded(document: str) -> Any:
    """A policy document as it comes back."""
    return json.loads(unquote(document))


def allows(document: dict[str, Any], action: str, resource: str) -> bool:
    """Whether the policy by itself lets a user of its account do this."""
    user = Standing(
        Subject("user", ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/u"), (Policy.read("p", json.dumps(document)),)
    )
    return decide(user, Access(action, resource, ACCOUNT, {})).allowed
