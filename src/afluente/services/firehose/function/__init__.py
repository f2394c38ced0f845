"""Lambda functions without a Lambda service: which function an ARN stands for is configured in a file."""
