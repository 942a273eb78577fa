"""HTTP of the console, one file for each resource."""
