from odoo import models
from odoo.fields import Command, Domain
from odoo.tools import str2bool

# Providers whose transactions wait for a bank transfer that the debtor makes himself.
OFFLINE_PROVIDERS = ("custom",)


class PortalPayable(models.AbstractModel):
    """A document of which the debtor pays online what is due now.

    A model that inherits it has ``company_id``, ``currency_id``, ``partner_id`` (the debtor),
    ``name``, ``amount_due_now``, ``transaction_ids``, and the methods ``_get_payable_amounts``
    and ``_check_payable``.
    """

    _name = "portal.payable"
    _description = "Document to Pay Online"

    # === BUSINESS ===#
    def _get_payable_amount(self):
        """What is asked for online, now."""
        self.ensure_one()
        return self.amount_due_now

    def _get_payable_moves(self):
        """The invoices of which items are in this document."""
        raise NotImplementedError

    def _get_transactions_under_way(self):
        """Return online payments of these items that may still succeed.

        Also those that were begun on the page of an invoice or of another document.
        """
        self.ensure_one()
        waiting = Domain("state", "in", ("pending", "authorized")) & Domain(
            "provider_code", "not in", OFFLINE_PROVIDERS
        )
        confirmed = Domain("state", "=", "done") & Domain("is_post_processed", "=", False)
        own = Domain("id", "in", self.sudo().transaction_ids.ids)
        moves = Domain("invoice_ids", "in", self._get_payable_moves().ids)
        return self.env["payment.transaction"].sudo().search((own | moves) & (waiting | confirmed))

    def _is_online_payment_enabled(self):
        """Follow the setting that allows customers to pay invoices online."""
        parameters = self.env["ir.config_parameter"].sudo()
        return str2bool(parameters.get_param("account_payment.enable_portal_payment"), False)

    def _get_bank_qr_code(self):
        """Return the QR code for banking apps as a data URI; nothing when none can be made."""
        self.ensure_one()
        return self.partner_bank_id.build_qr_code_base64(
            self._get_payable_amount(),
            self.payment_reference,
            self.payment_reference,
            self.currency_id,
            self.partner_id,
            silent_errors=True,
        )

    def _prepare_transaction_values(self):
        """Values of a payment transaction that pays everything that is due now."""
        self.ensure_one()
        items = self.env["account.move.line"].concat(*self._get_payable_amounts())
        field = self._fields["transaction_ids"].inverse_name
        return {field: self.id, "invoice_ids": [Command.set(items.move_id.ids)]}

    def _get_settled_amounts(self, transaction):
        """What a transaction settles, by item: what is open of them by now.

        :param transaction: ``payment.transaction`` that was confirmed
        :rtype: dict
        """
        raise NotImplementedError
