from . import letters, payable, portal, portal_arrangement, portal_dispute, portal_invoice
