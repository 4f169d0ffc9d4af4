from contextlib import contextmanager

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user

from .common import CreditManagementCommon

# A Friday. Invoices of 100 that fell due on Tuesday 31 March are ten days late.
DAY = "2026-04-10"


class DisputeCommon(CreditManagementCommon):
    """Helpers to open and settle disputes on a day."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dossiers = cls.env["dispute.dossier"]
        cls.reason = cls.env.ref("account_credit_management.dispute_reason_quality")
        cls.company.dispute_window_days = 60
        # Settles disputes and may make credit notes.
        cls.bookkeeper = cls._new_user(
            "bookkeeper",
            "account.group_account_invoice,account_credit_management.group_collector",
        )

    @classmethod
    def _new_head(cls, login="head"):
        return new_test_user(
            cls.env,
            login=f"acm_{login}",
            groups="account_credit_management.group_viewer",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
            email=f"{login}@seller.example",
        )

    def _dispute(self, moves, amount=0.0, day=DAY, user=None, **values):
        """Open a dispute about invoices, of the first an amount if one is given."""
        parts = [{"move_id": move.id} for move in moves]
        parts[0]["amount"] = amount
        values.setdefault("reason", self.reason)
        reason = values.pop("reason")
        with self._frozen(day):
            dossiers = self.dossiers.with_user(user) if user else self.dossiers
            return dossiers._open(moves, reason, parts, **values)

    def _resolve(self, dossier, outcome, day=DAY, user=None, **values):
        with self._frozen(day):
            return dossier.with_user(user or self.bookkeeper)._resolve(outcome, **values)

    def _held(self, dossier):
        """Amounts of the blocks that a dispute holds now, by item; 0 is all of it."""
        blocks = dossier._get_blocks()
        return {block.move_line_id: block.amount for block in blocks}

    def _asked(self, invoice, day):
        """What is reminded of an invoice with one due date on a day; 0 when it waits."""
        decision = self._decision(invoice, day)
        return decision.amount if decision.outcome == "remind" else 0.0

    def _two_due_dates(self, amount=100.0):
        """An invoice of which halves fall due on 31 March and 30 April."""
        term = self.env["account.payment.term"].create(
            {
                "name": "Two halves",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": days})
                    for days in (30, 60)
                ],
            }
        )
        return self._new_invoice(
            "2026-03-31",
            amount=amount,
            invoice_date="2026-03-01",
            invoice_date_due=False,
            invoice_payment_term_id=term.id,
        )

    @contextmanager
    def _refused(self, text, exception=UserError):
        """What is refused leaves nothing behind, and is told in words."""
        with self.assertRaises(exception) as caught:
            yield
        self.assertRegex(str(caught.exception), text)

    def _date(self, day):
        return fields.Date.to_date(day)

    def _activities(self, dossier, name):
        kind = self.env.ref(f"account_credit_management.mail_activity_type_dispute_{name}")
        return dossier.activity_ids.filtered(lambda one: one.activity_type_id == kind)
