"""A model writes notes about a repository; each claim is verified before it is kept."""
