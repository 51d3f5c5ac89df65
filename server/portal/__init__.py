"""The portal: what a customer is shown without an account, one page for a phone."""

from server.portal import progress, request, verify
from server.portal.paper import Sheet, furnish

ROUTES = (verify.show, progress.show, request.show, request.send)

__all__ = ["ROUTES", "Sheet", "furnish"]
