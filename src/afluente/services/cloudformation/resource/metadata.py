"""What the CDK adds to its templates for its own statistics: nothing is made."""

from typing import ClassVar

from afluente.services.cloudformation.resource.resource_type import Context, Made, Properties, ResourceType


class CdkMetadata(ResourceType):
    """`AWS::CDK::Metadata`."""

    type = "AWS::CDK::Metadata"
    properties: ClassVar = {"Analytics": None, "Modules": None}

    def physical_id(self, context: Context, properties: Properties) -> str:
        del properties
        return context.name(64)

    def exists(self, context: Context, physical_id: str, properties: Properties) -> bool:
        del context, physical_id, properties
        return False

    def make(self, context: Context, physical_id: str, properties: Properties) -> Made:
        del context, properties
        return Made(physical_id)

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        del context, physical_id, old, new

    def remove(self, context: Context, physical_id: str, properties: Properties) -> None:
        del context, physical_id, properties
