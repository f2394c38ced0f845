"""Whose catalog a request means: so far, everyone has but their own account's."""

from afluente.core.call import Call
from afluente.core.error import AccessDeniedException
from afluente.core.provider import Request


def check_catalog(call: Call, request: Request) -> None:
    """Raises AccessDeniedException when the request names the catalog of another account."""
    catalog_id = request.get("CatalogId", call.account)
    if catalog_id != call.account:
        raise AccessDeniedException(
            f"User: {call.principal.arn} is not authorized to perform: glue:{call.operation} on resource: "
            f"arn:aws:glue:{call.region}:{catalog_id}:catalog because no resource-based policy allows the "
            f"glue:{call.operation} action"
        )
