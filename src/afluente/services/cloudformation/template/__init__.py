"""Templates: text to tree, the tree's rules, parameters, conditions and intrinsic functions. Knows no stack."""
