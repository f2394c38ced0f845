"""What the wind farm's lake costs on AWS: rounding rules, prices as data, and the lines of a month's bill.

Pure: quantities and prices in, lines out. Who asks (`afluente cost`, `deploy`, `status`) prints them.
"""
