from lxml import etree

from odoo import Command
from odoo.tests import Form, tagged
from odoo.tools.safe_eval import safe_eval

from .test_credit_hold import CreditHoldCommon


@tagged("post_install", "-at_install")
class TestCreditReleaseFile(CreditHoldCommon):
    """What a credit manager has beside a request, and what can be seen of a decision later."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._rule("limit")
        cls._limit(100)

    def _table(self, markup):
        """Captions and rows of rendered figures: ``{caption: {label: text}}``."""
        tables = {}
        for table in etree.HTML(markup).iter("table"):
            rows = [(row.findtext("th"), row.findtext("td")) for row in table.iter("tr")]
            tables[table.findtext("caption")] = dict(rows)
        return tables

    def test_figures_of_the_decision_stay_as_they_were(self):
        self._new_invoice("2026-12-31", amount=60)
        self.env["credit.cover"].create(
            {
                "partner_id": self.debtor.id,
                "company_id": self.company.id,
                "amount": 40,
                "date_from": "2025-01-01",
            }
        )
        order = self._order(500)
        release = self._ask(order)
        self.assertFalse(release.decision_table, "nothing is decided yet")
        self._decide(release)
        self.assertFalse(order.credit_decision, "it is not confirmed yet")
        order.action_confirm()
        self._limit(9000)
        self._new_invoice("2026-12-31", amount=7)
        self.env.invalidate_all()
        for markup in (
            release.with_user(self.manager).decision_table,
            order.with_user(self.salesman).credit_decision,
        ):
            tables = self._table(markup)
            basis = tables["Decided on"]
            self.assertEqual(
                [
                    basis[label]
                    for label in ("Limit", "Cover in it", "Used", "Available", "Added by this")
                ],
                ["$\xa0140.00", "$\xa040.00", "$\xa060.00", "$\xa080.00", "$\xa0500.00"],
            )
            self.assertEqual(basis["Causes"], "Over the credit limit")
            self.assertEqual(tables["What counted"], {"Open invoices": "$\xa060.00"})
            self.assertEqual(
                tables["Who bears it"], {"Insured": "$\xa040.00", "Own risk": "$\xa020.00"}
            )
        self.assertEqual(self._table(order.credit_decision)["Decided on"]["Release"], release.name)
        with Form(order) as form:
            self.assertFalse(form._get_modifier("credit_decision", "invisible"))
        self.assertTrue(Form(release.with_user(self.manager)).decision_table)

    def test_a_limit_of_nothing_is_shown_and_none_is_not(self):
        order = self._order(100)
        order.action_confirm()
        basis = self._table(order.credit_decision)["Decided on"]
        self.assertEqual((basis["Used"], basis["Available"]), ("$\xa00.00", "$\xa0100.00"))
        self._decide(release := self._ask(self._order(1)))
        basis = self._table(release.decision_table)["Decided on"]
        self.assertEqual((basis["Limit"], basis["Available"]), ("$\xa0100.00", "$\xa00.00"))
        free = self._order(100, self._new_debtor("Debtor Two"))
        free.action_confirm()
        basis = self._table(free.credit_decision)["Decided on"]
        self.assertNotIn("Limit", basis)
        self.assertNotIn("Available", basis)

    def test_overdue_is_shown_with_its_days(self):
        self._rule("days_overdue", "inform", days=10)
        with self._frozen("2026-05-01"):
            self._new_invoice("2026-03-31", amount=30)
            order = self._order(10)
            order.action_confirm()
        basis = self._table(order.credit_decision)["Decided on"]
        self.assertEqual((basis["Overdue"], basis["Days overdue"]), ("$\xa030.00", "31"))
        self.assertEqual((basis["Day"], basis["Causes"]), ("05/01/2026", "Days overdue"))

    def test_file_stands_beside_the_request(self):
        values = {"partner_id": self.debtor.id, "company_id": self.company.id}
        covers = self.env["credit.cover"].create(
            [
                {**values, "amount": 40, "date_from": "2025-01-01"},
                {
                    **values,
                    "amount": 70,
                    "kind": "guarantee",
                    "date_from": "2024-01-01",
                    "date_to": "2024-12-31",
                },
            ]
        )
        check = self.env["credit.assessment"].create(
            {**values, "source": "Agency", "date": "2025-01-01", "date_to": False}
        )
        self._new_invoice("2026-12-31", amount=60)
        release = self._ask(self._order(500)).with_user(self.manager)
        self.assertEqual(release.credit_assessment_id, check)
        self.assertEqual(release.credit_cover_ids, covers[0], "the other one has lapsed")
        self.assertEqual(
            release.credit_risk_class_id,
            self.env.ref("account_credit_management.credit_risk_class_unknown"),
        )
        self.assertIn("progressbar", release.credit_glance)
        self.assertEqual(release.credit_light, "green")
        self.assertIn("$\xa080.00", release.credit_sentence)
        form = Form(release)
        for name in ("credit_glance", "credit_assessment_id", "credit_cover_ids"):
            self.assertTrue(form[name])
            self.assertFalse(form._get_modifier(name, "invisible"))

    def test_file_is_of_the_company_of_the_request(self):
        other = self.setup_other_company(name="Other Seller")["company"]
        self.manager.company_ids += other
        abroad = self.env["account.move"].with_company(other)
        invoice = abroad.create(
            {
                "move_type": "out_invoice",
                "partner_id": self.debtor.id,
                "invoice_date": "2020-01-01",
                "invoice_date_due": "2020-01-31",
                "invoice_payment_term_id": False,
                "invoice_line_ids": [
                    Command.create({"name": "Goods", "price_unit": 70, "tax_ids": []})
                ],
            }
        )
        invoice.action_post()
        self.debtor.with_company(other).with_context(credit_limit_approved=True).credit_limit = 200
        values = {"name": "Release", "partner_id": self.debtor.id}
        releases = self.env["credit.release"].sudo()
        here, there = releases.create(
            [{**values, "company_id": self.company.id}, {**values, "company_id": other.id}]
        )
        self.env.flush_all()
        for active in (self.company, other):
            self.env.invalidate_all()
            both = (here | there).with_user(self.manager).with_company(active)
            figures = [
                (release.partner_exposure, release.partner_available, release.partner_overdue)
                for release in both
            ]
            self.assertEqual(figures, [(0, 100, 0), (70, 130, 70)])
            self.assertIn("130", both[1].credit_sentence)
            wizard = self.env["credit.release.decide"].with_user(self.manager).with_company(active)
            decide = wizard.create({"release_id": there.id})
            self.assertEqual(decide.partner_exposure, 70)

    def test_debtor_form_says_once_that_orders_wait(self):
        self.levels["reminder"].hold_orders = True
        self._new_invoice("2026-03-31", amount=10)
        self._run_day("2026-04-08")
        partner = self.debtor.with_company(self.company)
        partners = partner.with_user(self.salesman)
        self.assertTrue(partners.dunning_order_hold)
        arch = etree.fromstring(partners.get_view(view_type="form")["arch"])

        def get_banners():
            partners.invalidate_recordset()
            names = ("credit_hold", "dunning_order_hold", "overdue_amount")
            values = {name: partners[name] for name in names}
            [reminded] = arch.xpath("//span[text()='New orders on hold']")
            [held] = arch.xpath("//div[strong[text()='New orders wait.']]")
            return [not safe_eval(node.get("invisible"), dict(values)) for node in (reminded, held)]

        self.assertEqual(get_banners(), [True, False])
        self._rule("level", stage="reminder")
        self.assertEqual(get_banners(), [False, True])
