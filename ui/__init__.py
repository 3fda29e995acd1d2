"""Everything between the pages and the package: the visitor's state, questions, jobs."""
