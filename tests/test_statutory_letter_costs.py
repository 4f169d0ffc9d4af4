from decimal import Decimal
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .statutory_common import StatutoryCommon

SETTLE_LOGGER = "odoo.addons.account_credit_management.models.statutory_letter_settle"
# By e-mail on a Tuesday: free until Tuesday 17 November.
SENT, LAST, LATE = "2026-11-03", "2026-11-17", "2026-11-18"


@tagged("post_install", "-at_install")
class TestStatutoryLetterCosts(StatutoryCommon):
    """How a term ends, and the costs that a consumer owes then, to the cent."""

    def _pay_on(self, invoice, amount, day):
        with self._frozen(day):
            return self._pay(invoice, amount, day)

    def _assert_ends(self, letter, state, costs=(), unpaid=None):
        self.assertEqual((letter.state, self._costs(letter)), (state, list(costs)))
        if unpaid is not None:
            self.assertEqual(letter.amount_unpaid, unpaid)

    # === THE END OF THE TERM ===#
    def test_nothing_is_charged_before_the_term_is_over(self):
        letter = self._send_letter(SENT)
        notice = letter.notice_id
        self.assertEqual((notice.amount_costs, notice.amount_costs_announced), (0, 150))
        self.assertEqual(letter.amount_principal, 1000)
        self._settle(LAST)
        self._assert_ends(letter, "running")
        self.assertFalse(
            self.env["receivable.charge"].search(
                [("partner_id", "=", self.consumer.id), ("state", "!=", "announced")]
            )
        )
        self._settle(LATE)
        self._assert_ends(letter, "in_vain", [("due", 150)], 1000)

    def test_charge_says_what_it_is(self):
        letter = self._send_letter(SENT, 1500, 1500, 1500)
        self._settle(LATE)
        charge = letter.charge_ids
        self.assertRecordValues(
            charge,
            [
                {
                    "kind": "costs",
                    "scheme": "nl_consumer",
                    "amount": 575,
                    "amount_base": 4500,
                    "date": fields.Date.to_date(LATE),
                    "notice_id": letter.notice_id.id,
                    "partner_id": self.consumer.id,
                }
            ],
        )
        self.assertEqual(sorted(charge.item_ids.mapped("amount")), [191.66, 191.67, 191.67])
        self.assertEqual(set(charge.item_ids.mapped("amount_base")), {1500})

    def test_summation_over_several_invoices(self):
        for number, (amounts, costs) in enumerate(
            [((100, 150, 200), 67.5), ((60, 75), 40), ((2500, 2500), 625)]
        ):
            consumer = self._new_consumer(f"Sum {number}")
            letter = self._send_letter(SENT, *amounts, partner=consumer)
            self.assertEqual(letter.amount_costs, costs)
            self._settle(LATE)
            self._assert_ends(letter, "in_vain", [("due", costs)], sum(amounts))

    def test_part_payment_in_time_lowers_the_base(self):
        for paid, costs in ((600, 60), (800, 40)):
            consumer = self._new_consumer(f"Paid {paid}")
            letter = self._send_letter(SENT, partner=consumer)
            self._pay_on(self.invoices[0], paid, "2026-11-10")
            self._settle(LATE)
            self._assert_ends(letter, "in_vain", [("due", costs)], 1000 - paid)

    def test_payment_on_the_last_day_is_in_time(self):
        letter = self._send_letter(SENT)
        self._pay_on(self.invoices[0], 1000, LAST)
        self._settle(LATE)
        self._assert_ends(letter, "in_time", unpaid=0)

    def test_payment_a_day_late_changes_nothing(self):
        letter = self._send_letter(SENT)
        self._pay_on(self.invoices[0], 1000, LATE)
        self._settle(LATE)
        self._assert_ends(letter, "in_vain", [("due", 150)])
        self.assertEqual(self.invoices[0].amount_residual, 0, "costs outlive the principal")

    def test_payment_of_the_last_day_that_is_booked_late(self):
        letter = self._send_letter(SENT, 600, 400)
        self._settle(LATE)
        self._assert_ends(letter, "in_vain", [("due", 150)])
        with self._frozen("2026-11-24"):
            self._pay(self.invoices[0], 600, LAST)
        self._assert_ends(letter, "in_vain", [("due", 60)], 400)
        with self._frozen("2026-11-25"):
            payment = self._pay(self.invoices[1], 400, LAST)
        self._assert_ends(letter, "in_time", unpaid=0)
        # Money that is only not allocated any more was paid in time; what the bank took back not.
        with self._frozen("2026-11-26"):
            payment.move_id.line_ids.remove_move_reconcile()
        self._settle("2026-11-26")
        self._assert_ends(letter, "in_time")
        with self._frozen("2026-11-27"):
            payment.action_cancel()
        self._settle("2026-11-27")
        self._assert_ends(letter, "in_vain", [("due", 60)], 400)

    def test_credit_note_of_the_term_lowers_the_base(self):
        letter = self._send_letter(SENT)
        with self._frozen("2026-11-20"):
            refund = self._new_refund("2026-12-10", self.consumer, 600)
            self.assertEqual(str(refund.invoice_date), "2026-11-10")
            (self._items(refund) | self._items(self.invoices[0])).reconcile()
        self._settle("2026-11-20")
        self._assert_ends(letter, "in_vain", [("due", 60)])

    def test_money_that_nobody_allocated(self):
        letter = self._send_letter(SENT)
        money = self._receive(400, "2026-11-10", self.consumer)
        self._settle(LATE)
        self._assert_ends(letter, "in_vain", [("due", 90)], 600)
        other = self._send_letter(SENT, partner=self._new_consumer("Paid All"))
        money = self._receive(1000, LAST, other.partner_id)
        self._settle(LATE)
        self._assert_ends(other, "running")
        with self._frozen("2026-11-20"):
            (self._items(money) | self._items(self.invoices[0])).reconcile()
        self._settle("2026-11-20")
        self._assert_ends(other, "in_time")

    def test_bank_that_is_not_up_to_date(self):
        letter = self._send_letter(SENT)
        decisions = self.env.registry["dunning.decision"]
        with patch.object(decisions, "_is_bank_outdated", lambda *_arguments: True):
            self._settle("2026-11-20")
        self._assert_ends(letter, "running")
        self._settle("2026-11-20")
        self._assert_ends(letter, "in_vain", [("due", 150)])

    # === RECEIPT ===#
    def test_receipt_that_was_later_takes_costs_back(self):
        letter = self._send_letter(SENT)
        self._settle(LATE)
        self._assert_ends(letter, "in_vain", [("due", 150)])
        self._prove(letter, "2026-11-09", today="2026-11-19")
        self._assert_ends(letter, "running")
        self.assertEqual(str(letter.costs_from), "2026-11-24")
        self.assertTrue(all(charge.withdrawn for charge in letter.charge_ids))
        self._pay_on(self.invoices[0], 600, "2026-11-20")
        self._settle("2026-11-24")
        self._assert_ends(letter, "in_vain", [("due", 60)])

    def test_letter_that_came_back_takes_costs_back(self):
        letter = self._send_letter(SENT, channels=("letter",))
        self._settle("2026-11-20")
        self._assert_ends(letter, "in_vain", [("due", 150)])
        with self._frozen("2026-11-23"):
            letter.notice_id.with_user(self.collector).action_letter_returned()
        self._assert_ends(letter, "void")

    def test_withdrawn_reminder_takes_costs_back(self):
        letter = self._send_letter(SENT)
        self._settle(LATE)
        with self._frozen("2026-11-19"):
            letter.notice_id.run_id.with_user(self.manager).action_undo()
        self._assert_ends(letter, "void")

    # === ONCE ===#
    def test_settling_twice_changes_nothing(self):
        letter = self._send_letter(SENT)
        for day in (LATE, LATE, "2026-12-20"):
            self._settle(day)
            letter._settle(fields.Date.to_date(day))
            self._assert_ends(letter, "in_vain", [("due", 150)])
        self.assertEqual(len(letter.charge_ids), 1)

    def test_scheduled_action_survives_a_letter_that_fails(self):
        bad = self._send_letter(SENT)
        good = self._send_letter(SENT, partner=self._new_consumer("Good"))
        letters = self.env.registry["statutory.letter"]
        measure = letters._measure

        def fail(letter):
            if letter == bad:
                raise ValueError("Poison")
            return measure(letter)

        cron = self.env.ref("account_credit_management.ir_cron_statutory_letter")
        with (
            self._frozen(LATE),
            self.enter_registry_test_mode(),
            patch.object(letters, "_measure", fail),
            mute_logger(SETTLE_LOGGER),
        ):
            cron.method_direct_trigger()
        self.assertEqual((bad.state, good.state), ("running", "in_vain"))
        with self._frozen("2026-11-19"), self.enter_registry_test_mode():
            cron.method_direct_trigger()
            cron.method_direct_trigger()
        self._assert_ends(bad, "in_vain", [("due", 150)])
        self._assert_ends(good, "in_vain", [("due", 150)])

    def test_waived_costs_stay_waived(self):
        letter = self._send_letter(SENT, 600, 400)
        self._settle(LATE)
        letter.charge_ids.with_user(self.manager)._waive("Good customer")
        with self._frozen("2026-11-24"):
            self._pay(self.invoices[0], 600, LAST)
        self._settle("2026-11-25")
        self._assert_ends(letter, "in_vain", [], 400)
        self.assertEqual(len(letter.charge_ids), 1)

    def test_letter_is_not_repeated_while_it_counts(self):
        letter = self._send_letter(SENT)
        self.next_level.write({"statutory_letter": True, "cost_scheme": "statutory"})
        self._settle(LATE)
        notice = self._run_day_for(self.consumer, "2026-11-19")
        self.assertEqual(notice.level_id, self.next_level)
        self.assertFalse(notice.statutory_letter_ids)
        self.assertEqual(notice.amount_costs, 150)
        self._settle("2026-12-31")
        self._assert_ends(letter, "in_vain", [("due", 150)])

    # === MODES ===#
    def test_announced_costs_can_be_claimed_after_the_term(self):
        self.letter_level.charge_mode = "announced"
        letter = self._send_letter(SENT)
        announced = (
            self.env["receivable.charge"]
            .sudo()
            .create(
                {
                    **letter._prepare_charge_values(
                        letter._quote_costs(
                            {self._items(self.invoices[0]): Decimal(1000)}, letter.sent_date
                        ),
                        {self._items(self.invoices[0]): Decimal(1000)},
                        self.env["receivable.charge"],
                        letter.sent_date,
                    ),
                    "letter_id": False,
                }
            )
        )
        with self.assertRaisesRegex(UserError, "passed in vain"):
            announced.with_user(self.collector).action_claim()
        self._settle(LATE)
        self._assert_ends(letter, "in_vain", [("announced", 150)])
        self.assertEqual(announced.state, "replaced")
        letter.charge_ids.with_user(self.collector).action_claim()
        self._assert_ends(letter, "in_vain", [("due", 150)])

    def test_costs_are_invoiced_where_the_level_says_so(self):
        self.letter_level.charge_mode = "posted"
        letter = self._send_letter(SENT)
        self._settle(LATE)
        self._assert_ends(letter, "in_vain", [("booked", 150)])
        self.assertEqual(letter.charge_ids.move_id.amount_total, 150)
        self.assertEqual(letter.charge_ids.move_id.state, "posted")

    def test_addition_for_vat(self):
        self.company.charge_vat = True
        letter = self._send_letter(SENT)
        self.assertEqual((letter.amount_costs, letter.amount_vat), (181.5, 31.5))
        self._settle(LATE)
        self._assert_ends(letter, "in_vain", [("due", 181.5)])
        self.assertEqual(letter.charge_ids.amount_vat, 31.5)

    def test_no_more_than_was_announced(self):
        letter = self._send_letter(SENT, 600, 400)
        self.company.charge_vat = True
        self._settle(LATE)
        self._assert_ends(letter, "in_vain", [("due", 150)])
        self.assertEqual(sum(letter.charge_ids.item_ids.mapped("amount")), 150)

    # === DISPUTES ===#
    def _open_dispute(self, invoice, amount, day):
        reason = self.env.ref("account_credit_management.dispute_reason_quality")
        with self._frozen(day):
            return self.env["dispute.dossier"]._open(
                invoice, reason, [{"move_id": invoice.id, "amount": amount}]
            )

    def _resolve(self, dossier, outcome, day, **values):
        with self._frozen(day):
            dossier.sudo()._resolve(outcome, **values)

    def test_dispute_that_is_rejected_brings_its_costs(self):
        letter = self._send_letter(SENT)
        dossier = self._open_dispute(self.invoices[0], 400, "2026-11-10")
        self._settle(LATE)
        self._assert_ends(letter, "in_vain", [("due", 90)], 600)
        self.assertEqual(letter.amount_disputed, 400)
        self._resolve(dossier, "rejected", "2026-11-25", reason="It was delivered")
        self._assert_ends(letter, "in_vain", [("due", 150)], 1000)

    def test_dispute_that_is_accepted_brings_none(self):
        letter = self._send_letter(SENT)
        dossier = self._open_dispute(self.invoices[0], 400, "2026-11-10")
        self._settle(LATE)
        self._resolve(dossier, "accepted", "2026-11-25", post=True)
        self._assert_ends(letter, "in_vain", [("due", 90)], 600)
        self.assertEqual((letter.amount_disputed, self.invoices[0].amount_residual), (0, 600))

    def test_all_of_it_disputed(self):
        letter = self._send_letter(SENT)
        dossier = self._open_dispute(self.invoices[0], 0, "2026-11-10")
        self._settle(LATE)
        self._assert_ends(letter, "disputed")
        self._resolve(dossier, "withdrawn", "2026-11-25")
        self._assert_ends(letter, "in_vain", [("due", 150)])

    def test_costs_of_a_rejected_dispute_beside_invoiced_ones(self):
        self.letter_level.charge_mode = "posted"
        letter = self._send_letter(SENT, 600, 400)
        dossier = self._open_dispute(self.invoices[1], 0, "2026-11-10")
        self._settle(LATE)
        self._assert_ends(letter, "in_vain", [("booked", 90)])
        self._resolve(dossier, "rejected", "2026-11-25", reason="It was delivered")
        self._assert_ends(letter, "in_vain", [("booked", 90), ("booked", 60)])
        added = letter._get_standing().sorted("id")[-1]
        self.assertEqual(added.item_ids.move_id, self.invoices[1])
        self.assertEqual(added.amount_base, 400)

    def test_dispute_of_later_is_decided_later(self):
        letter = self._send_letter(SENT)
        self._settle(LATE)
        dossier = self._open_dispute(self.invoices[0], 400, "2026-11-20")
        self._assert_ends(letter, "in_vain", [("due", 150)])
        self._resolve(dossier, "accepted", "2026-11-25", post=True)
        self._assert_ends(letter, "in_vain", [("due", 90)], 600)

    def test_what_was_disputed_before_is_no_part_of_the_letter(self):
        invoice = self._new_invoice("2026-10-24", self.consumer, 1000)
        dossier = self._open_dispute(invoice, 300, "2026-10-26")
        self._use_channels("email")
        letter = self._run_day_for(self.consumer, SENT).statutory_letter_ids
        self.assertEqual((letter.amount_principal, letter.amount_costs), (700, 105))
        self._pay_on(invoice, 200, "2026-11-10")
        self._settle(LATE)
        self._assert_ends(letter, "in_vain", [("due", 75)], 500)
        self._resolve(dossier, "accepted", "2026-11-25", post=True)
        self._assert_ends(letter, "in_vain", [("due", 75)], 500)

    # === ARRANGEMENTS, STATUS ===#
    def _arrange(self, invoice, day):
        with self._frozen(day):
            arrangement = (
                self.env["installment.arrangement"]
                .with_user(self.manager)
                .create(
                    {
                        "partner_id": invoice.partner_id.id,
                        "company_id": self.company.id,
                        "currency_id": invoice.currency_id.id,
                        "item_ids": [
                            Command.create(
                                {"move_line_id": self._items(invoice).id, "amount": 1000}
                            )
                        ],
                    }
                )
            )
            arrangement._plan(count=2, first_due=fields.Date.to_date("2026-11-30"))
            arrangement.action_activate()
            return arrangement.sudo()

    def test_installments_agreed_within_the_term(self):
        letter = self._send_letter(SENT)
        arrangement = self._arrange(self.invoices[0], "2026-11-10")
        self._settle("2026-11-25")
        self._assert_ends(letter, "running")
        self._pay_on(self.invoices[0], 1000, "2026-11-28")
        self.assertEqual(arrangement.state, "fulfilled")
        self._settle("2026-11-30")
        self._assert_ends(letter, "in_time", unpaid=0)

    def test_installments_agreed_after_the_term(self):
        letter = self._send_letter(SENT)
        self._arrange(self.invoices[0], LATE)
        self._settle("2026-11-25")
        self._assert_ends(letter, "in_vain", [("due", 150)])

    def test_debtor_under_a_status_is_left_alone(self):
        letter = self._send_letter(SENT)
        self.consumer.write({"debtor_status": "restructuring", "debtor_status_date": "2026-11-10"})
        self._settle(LATE)
        self._assert_ends(letter, "running")

    # === BELGIUM ===#
    def _send_belgian(self, amount=1000, clause=True, **values):
        self.policy.consumer_clause = clause
        consumer = self._new_consumer(f"Belgian {amount} {clause}", "be")
        return self._send_letter(SENT, amount, partner=consumer, **values)

    def test_belgian_compensation_within_the_caps(self):
        for amount, costs in ((100, 20), (300, 45), (1000, 90), (50000, 2000)):
            letter = self._send_belgian(amount)
            self.assertEqual((letter.law, letter.amount_costs), ("be", costs))
            self._settle(LATE)
            self._assert_ends(letter, "in_vain", [("due", costs)])
            self.assertEqual(letter.charge_ids.scheme, "be_consumer")

    def test_belgian_consumer_without_a_clause_owes_nothing(self):
        letter = self._send_belgian(clause=False)
        self._settle(LATE)
        self._assert_ends(letter, "in_vain", unpaid=1000)
        self.policy.consumer_clause = True
        letter._settle(fields.Date.to_date("2026-11-20"))
        self._assert_ends(letter, "in_vain", unpaid=1000)

    def test_belgian_part_payment(self):
        letter = self._send_belgian()
        self._pay_on(self.invoices[0], 900, "2026-11-16")
        self._settle(LATE)
        self._assert_ends(letter, "in_vain", [("due", 20)], 100)

    def test_cap_holds_over_all_reminders_together(self):
        letter = self._send_belgian()
        self.next_level.write({"cost_scheme": "be_consumer", "charge_mode": "memo"})
        notice = self._run_day_for(letter.partner_id, "2026-11-20")
        self.assertEqual((notice.level_id, notice.amount_costs), (self.next_level, 90))
        self._settle("2026-12-20")
        total = self.env["receivable.charge"].search(
            [("partner_id", "=", letter.partner_id.id), ("state", "in", ("due", "booked"))]
        )
        self.assertEqual(sum(total.mapped("amount")), 90)

    def _interest(self, letter, day):
        item = letter.item_ids.move_line_id
        [claim] = self.env["statutory.interest"]._accrue(item, fields.Date.to_date(day))
        return claim

    def test_belgian_interest_by_the_first_reminder(self):
        self.company.country_id = self.env.ref("base.be")
        self.policy.consumer_clause = True
        for amount, small, total in (
            (480, True, "6.90"),
            (480, False, "4.97"),
            (1250, True, "17.98"),
        ):
            self.company.charge_be_small = small
            consumer = self._new_consumer(f"Belgian {amount} {small}", "be")
            letter = self._send_letter("2026-10-01", amount, partner=consumer)
            self.assertEqual(str(letter.last_free_day), "2026-10-15")
            self.assertIn("Belgian consumer", self._interest(letter, "2026-10-15").omitted)
            self.assertEqual(self._interest(letter, "2026-11-20").total, Decimal(total))
            self.policy.consumer_clause = False
            self.assertIn("clause", self._interest(letter, "2026-11-20").omitted)
            self.policy.consumer_clause = True
        # What is paid in time bears none, not even for the days in between.
        self.company.charge_be_small = True
        consumer = self._new_consumer("Belgian Paid", "be")
        letter = self._send_letter("2026-10-01", 980, partner=consumer)
        self._pay_on(self.invoices[0], 500, "2026-10-14")
        self.assertEqual(self._interest(letter, "2026-11-20").total, Decimal("6.90"))
        self._pay_on(self.invoices[0], 480, "2026-10-15")
        self.assertEqual(self._interest(letter, "2026-11-20").total, 0)

    def test_agreed_interest_is_capped_for_belgian_consumers(self):
        self.company.country_id = self.env.ref("base.be")
        self.policy.consumer_clause = True
        self.company.charge_be_small = True
        consumer = self._new_consumer("Belgian", "be")
        letter = self._send_letter("2026-10-01", 480, partner=consumer)
        self.company.write({"interest_kind_consumer": "contract", "interest_percentage": 18})
        self.assertEqual(self._interest(letter, "2026-11-20").total, Decimal("6.90"))
        self.company.interest_percentage = 5
        self.assertEqual(self._interest(letter, "2026-11-20").total, Decimal("3.29"))

    # === SEVERAL COMPANIES ===#
    def test_letters_of_another_company_are_its_own(self):
        letter = self._send_letter(SENT)
        other = self.setup_other_company()["company"]
        with self._frozen(LATE):
            self.env["statutory.letter"]._settle_due(other, fields.Date.to_date(LATE))
        self._assert_ends(letter, "running")
        self._settle(LATE)
        self._assert_ends(letter, "in_vain", [("due", 150)])
        self.assertEqual(letter.charge_ids.company_id, self.company)
