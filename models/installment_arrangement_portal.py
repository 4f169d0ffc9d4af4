from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

# A name is no longer, nor is what a debtor writes.
NAME_LENGTH = 100
MESSAGE_LENGTH = 2000
# Two payments of one arrangement within this time are one that was submitted twice.
DOUBLE_SUBMIT = timedelta(seconds=10)


class InstallmentArrangement(models.Model):
    """The page of the debtor: what he sees there, signs and pays."""

    _name = "installment.arrangement"
    _inherit = ["installment.arrangement", "portal.payable"]

    # === FIELDS ===#
    transaction_ids = fields.One2many(
        "payment.transaction",
        "arrangement_id",
        "Transactions",
        readonly=True,
        groups="account.group_account_readonly",
    )

    # === BUSINESS: WHAT IS SEEN ===#
    @api.model
    def _get_visible_domain(self):
        """What the debtor may see: no drafts, nor what was cancelled before it was offered."""
        return Domain("state", "in", ("offered", "active", "fulfilled", "broken")) | (
            Domain("state", "=", "cancelled")
            & (Domain("offered_date", "!=", False) | Domain("active_date", "!=", False))
        )

    @api.model
    def _get_debtor_domain(self, partner):
        """The arrangements that are shown to a debtor who is logged in."""
        return self._get_visible_domain() & Domain(
            "partner_id", "=", partner.commercial_partner_id.id
        )

    def _is_visible(self):
        self.ensure_one()
        return bool(self.filtered_domain(self._get_visible_domain()))

    def _is_expired(self):
        """Whether the offer is over; the scheduled action may not have ended it yet."""
        self.ensure_one()
        end = self.offer_valid_until
        if self.active_date or not end:
            return False
        if self.state == "cancelled":
            return bool(self.closed_date and self.closed_date > end)
        return self.state == "offered" and end < self._get_today()

    def _get_portal_status(self):
        """Where it stands for the debtor: ``offer``, ``expired``, ``due``, ``under_way``,
        ``fulfilled``, ``broken`` or ``cancelled``."""
        self.ensure_one()
        if self._is_expired():
            return "expired"
        if self.state == "offered":
            return "offer"
        if self.state != "active":
            return self.state
        if not self.currency_id.is_zero(self._get_payable_amount()):
            return "due"
        return "under_way" if self.amount_left else "fulfilled"

    # === BUSINESS: PAYMENT ===#
    def _get_payable_amount(self):
        # EXTENDS: only what was agreed on, and not what is being paid
        self.ensure_one()
        if self.state != "active" or self._get_transactions_under_way():
            return 0.0
        amount = self.amount_due_now - self._get_amount_in_transit()
        return self.currency_id.round(max(amount, 0.0))

    def _get_amount_in_transit(self):
        """Online payments without a journal entry, which wait for the bank statement."""
        payments = self.sudo().transaction_ids.payment_id.filtered(
            lambda payment: not payment.move_id and payment.state in ("in_process", "paid")
        )
        return sum(payments.mapped("amount"))

    def _get_payable_moves(self):
        # EXTENDS
        return self.sudo().move_ids

    def _get_settled_amounts(self, transaction):
        # EXTENDS: the oldest items of the arrangement, as far as the money goes
        return self._get_payable_amounts(transaction.amount)

    def _check_payable(self):
        """Refuse a payment that is not due, in words for the debtor.

        Whoever submits at the same moment waits for the other, and then sees what that one began.

        :raise UserError: when there is nothing to pay now
        """
        self.ensure_one()
        self._lock()
        if self.state != "active" or not self._is_online_payment_enabled():
            raise UserError(self.env._("This cannot be paid online."))
        match self._get_portal_status():
            case "fulfilled":
                raise UserError(self.env._("Everything has been paid. Thank you."))
            case "under_way":
                raise UserError(
                    self.env._("A payment is already under way. You need not pay again.")
                )
        if self._get_transactions_just_begun():
            raise UserError(
                self.env._("A payment was begun just now. Please finish it, or wait a moment.")
            )

    def _get_transactions_just_begun(self):
        """Payments that somebody submitted this very moment: pressed twice, or on two devices.

        Later they no longer count, as who comes back from a provider without paying tries again.
        """
        since = fields.Datetime.now() - DOUBLE_SUBMIT
        return self.sudo().transaction_ids.filtered(
            lambda transaction: (
                transaction.state == "draft" and transaction.last_state_change > since
            )
        )

    # === BUSINESS: SIGNING ===#
    def _sign_online(self, name, signature, ip):
        """Sign on the page. Nothing of it is trusted; signing twice is harmless.

        :raise UserError: in words for the debtor
        """
        self.ensure_one()
        self._lock()
        self.invalidate_recordset(["state", "signed_on"])
        if self.signed_on:
            return
        name = " ".join((name or "").split())[:NAME_LENGTH]
        if not name:
            raise UserError(self.env._("What is your name? Please fill it in."))
        if not signature:
            raise UserError(self.env._("The signature is missing."))
        self._sign(name, signature, ip)
        self._message_log(body=self.env._("Signed online by %s.", name))

    def _decline_online(self, reason):
        """The debtor does not agree.

        :raise UserError: in words for the debtor
        """
        self.ensure_one()
        reason = (reason or "").strip()[:MESSAGE_LENGTH]
        if not reason:
            raise UserError(self.env._("Please tell us what does not suit you."))
        self._decline(reason)
