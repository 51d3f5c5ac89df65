"""The domain, pure: what people do, what the rules say of it, and the records it leaves."""
