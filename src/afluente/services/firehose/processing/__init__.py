"""Record processing: the processors of a delivery stream, and the stage that runs them."""
