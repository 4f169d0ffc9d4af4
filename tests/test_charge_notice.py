from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .charge_common import ChargeCommon

DUE = "2026-03-02"
# Seven and thirty days later, when the levels below are sent.
FIRST, FINAL = "2026-03-09", "2026-04-01"


class ChargeNoticeCase(ChargeCommon):
    """A reminder and a final notice, a week and a month after the due date, sent by themselves."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.euro = cls.env.ref("base.EUR")
        cls.euro.active = True
        cls.company.currency_id = cls.euro
        cls.reminder, cls.final = cls.levels["reminder"], cls.levels["final"]
        (cls.policy.level_ids - cls.reminder - cls.final).active = False
        cls.final.release = "auto"

    # === HELPERS ===#
    def _set(self, level, scheme="statutory", mode="announced", interest=False, **values):
        level.write(
            {
                "cost_scheme": scheme,
                "charge_mode": mode,
                "charge_interest": interest,
                **values,
            }
        )

    def _assert_amounts(self, notice, costs=0, interest=0, announced=(0, 0)):
        """What a notice asks and announces, and that everything adds up."""
        self.assertRecordValues(
            notice,
            [
                {
                    "amount_costs": costs,
                    "amount_interest": interest,
                    "amount_costs_announced": announced[0],
                    "amount_interest_announced": announced[1],
                }
            ],
        )
        lines = notice._get_valid_lines()
        self.assertAlmostEqual(sum(lines.mapped("amount_costs")), costs)
        self.assertAlmostEqual(sum(lines.mapped("amount_interest")), interest)
        total = notice.amount_residual - notice.amount_unallocated + costs + interest
        self.assertAlmostEqual(notice.amount_total, total)

    def _charges_of(self, invoice, *states):
        """Kind, state and amount of the charges because of an invoice, oldest first."""
        parts = self.env["receivable.charge.item"].search(
            [("move_line_id", "in", self._items(invoice).ids)]
        )
        charges = parts.charge_id.sorted("id")
        if states:
            charges = charges.filtered(lambda charge: charge.state in states)
        for charge in charges:
            self.assertAlmostEqual(sum(charge.item_ids.mapped("amount")), charge.amount)
        return [(charge.kind, charge.state, charge.amount) for charge in charges]


@tagged("post_install", "-at_install")
class TestChargeNotice(ChargeNoticeCase):
    """Costs and interest of businesses, from the proposal to what is owed."""

    # === ANNOUNCED ===#
    def test_announced_is_not_asked(self):
        invoice = self._new_invoice(DUE, amount=1000)
        self._set(self.final, interest=True)
        self._run_day(FIRST)
        self.assertFalse(self._charges_of(invoice))
        [notice] = self._run_day(FINAL)
        self._assert_amounts(notice, announced=(150, 8.34))
        self.assertEqual(notice.amount_total, 1000)
        self.assertFalse(notice.charge_note)
        self.assertEqual(
            self._charges_of(invoice),
            [("costs", "announced", 150), ("interest", "announced", 8.34)],
        )
        costs, interest = notice.charge_ids.sorted("kind")
        self.assertRecordValues(
            costs,
            [
                {
                    "scheme": "nl_business",
                    "amount_base": 1000,
                    "amount_owed": 0,
                    "date": fields.Date.to_date(FINAL),
                    "level_id": self.final.id,
                    "company_id": self.company.id,
                    "partner_id": self.debtor.id,
                }
            ],
        )
        self.assertEqual(interest.until, fields.Date.to_date(FINAL))

    def test_a_proposal_claims_nothing_and_a_later_day_asks_more(self):
        self.final.release = "manual"
        self._set(self.final, mode="memo", interest=True)
        invoice = self._new_invoice(DUE, amount=1000)
        self._run_day(FIRST)
        [notice] = self._propose(FINAL)
        self._assert_amounts(notice, costs=150, interest=8.34)
        self.assertFalse(self.env["receivable.charge"].search([]))
        rates = self.env["statutory.rate"].search([("kind", "=", "nl_commercial")])
        self.assertFalse(rates.filtered("used_on"))
        self._propose("2026-04-02")
        self.assertEqual(notice.amount_interest, 8.62)
        with self._frozen("2026-04-03"):
            notice.with_user(self.manager).action_release()
            notice._send(fields.Date.to_date("2026-04-03"))
            self._assert_amounts(notice, costs=150, interest=8.9)
        self.assertEqual(
            self._charges_of(invoice), [("costs", "due", 150), ("interest", "due", 8.9)]
        )
        used = rates.filtered("used_on")
        self.assertEqual(used.mapped("valid_from"), [fields.Date.to_date("2026-01-01")])

    def test_a_payment_before_sending_makes_it_less(self):
        self.final.release = "manual"
        self._set(self.final, mode="memo", interest=True)
        invoice = self._new_invoice(DUE, amount=1000)
        self._run_day(FIRST)
        [notice] = self._propose(FINAL)
        self._pay(invoice, 600, "2026-03-22")
        with self._frozen(FINAL):
            notice._release()
            notice._send(fields.Date.to_date(FINAL))
        # 1,000 for twenty days and 400 for ten.
        self._assert_amounts(notice, costs=60, interest=5.56 + 1.11)

    def test_a_newer_announcement_takes_the_place_of_the_older(self):
        self._set(self.reminder, interest=True)
        self._set(self.final, interest=True)
        invoice = self._new_invoice(DUE, amount=1000)
        other = self._new_invoice(DUE, amount=500)
        self._run_day(FIRST)
        self.assertEqual(
            self._charges_of(invoice),
            [("costs", "announced", 225), ("interest", "announced", 2.92)],
        )
        self._pay(other, 500, "2026-03-10")
        [notice] = self._run_day(FINAL)
        self._assert_amounts(notice, announced=(150, 8.34))
        self.assertEqual(
            self._charges_of(invoice, "announced"),
            [("costs", "announced", 150), ("interest", "announced", 8.34)],
        )
        # What was announced because of the other invoice can still be claimed.
        self.assertEqual(
            self._charges_of(other, "announced"),
            [("costs", "announced", 75), ("interest", "announced", 0.97)],
        )

    # === ASKED ===#
    def test_asked_is_owed_from_the_day_of_sending(self):
        self._set(self.reminder, mode="memo", interest=True)
        invoice = self._new_invoice(DUE, amount=1000)
        [notice] = self._run_day(FIRST)
        self._assert_amounts(notice, costs=150, interest=1.95)
        self.assertEqual(notice.amount_total, 1151.95)
        self.assertEqual(
            self._charges_of(invoice), [("costs", "due", 150), ("interest", "due", 1.95)]
        )
        self.assertFalse(notice.charge_ids.move_id)

    def test_the_next_level_asks_interest_anew_and_costs_only_once(self):
        self._set(self.reminder, mode="memo", interest=True)
        self._set(self.final, mode="memo", interest=True)
        invoice = self._new_invoice(DUE, amount=1000)
        self._run_day(FIRST)
        [notice] = self._run_day(FINAL)
        self._assert_amounts(notice, costs=150, interest=8.34)
        self.assertEqual(notice.charge_note, "The costs of these items were claimed before.")
        self.assertEqual(
            self._charges_of(invoice),
            [("costs", "due", 150), ("interest", "replaced", 1.95), ("interest", "due", 8.34)],
        )

    def test_a_level_without_costs_still_asks_what_is_owed(self):
        self._set(self.reminder, "eu_40", "memo", interest=True)
        self._new_invoice(DUE, amount=1000)
        self._run_day(FIRST)
        [notice] = self._run_day(FINAL)
        self._assert_amounts(notice, costs=40, interest=1.95)
        self.assertFalse(notice.charge_note)
        self.assertFalse(notice.charge_ids)

    def test_what_is_announced_later_is_less_what_was_asked(self):
        self._set(self.reminder, "none", "memo", interest=True)
        self._set(self.final, "statutory", "announced", interest=True)
        self._new_invoice(DUE, amount=1000)
        self._run_day(FIRST)
        [notice] = self._run_day(FINAL)
        self._assert_amounts(notice, interest=1.95, announced=(150, 6.39))

    def test_what_was_announced_is_asked_in_its_place(self):
        self._set(self.reminder, mode="announced")
        self._set(self.final, mode="memo")
        invoice = self._new_invoice(DUE, amount=1000)
        self._run_day(FIRST)
        [notice] = self._run_day(FINAL)
        self._assert_amounts(notice, costs=150)
        self.assertEqual(
            self._charges_of(invoice), [("costs", "replaced", 150), ("costs", "due", 150)]
        )

    def test_a_fee_is_for_every_message(self):
        self._set(self.reminder, "fixed", "memo", fee_amount=10)
        self._set(self.final, "fixed", "memo", fee_amount=15)
        invoice = self._new_invoice(DUE, amount=1000)
        self._run_day(FIRST)
        [notice] = self._run_day(FINAL)
        self._assert_amounts(notice, costs=25)
        self.assertEqual(self._charges_of(invoice), [("costs", "due", 10), ("costs", "due", 15)])

    def test_an_invoice_that_joins_later_brings_its_own_costs(self):
        self._set(self.reminder, "eu_40", "memo")
        self._set(self.final, "eu_40", "memo")
        self._new_invoice(DUE, amount=1000)
        self._run_day(FIRST)
        joined = self._new_invoice("2026-03-25", amount=300)
        [notice] = self._run_day(FINAL)
        self.assertEqual(notice.line_count, 2)
        self._assert_amounts(notice, costs=80)
        self.assertEqual(self._charges_of(joined), [("costs", "due", 40)])

    def test_waived_costs_and_interest_do_not_come_back(self):
        self._set(self.reminder, mode="memo", interest=True)
        self._set(self.final, mode="memo", interest=True)
        self._new_invoice(DUE, amount=1000)
        [notice] = self._run_day(FIRST)
        self._waive(notice.charge_ids)
        [notice] = self._run_day(FINAL)
        self._assert_amounts(notice, interest=8.34 - 1.95)

    # === INVOICED ===#
    def test_posted_invoices_what_is_asked(self):
        self._set(self.reminder, mode="posted", interest=True)
        self._set(self.final, mode="posted", interest=True)
        invoice = self._new_invoice(DUE, amount=1000)
        [notice] = self._run_day(FIRST)
        self.assertEqual(set(notice.charge_ids.mapped("state")), {"booked"})
        move = notice.charge_ids.move_id
        self.assertEqual((len(move), move.state, move.amount_total), (1, "posted", 151.95))
        [notice] = self._run_day(FINAL)
        # The invoice of costs is part of what is asked, and no item that bears costs itself.
        self.assertEqual(notice.line_ids.move_id, invoice)
        self._assert_amounts(notice, costs=150, interest=8.34)
        self.assertEqual(
            self._charges_of(invoice),
            [
                ("costs", "booked", 150),
                ("interest", "booked", 1.95),
                ("interest", "booked", 6.39),
            ],
        )
        self.assertEqual(notice.charge_ids.amount_base, 1000)

    def test_what_was_paid_of_it_is_not_asked_again(self):
        self._set(self.reminder, mode="posted")
        self._new_invoice(DUE, amount=1000)
        [notice] = self._run_day(FIRST)
        self._pay(notice.charge_ids.move_id, 100, "2026-03-12")
        [notice] = self._run_day(FINAL)
        self._assert_amounts(notice, costs=50)

    def test_a_draft_waits_for_somebody(self):
        self._set(self.reminder, mode="draft")
        self._new_invoice(DUE, amount=1000)
        [notice] = self._run_day(FIRST)
        self.assertEqual(notice.charge_ids.move_id.state, "draft")
        self._assert_amounts(notice, costs=150)

    def test_what_cannot_be_invoiced_stops_no_reminder(self):
        self._set(self.reminder, mode="posted")
        self.company.charge_cost_product_id = self.env["product.product"].create(
            {"name": "Gone", "type": "service", "active": False}
        )
        self._new_invoice(DUE, amount=1000)
        [notice] = self._run_day(FIRST)
        self.assertEqual(notice.charge_ids.state, "due")
        self.assertTrue(notice.charge_ids.booking_problem)

    def test_an_invoice_of_costs_that_is_reminded_bears_none(self):
        self._set(self.reminder, mode="posted", interest=True)
        invoice = self._new_invoice(DUE, amount=1000)
        [notice] = self._run_day(FIRST)
        charges = notice.charge_ids
        self._pay(invoice, 1000, "2026-03-12")
        due = max(charges.move_id.mapped("invoice_date_due"))
        [notice] = self._run_day(fields.Date.add(due, days=10))
        self.assertEqual(notice.line_ids.move_id, charges.move_id)
        self._assert_amounts(notice)
        self.assertEqual(notice.amount_total, charges.move_id.amount_residual)

    # === WHAT BEARS NOTHING ===#
    def test_a_level_without_costs_and_interest_changes_nothing(self):
        invoice = self._new_invoice(DUE, amount=1000)
        [notice] = self._run_day(FIRST)
        self._assert_amounts(notice)
        self.assertFalse(notice.charge_data)
        self.assertFalse(self._charges_of(invoice))

    def test_money_that_nobody_allocated_is_taken_off(self):
        self._set(self.reminder, "percentage", "memo", cost_percentage=10)
        self.policy.unallocated_hold_days = 0
        self._new_invoice(DUE, amount=1000)
        self._receive(400, "2026-02-20")
        [notice] = self._run_day(FIRST)
        self.assertEqual(notice.amount_unallocated, 400)
        self._assert_amounts(notice, costs=60)

    def test_what_is_disputed_bears_nothing(self):
        self._set(self.reminder, mode="memo", interest=True)
        invoice = self._new_invoice(DUE, amount=1000)
        self.env["dunning.block"].create(
            {
                "kind": "dispute",
                "company_id": self.company.id,
                "partner_id": self.debtor.id,
                "move_line_id": self._items(invoice).id,
                "amount": 600,
                "date_from": "2026-03-01",
                "reason": "Broken",
            }
        )
        [notice] = self._run_day(FIRST)
        self.assertEqual(notice.amount_residual, 400)
        self._assert_amounts(notice, costs=60, interest=0.78)

    def test_an_unknown_rate_stops_nothing(self):
        self.env["statutory.rate"].search([("kind", "=", "nl_commercial")]).active = False
        self._set(self.reminder, mode="memo", interest=True)
        self._new_invoice(DUE, amount=1000)
        [notice] = self._run_day(FIRST)
        self._assert_amounts(notice, costs=150)
        self.assertIn("No rate", notice.charge_note)

    def test_an_item_that_is_removed_takes_its_costs_along(self):
        self.reminder.release = "manual"
        self._set(self.reminder, "eu_40", "memo")
        invoice = self._new_invoice(DUE, amount=1000)
        self._new_invoice(DUE, amount=500)
        [notice] = self._propose(FIRST)
        self._assert_amounts(notice, costs=80)
        with self._frozen(FIRST):
            line = notice.line_ids.filtered(lambda line: line.move_id == invoice)
            notice._remove_lines(line, "By mistake")
        self._assert_amounts(notice, costs=40)
        self.assertEqual(notice.amount_total, 540)

    # === ONCE ===#
    def test_an_older_charge_is_asked_by_one_of_several_notices(self):
        contacts = [
            self.env["res.partner"].create(
                {
                    "name": f"Office {number}",
                    "parent_id": self.debtor.id,
                    "type": "invoice",
                    "email": f"office{number}@buyer.example",
                }
            )
            for number in range(2)
        ]
        invoices = [self._new_invoice(DUE, contact, 1000) for contact in contacts]
        self._charge(invoices[0] | invoices[1], 75)
        notices = self._propose(FIRST)
        self.assertEqual(len(notices), 2)
        self.assertEqual(sorted(notices.mapped("amount_costs")), [0, 75])
        sent = self._run_day(FIRST)
        self.assertEqual(sorted(sent.mapped("amount_costs")), [0, 75])

    def test_sending_again_after_a_bounce_claims_once(self):
        self._set(self.reminder, mode="memo", interest=True)
        invoice = self._new_invoice(DUE, amount=1000)
        [notice] = self._run_day(FIRST)
        before = notice.charge_ids
        notice._transition("ready")
        self.assertEqual(set(before.mapped("state")), {"waived"})
        self.assertTrue(all(before.mapped("withdrawn")))
        self._run_day("2026-03-10")
        self.assertEqual(notice.state, "sent")
        self.assertEqual(
            self._charges_of(invoice, "announced", "due", "booked"),
            [("costs", "due", 150), ("interest", "due", 2.22)],
        )
        notice._claim_charges()
        self.assertEqual(len(self._charges_of(invoice, "due")), 2)

    def test_an_undone_run_claimed_nothing(self):
        self._set(self.reminder, mode="memo", interest=True)
        self._set(self.final, mode="posted", interest=True)
        invoice = self._new_invoice(DUE, amount=1000)
        self._run_day(FIRST)
        [notice] = self._run_day(FINAL)
        charge_invoice = notice.charge_ids.move_id
        with self._frozen(FINAL):
            notice.run_id.with_user(self.manager).action_undo()
        self.assertTrue(all(notice.charge_ids.mapped("withdrawn")))
        self.assertEqual(charge_invoice.payment_state, "reversed")
        # The interest of the reminder, which the final notice had replaced, is owed again.
        self.assertEqual(
            self._charges_of(invoice, "announced", "due", "booked"),
            [("costs", "due", 150), ("interest", "due", 1.95)],
        )
        with self._frozen("2026-04-02"):
            [again] = self._run_day("2026-04-02")
        self._assert_amounts(again, costs=150, interest=8.62)

    # === CURRENCIES, COMPANIES, ROLES ===#
    def test_each_currency_by_itself(self):
        franc = self.setup_other_currency("CHF", rates=[("2026-01-01", 1.25)])
        self._set(self.reminder, mode="memo", interest=True)
        self._new_invoice(DUE, amount=1000)
        self._new_invoice(DUE, amount=1250, currency_id=franc.id)
        notices = self._run_day(FIRST)
        self.assertEqual(len(notices), 2)
        of_franc = notices.filtered(lambda notice: notice.currency_id == franc)
        self._assert_amounts(notices - of_franc, costs=150, interest=1.95)
        self._assert_amounts(of_franc, costs=187.5, interest=2.43)
        self.assertEqual(of_franc.charge_ids.currency_id, franc)

    def test_each_company_by_its_own_law(self):
        other = self.setup_other_company(name="Belgian Company")["company"]
        other.write({"country_id": self.env.ref("base.be").id, "currency_id": self.euro.id})
        other.dunning_policy_id = self.policy
        other.email = "accounts@belgian.example"
        self._set(self.reminder, mode="memo", interest=True)
        invoice = self._new_invoice(DUE, amount=1000)
        foreign = (
            self.env["account.move"]
            .with_company(other)
            .create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.debtor.id,
                    "invoice_date": "2026-02-02",
                    "invoice_date_due": DUE,
                    "company_id": other.id,
                    "invoice_line_ids": [
                        Command.create({"name": "Goods", "price_unit": 1000, "tax_ids": []})
                    ],
                }
            )
        )
        foreign.action_post()
        foreign.is_move_sent = True
        [notice] = self._run_day(FIRST)
        [other_notice] = self._run_day(FIRST, other)
        self._assert_amounts(notice, costs=150, interest=1.95)
        self._assert_amounts(other_notice, costs=40, interest=2.01)
        self.assertEqual(other_notice.charge_ids.company_id, other)
        self.assertEqual(self._charges_of(invoice)[0], ("costs", "due", 150))
        self.assertEqual(self._charges_of(foreign)[0], ("costs", "due", 40))
        self.collector.company_ids = self.company
        seen = self.charges.with_user(self.collector).search([])
        self.assertEqual(seen, notice.charge_ids)

    def test_a_collector_sends_and_nobody_writes_amounts(self):
        self.reminder.release = "manual"
        self._set(self.reminder, mode="posted", interest=True)
        self._new_invoice(DUE, amount=1000)
        [notice] = self._propose(FIRST)
        with self._frozen(FIRST):
            own = notice.with_user(self.collector)
            own.action_release()
            own.run_id.action_send()
        self.assertEqual(set(notice.charge_ids.mapped("state")), {"booked"})
        charge = notice.charge_ids[0]
        for user in (self.collector, self.manager):
            with self.assertRaises(AccessError):
                charge.with_user(user).amount = 1
        with self.assertRaises(AccessError):
            charge.with_user(self.salesman).read(["amount"])

    # === MANY ===#
    def _count_proposal(self, count):
        for number in range(count):
            debtor = self._new_debtor(f"Debtor {number} of {count}")
            self._new_invoice(DUE, debtor, 100 + number)
        run = self.env["dunning.run"].create({"company_id": self.company.id, "date": FIRST})
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        run._propose()
        self.env.flush_all()
        queries = self.env.cr.sql_log_count - before
        self.assertEqual(len(run.notice_ids), count)
        return queries

    def test_queries_do_not_grow_with_the_notices(self):
        self._count_proposal(1)
        plain = self._count_proposal(5)
        self._set(self.reminder, mode="memo", interest=True)
        self._count_proposal(1)
        few = self._count_proposal(5)
        self.assertEqual(self._count_proposal(50), few)
        self.assertLess(few, plain + 40)


@tagged("post_install", "-at_install")
class TestChargeConsumer(ChargeNoticeCase):
    """Whatever a level says, a consumer is charged nothing before the law allows it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # A term from receipt, in the words of the law, and time for the post.
        cls._letter_values = {
            "print_pay_before": False,
            "payment_days": 21,
            "mail_template_id": cls.env.ref(
                "account_credit_management.mail_template_final_consumer"
            ).id,
        }

    def _consumer(self, country):
        return self._new_debtor(
            f"Consumer {country}", is_company=False, country_id=self.env.ref(f"base.{country}").id
        )

    def _assert_nothing_owed(self, notice):
        self.assertFalse(notice.amount_costs)
        self.assertEqual(notice.amount_total, notice.amount_residual + notice.amount_interest)
        self.assertFalse(self.charges.search([("kind", "=", "costs"), ("state", "!=", "replaced")]))

    def test_a_dutch_consumer_without_letter_owes_no_costs(self):
        consumer = self._consumer("nl")
        self._set(self.reminder, "fixed", "posted", fee_amount=15, cost_percentage=10)
        for _number in range(5):
            self._new_invoice(DUE, consumer, 1000)
        [notice] = self._propose(FIRST)
        for scheme in ("statutory", "nl_business", "nl_consumer", "percentage", "fixed", "eu_40"):
            with self.subTest(scheme=scheme):
                self._set(self.reminder, scheme, "posted", fee_amount=15, cost_percentage=10)
                notice._update_charges(fields.Date.to_date(FIRST))
                self._assert_nothing_owed(notice)
                self.assertFalse(notice.amount_costs_announced)
                self.assertIn("No costs", notice.charge_note)
        [notice] = self._run_day(FIRST)
        self._assert_nothing_owed(notice)

    def test_a_letter_to_a_dutch_consumer_announces_and_asks_nothing(self):
        consumer = self._consumer("nl")
        self._set(self.final, "nl_consumer", "posted", statutory_letter=True)
        self.final.write(self._letter_values)
        self._new_invoice(DUE, consumer, 1000)
        self._new_invoice(DUE, consumer, 500)
        self._run_day(FIRST)
        [notice] = self._run_day(FINAL)
        # Both principals are added together.
        self._assert_amounts(notice, announced=(225, 0))
        self._assert_nothing_owed(notice)
        self.assertRecordValues(
            notice.statutory_letter_ids, [{"amount_costs": 225, "state": "running"}]
        )

    def test_costs_of_a_letter_that_passed_are_asked_by_an_asking_level(self):
        consumer = self._consumer("nl")
        handover = self.levels["handover"]
        handover.write({"active": True, "release": "auto"})
        self._set(self.final, "nl_consumer", "announced", statutory_letter=True)
        self.final.write(self._letter_values)
        self._set(handover, "nl_consumer", "memo")
        invoice = self._new_invoice(DUE, consumer, 1000)
        self._run_day(FIRST)
        [notice] = self._run_day(FINAL)
        letter = notice.statutory_letter_ids
        self._pay(invoice, 600, letter.last_free_day)
        with self._frozen(letter.costs_from):
            letter._settle(letter.costs_from)
        self.assertEqual(self._charges_of(invoice), [("costs", "announced", 60)])
        [later] = self._run_day("2026-05-11")
        self.assertEqual(later.level_id, handover)
        self._assert_amounts(later, costs=60)
        self.assertEqual(self._charges_of(invoice), [("costs", "due", 60)])
        # Undone, it is announced as before.
        with self._frozen("2026-05-11"):
            later.run_id.with_user(self.manager).action_undo()
        self.assertEqual(self._charges_of(invoice), [("costs", "announced", 60)])

    def test_vat_of_the_costs_is_known_to_the_text(self):
        self.company.charge_vat = True
        self._set(self.reminder, "nl_consumer", "memo", statutory_letter=True)
        self._new_invoice(DUE, self._consumer("nl"), 412.3)
        [notice] = self._propose(FIRST)
        self._assert_amounts(notice, announced=(74.84, 0))
        self.assertEqual(str(notice._get_quoted_vat()), "12.99")

    def test_a_belgian_consumer_without_clause_is_charged_nothing(self):
        consumer = self._consumer("be")
        self.company.interest_consumer_start = "due"
        invoice = self._new_invoice(DUE, consumer, 1000)
        for level in (self.reminder, self.final):
            self._set(level, "statutory", "posted", interest=True)
        for day in (FIRST, FINAL):
            [notice] = self._run_day(day)
            self._assert_amounts(notice)
            self._assert_nothing_owed(notice)
            self.assertIn("only by a clause", notice.charge_note)
        self.assertFalse(self._charges_of(invoice))

    def test_the_first_reminder_of_a_belgian_consumer_is_free(self):
        consumer = self._consumer("be")
        self.policy.consumer_clause = True
        self._set(self.reminder, "be_consumer", "posted", interest=True)
        invoice = self._new_invoice(DUE, consumer, 1000)
        [notice] = self._run_day(FIRST)
        self.assertEqual(notice.amount_total, 1000)
        self.assertEqual(notice.amount_costs_announced, 90)
        self._assert_nothing_owed(notice)
        letter = notice.statutory_letter_ids
        self.assertEqual(letter.law, "be")
        self.assertFalse(self._charges_of(invoice, "due", "booked"))
