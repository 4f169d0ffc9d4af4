from odoo import models
from odoo.fields import Command, Domain
from odoo.tools import str2bool

from ..calc import reference

# Providers whose transactions wait for a bank transfer that the debtor makes himself.
OFFLINE_PROVIDERS = ("custom",)


def get_under_way_domain():
    """Online payments that may still succeed, or succeeded and are not booked yet."""
    waiting = Domain("state", "in", ("pending", "authorized")) & Domain(
        "provider_code", "not in", OFFLINE_PROVIDERS
    )
    return waiting | Domain("state", "=", "done") & Domain("is_post_processed", "=", False)


class PortalPayable(models.AbstractModel):
    """A document of which the debtor pays online what is due now.

    A model that inherits it has ``company_id``, ``currency_id``, ``partner_id`` (the debtor),
    ``name``, ``debtor_code``, ``amount_due_now``, ``transaction_ids``, and the methods
    ``_get_payable_amounts`` and ``_check_payable``.
    """

    _name = "portal.payable"
    _description = "Document to Pay Online"

    # === BUSINESS: HOW TO PAY ===#
    def _choose_bank(self, moves):
        """The account on the invoices, if they agree on one, else that of the company."""
        self.ensure_one()
        company = self.company_id
        banks = moves.partner_bank_id
        if len(banks) != 1 or banks.partner_id != company.partner_id:
            banks = company.partner_id.bank_ids.filtered(
                lambda bank: (
                    bank.company_id in (bank.company_id.browse(), company)
                    and bank.currency_id in (bank.currency_id.browse(), self.currency_id)
                )
            )
        return banks[:1]

    def _get_own_reference(self):
        """A reference made of the code of the debtor and the number of this document; the number
        alone where that cannot be made."""
        self.ensure_one()
        try:
            return reference.debtor_reference(self.debtor_code, self.name)
        except ValueError:
            return self.name

    def _get_page_link(self):
        """The page of this document for whoever holds the link; none before it is stored."""
        self.ensure_one()
        return f"{self.get_base_url()}{self.get_portal_url()}" if self._origin else False

    # === BUSINESS ===#
    def _sum_unallocated(self, account_type="asset_receivable", until=None):
        """Money of the debtor in this currency that nobody has allocated yet.

        :param datetime.date until: only what was booked until this day
        """
        self.ensure_one()
        accounts = self.env["dunning.decision"]._get_accounts(self.company_id, account_type)
        domain = Domain(
            [
                ("account_id", "in", accounts.ids),
                ("company_id", "=", self.company_id.id),
                ("partner_id.commercial_partner_id", "=", self.partner_id.id),
                ("currency_id", "=", self.currency_id.id),
                ("parent_state", "=", "posted"),
                ("reconciled", "=", False),
                ("amount_residual_currency", "<", 0),
            ]
        )
        if until:
            domain &= Domain("date", "<=", until)
        lines = self.env["account.move.line"].sudo()
        [(residual,)] = lines._read_group(domain, aggregates=["amount_residual_currency:sum"])
        return -(residual or 0.0)

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
        own = Domain("id", "in", self.sudo().transaction_ids.ids)
        moves = Domain("invoice_ids", "in", self._get_payable_moves().ids)
        return self.env["payment.transaction"].sudo().search((own | moves) & get_under_way_domain())

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
