"""Resource types, one file per service: a template's properties to the service's own operations, and back."""
