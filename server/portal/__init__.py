"""The portal: what a customer is shown without an account, one page for a phone."""

from server.portal import outlets, progress, request, verify
from server.portal.paper import Sheet, furnish

ROUTES = (
    *(verify.show, progress.show, request.show, request.send, progress.give),
    outlets.show,
)

__all__ = ["ROUTES", "Sheet", "furnish"]
