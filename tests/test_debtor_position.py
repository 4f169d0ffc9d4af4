from datetime import date, timedelta
from operator import ge, gt, le, lt

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, HttpCase, new_test_user, tagged
from odoo.tools.safe_eval import safe_eval

from odoo.addons.account_credit_management.models.credit_exposure import FIGURES

from .common import CreditManagementCommon

DAY = "2026-05-01"
FEW = 8
MANY = 80


class DebtorPositionCommon(CreditManagementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls.env["product.product"].create(
            {"name": "Goods", "list_price": 100, "taxes_id": [], "invoice_policy": "order"}
        )
        cls.positions = cls.env["debtor.position"].with_company(cls.company)
        cls.over = cls._new_debtor("Over", user_id=cls.salesman.id)
        cls.near = cls._new_debtor("Near")
        cls.free = cls._new_debtor("Free")
        cls._grant(cls.over, 500)
        cls._grant(cls.near, 1000)
        cls._new_invoice("2026-03-31", cls.over, 700)
        cls._new_invoice("2026-05-20", cls.near, 900)
        cls._new_invoice("2026-04-20", cls.free, 100)

    @classmethod
    def _grant(cls, debtor, amount):
        debtor.with_company(cls.company)._with_credit_gate_open().credit_limit = amount

    def _order(self, partner, amount, **values):
        return (
            self.env["sale.order"]
            .sudo()
            .create(
                {
                    "partner_id": partner.id,
                    "company_id": self.company.id,
                    "user_id": self.salesman.id,
                    "order_line": [
                        Command.create(
                            {
                                "product_id": self.product.id,
                                "product_uom_qty": 1,
                                "price_unit": amount,
                                "tax_ids": [],
                            }
                        )
                    ],
                    **values,
                }
            )
        )

    def _partners(self):
        """The debtors as a salesperson sees them, nothing in the cache."""
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env["res.partner"].with_company(self.company).with_user(self.salesman)


@tagged("post_install", "-at_install")
class TestDebtorPosition(DebtorPositionCommon):
    """The list of debtors and limits: the one definition of exposure, searchable."""

    def _found(self, domain, user=None):
        with self._frozen(DAY):
            rows = self.positions.with_user(user or self.salesman).search(domain)
            return rows.partner_id & (self.debtor | self.over | self.near | self.free)

    def test_the_list_is_what_the_exposure_says(self):
        self.env["credit.cover"].create(
            {
                "partner_id": self.over.id,
                "amount": 333.33,
                "own_risk_percentage": 10,
                "date_from": "2026-01-01",
                "company_id": self.company.id,
                "currency_id": self.company.currency_id.id,
            }
        )
        self.env["credit.group"].create(
            {
                "name": "Group",
                "company_id": self.company.id,
                "credit_limit": 800,
                "partner_ids": [Command.set((self.near + self.free).ids)],
            }
        )
        self._order(self.near, 50).action_confirm()
        partners = self.over + self.near + self.free
        with self._frozen(DAY):
            expected = self.env["credit.exposure"]._get_positions(self.company, partners)
            rows = self.positions.search([("partner_id", "in", partners.ids)])
            self.assertEqual(rows.partner_id, partners)
            for row in rows:
                position = expected[row.partner_id.id]
                for name in FIGURES:
                    shown = row["credit_limit" if name == "limit" else name]
                    value = getattr(position, name)
                    if name == "group_id":
                        self.assertEqual(shown.id, value or False)
                    else:
                        self.assertAlmostEqual(shown, value or 0, 2, f"{name} of {row}")
                self.assertAlmostEqual(row.usage, position.usage, 2)
                self.assertEqual(row.has_limit, position.available is not None)
        self.assertEqual(rows.company_id, self.company)
        self.assertEqual(expected[self.near.id].orders, 50)
        self.assertAlmostEqual(expected[self.over.id].insured, 300, 2)

    def test_filters(self):
        self.assertEqual(self._found([("available", "<", 0)]), self.over)
        nearly_full = ["|", ("usage", ">", 80), ("available", "<", 0)]
        self.assertEqual(self._found(nearly_full), self.over + self.near)
        self.assertEqual(self._found([("has_limit", "=", False)]), self.free)
        self.assertEqual(self._found([("overdue", ">", 0)]), self.over + self.free)
        self.assertEqual(self._found([("oldest_days", ">", 30)]), self.over)
        self.assertEqual(self._found([("user_id", "=", self.salesman.id)]), self.over)
        self.assertEqual(self._found([("cover_lapsed", "=", True)]), self.env["res.partner"])

    def test_lapsed_cover_and_checks(self):
        self.env["credit.cover"].create(
            {
                "partner_id": self.near.id,
                "amount": 100,
                "date_from": "2026-01-01",
                "date_to": "2026-04-30",
                "company_id": self.company.id,
                "currency_id": self.company.currency_id.id,
            }
        )
        self.env["credit.assessment"].create(
            {
                "partner_id": self.over.id,
                "source": "Agency",
                "date": "2026-04-01",
                "company_id": self.company.id,
                "currency_id": self.company.currency_id.id,
            }
        )
        self.assertEqual(self._found([("cover_lapsed", "=", True)]), self.near)
        self.assertEqual(self._found([("check_valid", "=", False)]), self.near + self.free)

    def test_a_limit_that_shrank_to_nothing_is_used_up(self):
        self.company.credit_cover_mode = "within"
        self.env["credit.cover"].create(
            {
                "partner_id": debtor.id,
                "amount": 1000,
                "date_from": "2026-01-01",
                "date_to": "2026-04-30",
                "company_id": self.company.id,
                "currency_id": self.company.currency_id.id,
            }
            for debtor in (self.near, self.debtor)
        )
        self._grant(self.debtor, 1000)
        with self._frozen(DAY):
            positions = self.env["credit.exposure"]._get_positions(
                self.company, self.near + self.debtor + self.free
            )
            self.assertEqual((positions[self.near.id].limit, self.near.credit_exposure), (0, 900))
            for debtor, usage in ((self.near, 100), (self.debtor, 0), (self.free, 0)):
                self.assertEqual(positions[debtor.id].usage, usage)
                self.assertEqual(debtor.with_company(self.company).credit_usage, usage)
        self.assertEqual(self._found([("usage", ">=", 100)]), self.near + self.over)

    def test_debtors_of_whom_nothing_is_known_show_their_class_as_on_the_form(self):
        self.env["credit.behavior"].sudo().search([("company_id", "=", self.company.id)]).unlink()
        bad = self.env.ref("account_credit_management.credit_risk_class_bad")
        self.env["credit.behavior"].sudo().create(
            {
                "partner_id": self.over.id,
                "company_id": self.company.id,
                "date": DAY,
                "risk_class_id": bad.id,
            }
        )
        unknown = self.env.ref("account_credit_management.credit_risk_class_unknown")
        with self._frozen(DAY):
            rows = self.positions.with_user(self.salesman)
            for debtor, risk_class in ((self.over, bad), (self.near, unknown)):
                row = rows.search([("partner_id", "=", debtor.id)])
                self.assertEqual(row.risk_class_id, risk_class)
                form = debtor.with_company(self.company)
                self.assertEqual(row.risk_class_id, form.credit_risk_class_id)
            groups = dict(rows._read_group([], ["risk_class_id"], ["__count"]))
        self.assertEqual(self._found([("risk_class_id", "=", unknown.id)]), self.near + self.free)
        self.assertEqual(self._found([("risk_class_id", "=", False)]), self.env["res.partner"])
        self.assertEqual((groups[bad], groups[unknown]), (1, 2))

    def test_every_filter_and_group_of_the_screen_works(self):
        arch = self.env.ref(
            "account_credit_management.view_debtor_position_search"
        )._get_combined_arch()
        filters = arch.xpath("//filter[@domain]")
        self.assertGreater(len(filters), 6)
        with self._frozen(DAY):
            rows = self.positions.with_user(self.salesman)
            for node in filters:
                domain = safe_eval(node.get("domain"), {"uid": self.salesman.id})
                self.assertLessEqual(rows.search_count(domain), rows.search_count([]))
            for name in ("user_id", "risk_class_id", "group_id"):
                groups = rows._read_group([], [name], ["exposure:sum", "usage:avg", "__count"])
                self.assertEqual(sum(group[1] for group in groups), 1700)

    def test_partners_by_what_they_use_and_have_left(self):
        ours = self.debtor | self.over | self.near | self.free
        with self._frozen(DAY):
            partners = self._partners()

            def found(domain):
                return partners.search([*domain, ("id", "in", ours.ids)])

            for operator, compare, value in (
                (">", gt, 100),
                (">=", ge, 100),
                ("<", lt, 100),
                ("<=", le, 100),
                ("<", lt, -5),
            ):
                for name in ("credit_exposure", "credit_available"):
                    expected = [
                        partner.id
                        for partner in partners.browse(ours.ids)
                        if compare(partner[name], value)
                    ]
                    self.assertCountEqual(
                        found([(name, operator, value)]).ids, expected, (name, operator, value)
                    )
            self.assertEqual(found([("credit_available", "<", 0)]).ids, self.over.ids)

    def test_salespeople_see_figures_without_rights_to_the_ledger(self):
        viewer = self._new_user("viewer", "account_credit_management.group_viewer")
        with self.assertRaises(AccessError):
            self.env["account.move.line"].with_user(viewer).search([], limit=1)
        with self._frozen(DAY):
            rows = self.positions.with_user(viewer)
            row = rows.search([("partner_id", "=", self.over.id)])
            self.assertEqual((row.exposure, row.available, row.oldest_days), (700, -200, 31))
            self.assertEqual(row.action_open_debtor()["res_id"], self.over.id)
        for work in (
            lambda: row.write({"exposure": 0}),
            lambda: row.unlink(),
            lambda: rows.create({"partner_id": self.over.id}),
        ):
            with self.assertRaises(AccessError):
                work()

    def test_nobody_else_sees_anything(self):
        portal = new_test_user(self.env, "acm_portal", groups="base.group_portal")
        employee = self._new_user("employee", "base.group_user")
        for user in (portal, employee):
            with self.assertRaises(AccessError):
                self.positions.with_user(user).search([])
            debtor = self.over.with_user(user)
            for name in ("credit_glance", "credit_sentence", "credit_available", "credit_chart"):
                self.assertFalse(debtor._has_field_access(debtor._fields[name], "read"))

    def test_every_company_has_its_own(self):
        other = self.setup_other_company(name="Other")["company"]
        with self._frozen(DAY):
            rows = self.env["debtor.position"].with_company(other)
            self.assertNotIn(self.over, rows.search([]).partner_id)
            self.over.with_company(other)._with_credit_gate_open().credit_limit = 10
            move = self.init_invoice("out_invoice", self.over, amounts=[40], company=other)
            move.action_post()
            row = rows.search([("partner_id", "=", self.over.id)])
            self.assertEqual(row.company_id, other)
            self.assertEqual(row.exposure, move.amount_total_signed)
            self.assertEqual(self._found([("available", "<", 0)]), self.over)
            ours = self.positions.search([("partner_id", "=", self.over.id)])
            self.assertEqual((ours.exposure, ours.credit_limit), (700, 500))

    def test_queries_do_not_grow_with_the_rows(self):
        debtors = self.env["res.partner"]
        for number in range(MANY):
            debtors |= self._new_debtor(f"Many {number}")
        for debtor in debtors:
            self._grant(debtor, 1000)
            self._new_invoice("2026-04-01", debtor, 10)
        arch = self.env.ref(
            "account_credit_management.view_debtor_position_list"
        )._get_combined_arch()
        specification = {
            node.get("name"): {"fields": {"display_name": {}}}
            if self.positions._fields[node.get("name")].type == "many2one"
            else {}
            for node in arch.xpath("//field")
        }
        rows = self.positions.with_user(self.salesman)

        def read(limit):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            with self._frozen(DAY):
                found = rows.web_search_read([], specification, limit=limit)["records"]
            self.assertEqual(len(found), limit)
            return self.env.cr.sql_log_count - before

        read(FEW)  # fills the caches of the registry
        self.assertEqual(read(FEW), read(MANY))

    def test_salespeople_begin_with_their_customers(self):
        setup = self.env["dunning.setup"]
        action = setup.with_user(self.salesman).action_start()
        self.assertEqual(action["res_model"], "debtor.position")
        self.assertEqual(setup.with_user(self.collector).action_start()["res_model"], "dunning.run")


@tagged("post_install", "-at_install")
class TestCreditGlance(DebtorPositionCommon):
    """The credit tab, the line on the quotation and the settings."""

    def _read(self, partner, *names):
        with self._frozen(DAY):
            debtor = self._partners().browse(partner.id)
            return tuple(debtor[name] for name in names)

    def test_light_and_sentence(self):
        light, sentence = self._read(self.over, "credit_light", "credit_sentence")
        self.assertEqual(light, "red")
        self.assertIn("The limit is exceeded by", sentence)
        self.assertIn("200.00", sentence)
        self.assertIn("the oldest 31 days", sentence)
        light, sentence = self._read(self.near, "credit_light", "credit_sentence")
        self.assertEqual(light, "amber", "90 % is used")
        self.assertIn("100.00", sentence)
        self.assertNotIn("overdue", sentence)
        self._grant(self.near, 9000)
        self.assertEqual(self._read(self.near, "credit_light"), ("green",))
        light, sentence = self._read(self.free, "credit_light", "credit_sentence")
        self.assertEqual(light, "amber", "Something is overdue")
        self.assertIn("There is no credit limit.", sentence)
        self.assertEqual(self._read(self.debtor, "credit_light"), ("green",))

    def test_a_hold_and_its_reason(self):
        self.env["credit.hold.rule"].create(
            {"criterion": "manual", "action": "approve", "company_id": self.company.id}
        )
        self._grant(self.near, 9000)
        self.assertEqual(self._read(self.near, "credit_light"), ("green",))
        self.near.with_company(self.company)._set_credit_hold("Waits for papers")
        light, sentence = self._read(self.near, "credit_light", "credit_sentence")
        self.assertEqual(light, "red")
        self.assertTrue(sentence.startswith("New orders wait."), sentence)
        self.assertIn("Waits for papers", sentence)

    def test_the_bar_shows_who_bears_what(self):
        for kind, amount in (("guarantee", 100), ("insurance", 250)):
            self.env["credit.cover"].create(
                {
                    "kind": kind,
                    "partner_id": self.over.id,
                    "amount": amount,
                    "date_from": "2026-01-01",
                    "company_id": self.company.id,
                    "currency_id": self.company.currency_id.id,
                }
            )
        (glance,) = self._read(self.over, "credit_glance")
        for text in ("Guaranteed", "Insured", "Own risk", "What counts", "Open invoices"):
            self.assertIn(text, glance)
        self.assertNotIn("Factored", glance)
        self.assertNotIn("Draft invoices", glance)
        self.assertIn('role="progressbar"', glance)
        self.assertIn('aria-valuenow="82"', glance)  # 700 of 850
        (glance,) = self._read(self.free, "credit_glance")
        self.assertNotIn("progressbar", glance, "Nothing to compare with")

    def test_the_bar_is_full_when_the_limit_is_exceeded(self):
        (glance,) = self._read(self.over, "credit_glance")
        self.assertIn("width: 100.00%", glance)
        self.assertIn('aria-valuenow="100"', glance)
        self.assertIn('aria-valuetext="140 %"', glance)

    def test_names_are_escaped(self):
        self.env["credit.group"].create(
            {
                "name": "<b>Bold</b>",
                "company_id": self.company.id,
                "credit_limit": 5000,
                "partner_ids": [Command.set(self.near.ids)],
            }
        )
        (glance,) = self._read(self.near, "credit_glance")
        self.assertIn("&lt;b&gt;Bold", glance)

    def test_chart_of_days_late_by_month(self):
        self.assertEqual(self._read(self.near, "credit_chart"), (False,), "Nothing was paid yet")
        for due, paid, amount in (
            ("2026-02-01", "2026-02-11", 300),
            ("2026-02-01", "2026-02-21", 100),
            ("2026-04-10", "2026-04-07", 50),
            ("2025-03-10", "2025-04-20", 50),
        ):
            self._pay(self._new_invoice(due, self.near, amount), amount, paid)
        with self._frozen(DAY):
            months = self.near._get_credit_months(self.company, self.near + self.over)
        self.assertEqual(months, {self.near.id: {date(2026, 2, 1): 12.5, date(2026, 4, 1): -3.0}})
        (chart,) = self._read(self.near, "credit_chart")
        self.assertEqual(chart.count("<rect"), 2)
        self.assertIn("Feb", chart)

    def test_contacts_show_the_credit_of_their_company(self):
        contact = self.env["res.partner"].create({"name": "Person", "parent_id": self.over.id})
        names = ("credit_light", "credit_sentence", "credit_exposure")
        self.assertEqual(self._read(contact, *names), self._read(self.over, *names))

    def test_the_form_opens_for_every_role(self):
        self._grant(self.over, 500)
        for user in (self.salesman, self.collector, self.manager):
            with self._frozen(DAY), Form(self.over.with_user(user)) as form:
                self.assertEqual(form.credit_light, "red")
        viewer = self._new_user(
            "viewer", "account_credit_management.group_viewer,base.group_partner_manager"
        )
        with self._frozen(DAY), Form(self.over.with_user(viewer)) as form:
            self.assertEqual(form.credit_light, "red")
        with Form(self.env["res.partner"].with_user(viewer)) as form:
            form.name = "New Customer"
            self.assertFalse(form.credit_light)

    def test_room_on_a_quotation(self):
        order = self._order(self.near, 150)
        with self._frozen(DAY):
            order = order.with_user(self.salesman)
            self.assertTrue(order.credit_has_limit)
            self.assertEqual(order.credit_limit_in_force, 1000)
            self.assertEqual(order.credit_used_after, 1050)
            self.assertEqual(order.credit_left_after, -50)
            order.order_line.price_unit = 20
            self.assertEqual(order.credit_left_after, 80)
            with Form(order) as form:
                form.partner_id = self.free
                self.assertFalse(form.credit_has_limit)
                self.assertEqual(form.credit_used_after, 120)

    def test_room_is_in_the_currency_of_the_company(self):
        currency = self.setup_other_currency("GBP", rates=[("2020-01-01", 0.5)])
        pricelist = self.env["product.pricelist"].create(
            {"name": "GBP", "currency_id": currency.id}
        )
        order = self._order(self.near, 30, pricelist_id=pricelist.id)
        with self._frozen(DAY):
            self.assertEqual(order.currency_id, currency)
            self.assertEqual(order.amount_total, 30)
            self.assertEqual(order.credit_left_after, 40)

    def test_settings_refuse_what_makes_no_sense(self):
        for name, value in (
            ("credit_orders_within_days", -1),
            ("credit_assessment_days", -1),
            ("credit_max_collector", -1),
            ("credit_max_manager", -1),
        ):
            with self.assertRaises(ValidationError, msg=name), self.cr.savepoint():
                self.company[name] = value
        self.company.write({"credit_max_collector": 100, "credit_max_manager": 100})
        with self.assertRaises(ValidationError):
            self.company.credit_max_manager = 99.99

    def test_settings_take_both_amounts_at_once(self):
        settings = self.env["res.config.settings"].with_company(self.company)
        for collector, manager in ((20000, 50000), (100, 200)):
            settings.create(
                {"credit_max_collector": collector, "credit_max_manager": manager}
            ).execute()
            self.assertEqual(self.company.credit_max_collector, collector)
            self.assertEqual(self.company.credit_max_manager, manager)


@tagged("post_install", "-at_install")
class TestCreditTab(HttpCase, CreditManagementCommon):
    """A salesperson looks at a customer, in a browser."""

    def test_tour(self):
        today = self.company._get_dunning_today()
        self.salesman.password = "acm_salesman"
        self.debtor.user_id = self.salesman
        self.debtor.with_company(self.company)._with_credit_gate_open().credit_limit = 500
        self._new_invoice(today - timedelta(days=12), amount=700)
        self.start_tour(
            f"/odoo/debtor-positions?cids={self.company.id}", "credit_tab", login="acm_salesman"
        )
