"""CloudWatch Logs: log groups, log streams, and events that can be read, filtered and expire."""
