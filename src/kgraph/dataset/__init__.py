"""Files to graphs: which file is which graph, positions, canonical Turtle, the built snapshot."""
