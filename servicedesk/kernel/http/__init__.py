"""HTTP manners: problems, pages, conditions, headers. Knows nothing of people or tickets."""
