"""The wind farm: sensor apps, the lake's template, its job and its queries. Knows only AWS APIs."""
