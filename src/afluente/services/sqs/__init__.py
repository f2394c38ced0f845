"""Amazon SQS: queues whose messages are on disk before their sends are answered."""
