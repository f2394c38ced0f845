"""CloudFormation: stacks of resources from a template, made and removed through the very same providers."""
