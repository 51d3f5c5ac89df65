"""The portal: what a customer is shown without an account, one page for a phone."""

from server.portal import verify
from server.portal.paper import Sheet, furnish

ROUTES = (verify.show,)

__all__ = ["ROUTES", "Sheet", "furnish"]
