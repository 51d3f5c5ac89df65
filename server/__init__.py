"""The office side: one database, one door for writes, and everything people reach it by."""
