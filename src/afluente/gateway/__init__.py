"""The HTTP edge: from bytes to a provider and back."""
