"""Resource types that stand in a stack alone: no service makes, reads or removes anything for them."""

from typing import ClassVar

from afluente.services.cloudformation.resource.resource_type import Context, Made, Properties, ResourceType


class Nothing(ResourceType):
    """A resource that no service knows."""

    is_importable = False

    def physical_id(self, context: Context, properties: Properties) -> str:
        del properties
        return context.name(self.longest_name)

    def exists(self, context: Context, physical_id: str, properties: Properties) -> bool:
        del context, physical_id, properties
        return False

    def make(self, context: Context, physical_id: str, properties: Properties) -> Made:
        del context, properties
        return Made(physical_id)

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        """There is nothing to change."""

    def remove(self, context: Context, physical_id: str, properties: Properties) -> None:
        """There is nothing to remove."""


class CdkMetadata(Nothing):
    """`AWS::CDK::Metadata`: what the CDK adds to its templates for its own statistics."""

    type = "AWS::CDK::Metadata"
    properties: ClassVar = {"Analytics": None, "Modules": None}
    longest_name = 64
