"""The HTTP edge: from bytes to provider and back."""
