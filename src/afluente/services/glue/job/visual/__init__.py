"""Visual jobs: the script that a graph of nodes stands for."""
