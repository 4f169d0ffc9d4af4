from odoo.exceptions import AccessError
from odoo.http import route

from odoo.addons.account_payment.controllers.payment import PaymentPortal

from .payable import PayablePortal


class ArrangedInvoicePortal(PaymentPortal, PayablePortal):
    """Paying an invoice on its own page while it is paid in installments."""

    @route()
    def invoice_transaction(self, invoice_id, access_token, **kwargs):
        # EXTENDS 'account_payment': what is due of the arrangement, whatever the browser asks
        try:
            invoice = self._document_check_access("account.move", invoice_id, access_token)
        except AccessError:
            return super().invoice_transaction(invoice_id, access_token, **kwargs)
        arrangement = invoice._get_active_arrangement()
        if not arrangement:
            return super().invoice_transaction(invoice_id, access_token, **kwargs)
        self._validate_transaction_kwargs(
            kwargs, additional_allowed_keys={"name_next_installment", "payment_reference"}
        )
        allowed = kwargs.keys() - {"name_next_installment", "payment_reference"}
        return self._begin_document_payment(
            arrangement.with_company(arrangement.company_id),
            {name: kwargs[name] for name in allowed},
            landing_route=invoice.get_portal_url(),
        )
