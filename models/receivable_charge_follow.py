from datetime import date
from decimal import Decimal

from odoo import api, fields, models


class ReceivableCharge(models.Model):
    """After the principal was paid: interest ends on the day of payment, and stays claimable."""

    _inherit = "receivable.charge"

    # === FIELDS ===#
    is_final = fields.Boolean(
        readonly=True,
        copy=False,
        help="All its items were paid, and the interest is that until the days of payment.",
    )

    # === CRON ===#
    @api.model
    def _cron_follow_payments(self):
        """Bring costs and interest in line with what happened to items and invoices."""
        cron = self.env["ir.cron"]
        companies = self.env["res.company"].search([])
        cron._commit_progress(remaining=len(companies))
        for company in companies:
            self._follow_payments(company)
            if not cron._commit_progress(1):
                break

    # === BUSINESS ===#
    @api.model
    def _follow_payments(self, company):
        """What the scheduled action does for one company. A second time changes nothing."""
        self._retry_booking(company)
        self._finish_interest(company)
        booked = self.sudo().search([("company_id", "=", company.id), ("state", "=", "booked")])
        booked.filtered("amount_open")._sync_blocks()

    @api.model
    def _finish_interest(self, company):
        """Bring interest that is not invoiced to the days on which its items were paid, now that
        these are all known: more than was asked when a reminder was paid late, less when a payment
        was booked late."""
        charges = self.sudo().search(
            [
                ("company_id", "=", company.id),
                ("kind", "=", "interest"),
                ("state", "in", ("announced", "due")),
                ("is_final", "=", False),
                ("item_ids", "not any", [("move_line_id.reconciled", "=", False)]),
            ]
        )
        for charge in charges:
            charge._finish(company._get_dunning_today())

    def _finish(self, today):
        self.ensure_one()
        items = self.item_ids.move_line_id
        claims = self.env["statutory.interest"]._accrue(items, today, strict=False)
        if any(claim.omitted for claim in claims):
            # No rate yet, for example: asked again tomorrow.
            return
        settled = self._get_settled_interest(items)
        totals = {
            claim.item: max(claim.total - settled[claim.item], Decimal(0)) for claim in claims
        }
        amount = float(sum(totals.values(), Decimal(0)))
        until = max((claim.until for claim in claims), default=self.until or date.min)
        if self.currency_id.compare_amounts(amount, self.amount):
            self._message_log(
                body=self.env._(
                    "The items were paid: interest until then is %(new)s instead of %(old)s.",
                    new=self.currency_id.format(amount),
                    old=self.currency_id.format(self.amount),
                )
            )
        for part in self.item_ids:
            part.amount = float(totals[part.move_line_id])
        self.write({"amount": amount, "until": until, "is_final": True})
