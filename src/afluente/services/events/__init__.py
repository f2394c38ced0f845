"""Amazon EventBridge: rules that match events, or come due by the clock, and tell targets."""
