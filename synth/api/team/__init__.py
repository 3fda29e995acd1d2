"""A team on one server: who may do what, the library of releases, and how one is published."""
