"""awsglueml, as Glue scripts import it."""
