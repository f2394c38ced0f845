"""awsgluedq, as Glue scripts import it."""
