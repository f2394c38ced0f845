"""CloudWatch: metrics, kept and asked for; alarms on them."""
