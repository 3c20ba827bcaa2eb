"""One small protocol, several engines that answer SPARQL queries."""
