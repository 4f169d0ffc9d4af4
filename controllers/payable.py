from odoo import fields
from odoo.exceptions import UserError
from odoo.http import request

from odoo.addons.payment.controllers.portal import PaymentPortal


class PayablePortal(PaymentPortal):
    """Paying a document of ours on its page, be it a reminder or an arrangement.

    The link opens for whoever holds it. Amount and currency of a payment are taken from the
    document, never from the browser.
    """

    # === VALUES ===#
    def _get_recent_transaction(self, document):
        """The last transaction, as long as its outcome is news to the debtor."""
        transaction = document.transaction_ids._get_last()
        if transaction.state == "pending":
            return transaction
        an_hour_ago = fields.Datetime.subtract(fields.Datetime.now(), hours=1)
        return transaction.filtered(lambda last: last.last_state_change > an_hour_ago)

    def _get_document_payment_values(self, document, amount, **kwargs):
        """Values for the payment form of Odoo."""
        partner = self._get_paying_partner(document)
        report = {}
        providers = self._get_document_providers(document, partner, amount, report=report)
        methods = (
            request.env["payment.method"]
            .sudo()
            ._get_compatible_payment_methods(
                providers.ids, partner.id, currency_id=document.currency_id.id, report=report
            )
        )
        tokens = (
            request.env["payment.token"].sudo()._get_available_tokens(providers.ids, partner.id)
        )
        return {
            "amount": amount,
            "currency": document.currency_id,
            "partner_id": partner.id,
            "providers_sudo": providers,
            "payment_methods_sudo": methods,
            "tokens_sudo": tokens,
            "availability_report": report,
            "show_tokenize_input_mapping": self._compute_show_tokenize_input_mapping(providers),
            "transaction_route": f"{document.access_url}/transaction",
            "landing_route": document.get_portal_url(),
            "access_token": document._portal_ensure_token(),
            "show_payment_form": bool(methods or tokens),
            "company_mismatch": not self._can_partner_pay_in_company(partner, document.company_id),
            "expected_company": document.company_id,
            **self._get_extra_payment_form_values(**kwargs),
        }

    def _get_document_providers(self, document, partner, amount, **kwargs):
        return (
            request.env["payment.provider"]
            .sudo()
            ._get_compatible_providers(
                document.company_id.id,
                partner.id,
                amount,
                currency_id=document.currency_id.id,
                **kwargs,
            )
        )

    def _get_paying_partner(self, document):
        """Whoever is logged in pays with his own cards; a visitor pays as the debtor."""
        user = request.env.user
        visitor = document.contact_id or document.partner_id
        return visitor if user._is_public() else user.partner_id

    # === PAYMENT ===#
    def _begin_document_payment(self, document, kwargs, landing_route=None):
        """Create a transaction of what is due now and return its processing values.

        :param dict kwargs: what the browser sent; of the amount nothing is taken from it
        :raise UserError: when there is nothing to pay, told in words for the debtor
        """
        document._check_payable()
        amount = document._get_payable_amount()
        partner = self._get_paying_partner(document)
        providers = self._get_document_providers(document, partner, amount)
        if kwargs.get("provider_id") not in providers.ids:
            raise UserError(request.env._("This way to pay is not available."))
        kwargs |= {
            "amount": amount,
            "currency_id": document.currency_id.id,
            "partner_id": partner.id,
            "landing_route": landing_route or document.get_portal_url(),
            "is_validation": False,
        }
        transaction = self._create_transaction(
            custom_create_values=document._prepare_transaction_values(), **kwargs
        )
        return transaction._get_processing_values()
