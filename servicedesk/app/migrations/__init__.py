"""One chain of migrations for the tables of all packages."""
