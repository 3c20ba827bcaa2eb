def read_components(graph): return []
