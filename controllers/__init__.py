from . import letters, payable, portal, portal_arrangement, portal_invoice
