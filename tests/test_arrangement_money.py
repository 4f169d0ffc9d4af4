from hypothesis import given, settings
from hypothesis import strategies as st

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .arrangement_common import ArrangementCommon


@tagged("post_install", "-at_install")
class TestArrangementMoney(ArrangementCommon):
    """Amounts: schedules, interest and costs, taxes, currencies and settling early."""

    def _plan(self, invoice, **schedule):
        with self._frozen("2026-01-15"):
            arrangement = self._arrange(invoice, state="draft", **schedule)
        return [
            (line.date_due.isoformat(), line.amount) for line in arrangement._get_ordered_lines()
        ]

    # === SCHEDULE ===#
    def test_100_over_3(self):
        invoice = self._new_invoice("2026-01-12", amount=100.0)
        self.assertEqual(
            self._plan(invoice, count=3, first_due=fields.Date.to_date("2026-02-02")),
            [("2026-02-02", 33.33), ("2026-03-02", 33.33), ("2026-04-02", 33.34)],
        )

    def test_month_ends_and_29_february(self):
        invoice = self._new_invoice("2026-01-12", amount=100.0)
        days = [
            day
            for day, _amount in self._plan(
                invoice, count=4, first_due=fields.Date.to_date("2028-01-31")
            )
        ]
        # 30 April 2028 is a Sunday.
        self.assertEqual(days, ["2028-01-31", "2028-02-29", "2028-03-31", "2028-05-01"])
        days = [
            day
            for day, _amount in self._plan(
                invoice, count=13, first_due=fields.Date.to_date("2028-02-29")
            )
        ]
        self.assertEqual((days[1], days[-1]), ("2028-03-29", "2029-02-28"))

    def test_weekends_and_holidays_move_one_date_only(self):
        invoice = self._new_invoice("2026-01-12", amount=100.0)
        days = [
            day
            for day, _amount in self._plan(
                invoice, count=4, first_due=fields.Date.to_date("2026-05-25"), interval="week"
            )
        ]
        # Memorial Day is followed by a Tuesday; the next week stays on Monday.
        self.assertEqual(days, ["2026-05-26", "2026-06-01", "2026-06-08", "2026-06-15"])

    def test_an_amount_per_period_and_days_of_ones_own(self):
        invoice = self._new_invoice("2026-01-12", amount=100.0)
        first = fields.Date.to_date("2026-02-02")
        self.assertEqual(
            self._plan(invoice, amount=40.0, first_due=first, first_amount=10.0),
            [
                ("2026-02-02", 10.0),
                ("2026-03-02", 40.0),
                ("2026-04-02", 40.0),
                ("2026-05-04", 10.0),
            ],
        )
        dates = [first, fields.Date.to_date("2026-02-10"), fields.Date.to_date("2026-06-01")]
        self.assertEqual(
            self._plan(invoice, dates=dates),
            [("2026-02-02", 33.33), ("2026-02-10", 33.33), ("2026-06-01", 33.34)],
        )
        for wrong in (
            {"dates": dates[::-1]},
            {"count": 0},
            {"count": 521},
            {"count": 3, "first_amount": 100.01},
            {"amount": 0.01},
            {"count": 3, "first_due": None},
        ):
            with self.assertRaises(UserError):
                self._plan(invoice, **wrong)

    def test_a_currency_that_is_not_counted_in_cents(self):
        currency = self.setup_other_currency("CHF", rounding=0.05, rates=[("2020-01-01", 1.0)])
        invoice = self._new_invoice("2026-01-12", amount=100.0, currency_id=currency.id)
        self.assertEqual(
            [amount for _day, amount in self._plan(invoice, count=3)], [33.3, 33.35, 33.35]
        )

    @settings(max_examples=200, deadline=None)
    @given(
        parts=st.lists(st.integers(1, 10_000), min_size=1, max_size=12),
        steps=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12)), max_size=12),
        how=st.sampled_from(["shorten", "lower"]),
    )
    def test_payments_in_any_order_leave_the_sum_and_never_a_negative(self, parts, steps, how):
        model = self.arrangements.new({"currency_id": self.company.currency_id.id})
        lines = [
            {"date_due": fields.Date.add(fields.Date.to_date("2026-01-01"), days=index)}
            for index in range(len(parts))
        ]
        amounts, seen, due = list(parts), 0, 0
        for share, passed in steps:
            paid = round(sum(parts) * share)
            due = min(max(due, passed), len(parts))
            before = amounts
            amounts = model._get_amounts_after(before, parts, paid, seen, due, how)
            self.assertEqual(sum(amounts), sum(parts))
            self.assertGreaterEqual(min(amounts), 0)
            self.assertEqual(
                model._get_amounts_after(amounts, parts, paid, paid, due, how), amounts
            )
            model.line_ids = [Command.clear()] + [
                Command.create({**values, "amount": float(amount) / 100})
                for values, amount in zip(lines, amounts, strict=True)
            ]
            poured = list(model._pour(paid / 100).values())
            self.assertEqual(round(sum(poured) * 100), paid)
            open_before = False
            for part, amount in zip(poured, amounts, strict=True):
                self.assertGreaterEqual(part, 0)
                self.assertFalse(open_before and part)
                open_before = open_before or round(part * 100) < amount
            seen = paid

    # === INTEREST AND COSTS ===#
    def test_interest_and_costs_are_invoiced_once_when_it_holds(self):
        self.company.credit_hold_invoices = True
        invoice = self._new_invoice("2026-02-02", amount=300.0)
        with self._frozen("2026-03-02"):
            arrangement = self._arrange(
                invoice, state="offered", amount_interest=21.0, amount_costs=9.0
            )
            self.assertFalse(arrangement.charge_move_id)
            self.assertEqual(arrangement.amount_total, 330.0)
            arrangement._activate()
            arrangement._activate()
        charge = arrangement.charge_move_id
        self.assertEqual((charge.state, charge.amount_total), ("posted", 30.0))
        self.assertEqual(charge.amount_tax, 0.0)
        self.assertTrue(charge.is_move_sent, "no reminder waits for it: the agreement told of it")
        self.assertEqual(charge.invoice_line_ids.mapped("price_total"), [21.0, 9.0])
        self.assertEqual(charge.invoice_date_due, arrangement.date_end)
        self.assertEqual(arrangement.item_ids.mapped("is_charge"), [False, True])
        self.assertEqual(arrangement.amount_total, 330.0)
        self.assertEqual(self._amounts(arrangement), [110.0] * 3)
        self.assertEqual(
            list(arrangement._get_open_amounts().items()),
            [(self._items(invoice), 300.0), (self._items(charge), 30.0)],
        )
        with self._frozen("2026-04-01"):
            self._pay(invoice, 300.0, "2026-04-01")
        self.assertEqual(arrangement.state, "active")
        with self._frozen("2026-04-02"):
            self._pay(charge, 30.0, "2026-04-02")
        self.assertEqual(arrangement.state, "fulfilled")

    def test_a_product_with_tax_or_without_account_is_refused(self):
        invoice = self._new_invoice("2026-02-02", amount=300.0)
        self.company.arrangement_charge_product_id = self.product_a
        with self._frozen("2026-03-02"):
            arrangement = self._arrange(invoice, state="draft", amount_costs=30.0)
            with self.assertRaises(UserError):
                arrangement.action_activate()
        self.company.arrangement_charge_product_id = False
        self.env["account.journal"].search(
            [("type", "=", "sale"), ("company_id", "=", self.company.id)]
        ).default_account_id = False
        self.env["product.category"].search([]).with_company(
            self.company
        ).property_account_income_categ_id = False
        self.company.income_account_id = False
        with self._frozen("2026-03-02"), self.assertRaises(UserError):
            arrangement.action_activate()

    # === ITEMS ===#
    def test_two_invoices_with_different_taxes(self):
        taxes = [
            self.env["account.tax"].create({"name": f"{rate}%", "amount": rate})
            for rate in (21.0, 6.0)
        ]
        first, second = (
            self._new_invoice(
                due,
                invoice_line_ids=[
                    Command.create(
                        {"name": "Goods", "price_unit": 33.33, "tax_ids": [Command.set(tax.ids)]}
                    )
                ],
            )
            for due, tax in zip(("2026-02-02", "2026-01-05"), taxes, strict=True)
        )
        self.assertEqual((first.amount_total, second.amount_total), (40.33, 35.33))
        with self._frozen("2026-03-02"):
            arrangement = self._arrange(first | second, count=3)
            self.assertEqual(self._amounts(arrangement), [25.22, 25.22, 25.22])
            self.assertEqual(arrangement._get_payable_amounts(), {self._items(second): 25.22})
        self.assertEqual(
            arrangement._get_payable_amounts(40.0),
            {self._items(second): 35.33, self._items(first): 4.67},
        )
        # Money for the younger invoice pays the first installment as well.
        with self._frozen("2026-04-01"):
            self._pay(first, 40.33, "2026-04-01")
        self.assertEqual(self._paid(arrangement), [40.33, 0.0, 0.0])
        self.assertEqual(self._amounts(arrangement), [40.33, 25.22, 10.11])

    def test_currencies_companies_and_debtors_do_not_mix(self):
        currency = self.setup_other_currency("GBP", rates=[("2020-01-01", 0.5)])
        foreign = self._new_invoice("2026-02-02", currency_id=currency.id)
        other = self._new_invoice("2026-02-02", self._new_debtor("Debtor Two"))
        company = self.setup_other_company(name="Other Seller")["company"]
        elsewhere = self._new_invoice("2026-02-02", company_id=company.id)
        bill = self._new_invoice("2026-02-02", move_type="out_refund")
        invoice = self._new_invoice("2026-02-02")
        for wrong in (foreign, other, elsewhere, bill):
            with self.assertRaises(UserError):
                self.arrangements.create(
                    {
                        "partner_id": self.debtor.id,
                        "company_id": self.company.id,
                        "currency_id": invoice.currency_id.id,
                        "item_ids": [
                            Command.create({"move_line_id": item.id, "amount": 10.0})
                            for item in self._items(invoice | wrong)
                        ],
                    }
                )

    def test_foreign_currency_with_rates_that_change(self):
        currency = self.setup_other_currency(
            "GBP",
            rates=[("2020-01-01", 2.0), ("2026-04-01", 4.0), ("2026-05-01", 1.0)],
        )
        invoice = self._new_invoice("2026-02-02", amount=300.0, currency_id=currency.id)
        self.assertEqual(invoice.amount_total_signed, 150.0)
        with self._frozen("2026-03-02"):
            arrangement = self._arrange(invoice, amount_interest=3.0)
        self.assertEqual(arrangement.charge_move_id.currency_id, currency)
        for day in ("2026-04-01", "2026-05-01"):
            with self._frozen(day):
                self._pay(invoice, 101.0, day)
            self._day(day)
        self.assertEqual(arrangement.amount_paid, 202.0)
        self.assertEqual(self._amounts(arrangement), [101.0] * 3)
        with self._frozen("2026-06-01"):
            self._pay(invoice, 98.0, "2026-06-01")
            self._pay(arrangement.charge_move_id, 3.0, "2026-06-01")
        self.assertEqual(arrangement.state, "fulfilled")
        self.assertFalse(arrangement._get_blocks())

    # === SETTLING EARLY ===#
    def _settling(self):
        invoice = self._new_invoice("2026-02-02", amount=300.0)
        with self._frozen("2026-03-02"):
            arrangement = self._arrange(invoice, amount_interest=30.0)
        with self._frozen("2026-04-01"):
            self._pay(invoice, 110.0, "2026-04-01")
        with self._frozen("2026-04-15"):
            # Two thirds of the interest are for the installments of May and June.
            self.assertEqual(
                arrangement._get_settlement(fields.Date.to_date("2026-04-20")), (200.0, 20.0)
            )
            self.assertEqual(
                arrangement._get_settlement(fields.Date.to_date("2026-05-01")), (210.0, 10.0)
            )
            arrangement.with_user(self.collector)._settle(fields.Date.to_date("2026-04-20"))
            self.env.invalidate_all()
            self.assertEqual(arrangement.amount_due_now, 200.0)
        return invoice, arrangement

    def test_settling_early_credits_the_interest_that_is_not_due(self):
        invoice, arrangement = self._settling()
        with self._frozen("2026-04-20"):
            self._pay(invoice, 190.0, "2026-04-20")
            self._pay(arrangement.charge_move_id, 10.0, "2026-04-20")
        self.assertEqual(arrangement.state, "active")
        self._day("2026-04-20")
        self.assertEqual(arrangement.state, "fulfilled")
        refund = arrangement.charge_move_id.reversal_move_ids
        self.assertEqual((refund.state, refund.amount_total), ("posted", 20.0))
        self.assertEqual(arrangement.charge_move_id.amount_residual, 0.0)
        self.assertEqual(refund.amount_residual, 0.0)
        self._day("2026-04-21")
        self.assertEqual(len(arrangement.charge_move_id.reversal_move_ids), 1)

    def test_not_settled_in_time_the_plan_goes_on(self):
        _invoice, arrangement = self._settling()
        with self._frozen("2026-04-21"):
            self.env.invalidate_all()
            self.assertEqual(arrangement.amount_due_now, 110.0)
        self._day("2026-04-27")
        self.assertTrue(arrangement.settle_date)
        self._day("2026-04-28")
        self.assertFalse(arrangement.settle_date)
        self.assertFalse(arrangement.charge_move_id.reversal_move_ids)
        self._day("2026-05-04")
        self.assertTrue(self._calls())

    def test_without_interest_settling_waives_nothing(self):
        invoice = self._new_invoice("2026-02-02", amount=300.0)
        with self._frozen("2026-03-02"):
            arrangement = self._arrange(invoice)
            arrangement.action_settle()
            self.env.invalidate_all()
            self.assertEqual(arrangement.amount_due_now, 300.0)
            self._pay(invoice, 300.0, "2026-03-02")
        self.assertEqual(arrangement.state, "fulfilled")
        self.assertFalse(arrangement.charge_move_id)
