"""What surrounds every screen: the visitor, the order of pages, the server's own answers."""
