"""Triggers: what starts jobs and crawlers, by schedule, after others, or on demand."""
