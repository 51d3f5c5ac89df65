"""The phone: what a technician's device keeps, records and tells the server."""
