from freezegun import freeze_time

from odoo import Command, fields

from .common import CreditManagementCommon


class ArrangementCommon(CreditManagementCommon):
    """Arrangements of a debtor, and days that pass. The company is in the United States: its
    holidays are Memorial Day (25 May 2026) and Independence Day (observed 3 July 2026)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.country_id = cls.env.ref("base.us")
        cls.arrangements = cls.env["installment.arrangement"]
        cls.debtor.user_id = cls.salesman

    def _arrange(self, invoices, user=None, parts=None, state="active", **plan):
        """An arrangement about invoices, on the frozen day.

        :param dict parts: part by invoice, where it is not everything
        :param plan: parameters of ``_plan``, and values of the arrangement
        """
        parts = parts or {}
        names = ("count", "amount", "first_due", "interval", "first_amount", "dates")
        schedule = {name: plan.pop(name) for name in names if name in plan}
        arrangement = (
            self.arrangements.with_user(user or self.manager)
            .create(
                {
                    "partner_id": invoices.partner_id.id,
                    "company_id": invoices.company_id.id,
                    "currency_id": invoices.currency_id.id,
                    "item_ids": [
                        Command.create(
                            {
                                "move_line_id": item.id,
                                "amount": parts.get(item.move_id, item.amount_residual_currency),
                            }
                        )
                        for item in self._items(invoices)
                    ],
                    **plan,
                }
            )
            .with_user(user or self.manager)
        )
        arrangement._plan(
            **{"count": 3, "first_due": fields.Date.to_date("2026-04-01"), **schedule}
        )
        if state == "offered":
            arrangement.action_offer()
        elif state == "active":
            arrangement.action_activate()
        return arrangement.sudo()

    def _day(self, day):
        """What the scheduled action does on a day, without its commits."""
        with freeze_time(f"{day} 08:00:00"):
            model = self.arrangements.sudo()
            model.invalidate_model()
            self.env.invalidate_all()
            today = fields.Date.to_date(day)
            model.browse(model._get_due_ids(self.company, today))._review(today)
            self.env.invalidate_all()

    def _states(self, arrangement):
        self.env.invalidate_all()
        return arrangement._get_ordered_lines().mapped("state")

    def _amounts(self, arrangement):
        return arrangement._get_ordered_lines().mapped("amount")

    def _paid(self, arrangement):
        self.env.invalidate_all()
        return arrangement._get_ordered_lines().mapped("amount_paid")

    def _calls(self, partner=None):
        return self.env["mail.activity"].search(
            [("res_model", "=", "res.partner"), ("res_id", "=", (partner or self.debtor).id)]
        )

    def _mails(self, arrangement, known=None):
        """E-mails to the debtor, oldest first, besides those that are known."""
        return self.env["mail.mail"].search(
            [
                ("id", "not in", known.ids if known else []),
                ("model", "=", "installment.arrangement"),
                ("res_id", "=", arrangement.id),
                ("recipient_ids", "in", self.debtor.ids),
            ],
            order="id",
        )

    def _undo(self, invoice):
        """Take the payments of an invoice off it again."""
        self._items(invoice).remove_move_reconcile()
