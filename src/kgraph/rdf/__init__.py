"""RDF as such: terms, literals of XSD and EDTF, canonical order, equality of graphs."""
