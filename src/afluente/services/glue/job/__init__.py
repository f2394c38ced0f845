"""Jobs: their definitions, the scripts of visual ones, and runs in a process of their own."""
