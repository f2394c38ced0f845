"""The services. Siblings never import each other: each declares the ports it needs, and app.py fills them."""
