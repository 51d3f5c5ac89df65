"""The portal: what a customer is shown without an account, one page for a phone."""

from server.portal import progress, verify
from server.portal.paper import Sheet, furnish

ROUTES = (verify.show, progress.show)

__all__ = ["ROUTES", "Sheet", "furnish"]
