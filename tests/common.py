from contextlib import contextmanager
from datetime import timedelta

from freezegun import freeze_time

from odoo import Command, fields
from odoo.tests import new_test_user

from odoo.addons.account.tests.common import AccountTestInvoicingCommon


class CreditManagementCommon(AccountTestInvoicingCommon):
    """A company with the standard policy, users per role, and helpers to travel through time."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company_data["company"]
        cls.policy = cls.env.ref("account_credit_management.dunning_policy_default")
        cls.levels = {level.stage: level for level in cls.policy.level_ids}
        # Amounts are those of the invoices; costs and interest have tests of their own.
        cls.policy.level_ids.write({"cost_scheme": "none", "charge_interest": False})
        cls.company.dunning_policy_id = cls.policy
        cls.company.email = "accounts@seller.example"
        # Invoices and orders of the past are made at will; tests of the rules make their own.
        cls.env["credit.hold.rule"].search([]).active = False
        group = "account_credit_management.group_"
        cls.collector = cls._new_user("collector", f"{group}collector")
        cls.manager = cls._new_user("credit_manager", f"{group}manager")
        cls.salesman = cls._new_user("salesman", "sales_team.group_sale_salesman")
        cls.debtor = cls._new_debtor("Debtor One")

    @classmethod
    def _new_user(cls, login, groups):
        return new_test_user(
            cls.env,
            login=f"acm_{login}",
            groups=groups,
            company_id=cls.company.id,
            company_ids=[Command.set(cls.env.companies.ids or cls.company.ids)],
            email=f"{login}@seller.example",
        )

    @classmethod
    def _new_debtor(cls, name, **values):
        return cls.env["res.partner"].create(
            {
                "name": name,
                "is_company": True,
                "email": f"{name.lower().replace(' ', '.')}@buyer.example",
                "street": "1 Main Street",
                "zip": "1000 AA",
                "city": "Amsterdam",
                "country_id": cls.env.ref("base.nl").id,
                **values,
            }
        )

    @classmethod
    def _new_invoice(cls, due, partner=None, amount=100.0, sent=True, **values):
        """A posted customer invoice of thirty days before its due date.

        :param due: date or string of the due date
        """
        due = fields.Date.to_date(due)
        invoice = cls.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": (partner or cls.debtor).id,
                "invoice_date": due - timedelta(days=30),
                "invoice_date_due": due,
                "invoice_payment_term_id": False,
                "company_id": cls.company.id,
                "invoice_line_ids": [
                    Command.create({"name": "Goods", "price_unit": amount, "tax_ids": []})
                ],
                **values,
            }
        )
        invoice.action_post()
        invoice.is_move_sent = sent
        return invoice

    @classmethod
    def _new_refund(cls, day, partner=None, amount=100.0):
        refund = cls._new_invoice(day, partner, amount, move_type="out_refund")
        return refund

    def _pay(self, invoice, amount, day):
        """Register a payment that is at once in the books, like a reconciled bank line."""
        wizard = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"amount": amount, "payment_date": day})
        )
        return wizard._create_payments()

    def _receive(self, amount, day, partner=None):
        """Money on the bank that nobody has allocated yet: an open credit on the receivable."""
        journal = self.company_data["default_journal_bank"]
        move = self.env["account.move"].create(
            {
                "move_type": "entry",
                "journal_id": journal.id,
                "date": day,
                "line_ids": [
                    Command.create(
                        {
                            "account_id": journal.default_account_id.id,
                            "debit": amount,
                            "credit": 0,
                        }
                    ),
                    Command.create(
                        {
                            "account_id": self.company_data["default_account_receivable"].id,
                            "partner_id": (partner or self.debtor).id,
                            "debit": 0,
                            "credit": amount,
                        }
                    ),
                ],
            }
        )
        move.action_post()
        return move

    def _items(self, invoice):
        return invoice.line_ids.filtered(lambda line: line.account_type == "asset_receivable")

    def _decisions(self, day, partner=None, company=None):
        """Decision per item id."""
        decisions = self.env["dunning.decision"]._decide(
            company or self.company, fields.Date.to_date(day), partner or self.debtor
        )
        return {decision.item_id: decision for decision in decisions}

    def _decision(self, invoice, day):
        partner = invoice.commercial_partner_id
        return self._decisions(day, partner, invoice.company_id)[self._items(invoice).id]

    def _reason(self, invoice, day):
        return self._decision(invoice, day).reason

    def _run_day(self, day, company=None):
        """What the scheduled action does on a day, without its commits.

        :return: the notices that went out on that day
        """
        company = company or self.company
        with freeze_time(f"{day} 08:00:00"):
            notices = self.env["dunning.notice"]
            self.env["dunning.run"]._propose_automatically(company, fields.Date.to_date(day))
            notices.search(
                [("state", "in", ("ready", "failed")), ("company_id", "=", company.id)]
            )._send(fields.Date.to_date(day))
            return notices.search(
                [("sent_date", "=", day), ("state", "=", "sent"), ("company_id", "=", company.id)]
            )

    @contextmanager
    def _frozen(self, day):
        with freeze_time(f"{day} 09:00:00"):
            yield
