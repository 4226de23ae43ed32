"""Who are you? What is stored of people, and how well it tells who they are."""
