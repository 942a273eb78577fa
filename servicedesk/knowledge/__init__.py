"""Articles, search and answers. Empty until the knowledge base is built (ROADMAP 7)."""
