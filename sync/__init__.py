"""The sync engine, pure: what travels, what wins, and how both ends come to agree."""
