from datetime import timedelta

from freezegun import freeze_time

from ..demo import charge_cast, history
from .demo_disputes import TODAY


class DemoCharges:
    """What the story that a test class told has to say about costs and interest."""

    def _charges_of(self, key=None):
        domain = [("company_id", "=", self.company.id)]
        if key:
            domain.append(("partner_id", "=", self.partners[key].id))
        return self.env["receivable.charge"].search(domain)

    def _letter_of(self, key):
        letter = self.env["statutory.letter"].search(
            [("company_id", "=", self.company.id), ("partner_id", "=", self.partners[key].id)]
        )
        self.assertEqual(len(letter), 1)
        return letter

    def test_charges_are_of_both_kinds_and_in_every_state(self):
        charges = self._charges_of()
        for field in ("kind", "state"):
            values = {value for value, _label in charges._fields[field].selection}
            self.assertEqual(set(charges.mapped(field)), values)
        self.assertLessEqual(
            {"nl_business", "nl_consumer", "be_consumer"}, set(charges.mapped("scheme"))
        )
        self.assertLessEqual(max(charges.mapped("date")), TODAY)
        self.assertFalse(charges.filtered("booking_problem"))
        run_dates = history.get_run_dates(TODAY)
        for charge in charges.filtered(lambda charge: not charge.letter_id):
            self.assertIn(charge.date, run_dates)

    def test_businesses_are_warned_asked_invoiced_or_let_off(self):
        self.assertEqual(set(self._charges_of("never").mapped("state")), {"announced"})
        asked = self._charges_of("asked")
        self.assertEqual(asked.mapped("state"), ["due", "due"])
        self.assertFalse(asked.move_id)
        self.assertGreater(min(asked.mapped("amount")), 0)
        invoiced = self._charges_of("invoiced")
        self.assertEqual(set(invoiced.mapped("state")), {"booked"})
        paid, still_open = invoiced.move_id.sorted("invoice_date")
        self.assertEqual(paid.payment_state, "paid")
        self.assertEqual(still_open.payment_state, "not_paid")
        for charge in invoiced:
            self.assertEqual(charge.move_id.invoice_date, charge.notice_id.sent_date)
            self.assertEqual(charge.move_id.date, charge.notice_id.sent_date)
        # Its reminders wait for those of the principal.
        self.assertEqual(self._reasons_of("invoiced"), ["remind", "block"])
        let_off = self._charges_of("let_off")
        self.assertEqual(set(let_off.mapped("state")), {"waived"})
        self.assertEqual(let_off.waived_by_id, self.staff["manager"])
        self.assertEqual(set(let_off.mapped("waive_reason")), {charge_cast.WAIVERS[0].reason})
        self.assertLess(max(let_off.mapped("waived_date")), TODAY)

    def test_arrangement_takes_costs_and_interest_along(self):
        arrangement = self._arrangement_of("along")
        charges = self._charges_of("along")
        self.assertEqual(arrangement.charge_ids, charges)
        self.assertEqual(set(charges.mapped("kind")), {"costs", "interest"})
        self.assertEqual(charges.move_id, arrangement.charge_move_id)
        self.assertAlmostEqual(
            arrangement.amount_total,
            sum(self._invoices_of("along").mapped("amount_total")) + sum(charges.mapped("amount")),
        )
        self.assertEqual(self._reasons_of("along"), ["block", "block"])

    @freeze_time(f"{TODAY} 12:00:00")
    def test_letters_to_dutch_consumers_ended_in_every_way(self):
        states = {
            key: self._letter_of(key).state
            for key in ("term_running", "paid_in_time", "in_vain", "costs_left", "came_back")
        }
        self.assertEqual(
            states,
            {
                "term_running": "running",
                "paid_in_time": "in_time",
                "in_vain": "in_vain",
                "costs_left": "in_vain",
                "came_back": "void",
            },
        )
        self.assertGreaterEqual(self._letter_of("term_running").last_free_day, TODAY)
        for key in ("term_running", "paid_in_time", "came_back"):
            self.assertFalse(self._charges_of(key))
        part = self._letter_of("in_vain")
        self.assertTrue(0 < part.amount_unpaid < part.amount_principal)
        owed = self._charges_of("in_vain")
        self.assertEqual(owed.state, "due")
        self.assertLess(owed.amount, part.amount_costs)
        self.assertEqual(set(self._invoices_of("costs_left").mapped("payment_state")), {"paid"})
        self.assertEqual(self._charges_of("costs_left").state, "due")

    @freeze_time(f"{TODAY} 12:00:00")
    def test_letters_leave_work_and_proof(self):
        lost = self._letter_of("came_back")
        self.assertEqual(lost.channel, "post")
        self.assertEqual(lost.sent_date, lost.notice_id.sent_date)
        self.assertIn("came back", lost.void_reason)
        self.assertTrue(lost.activity_ids)
        self.assertTrue(lost.is_resendable)
        proven = self._letter_of("proven")
        self.assertTrue(proven.received_proven)
        self.assertEqual(proven.state, "running")
        self.assertEqual(proven.message_ids.attachment_ids.mimetype, "application/pdf")
        for letter in (lost, proven):
            self.assertEqual(
                max(letter.message_ids.mapped("date")).date(), TODAY - timedelta(days=8)
            )

    def test_collector_who_sees_a_letter_or_a_charge_can_leave_a_note(self):
        collector = self._new_user(
            "collector.of.letters", "account_credit_management.group_collector"
        )
        for record in (self._letter_of("came_back"), self._charges_of("asked")[0]):
            with self.subTest(record=record.display_name):
                note = record.with_user(collector).message_post(body="I call him tomorrow.")
                self.assertEqual(note.author_id, collector.partner_id)
        self.assertTrue(self._letter_of("came_back").with_user(collector).activity_ids)

    def test_belgian_consumers_pay_after_the_first_reminder_only(self):
        paid, running = self.env["statutory.letter"].search(
            [("partner_id", "=", self.partners["consumer_be"].id)], order="sent_date"
        )
        self.assertEqual((paid.state, running.state), ("in_time", "running"))
        self.assertFalse(self._charges_of("consumer_be"))
        letter = self._letter_of("vain_be")
        self.assertEqual((letter.law, letter.state), ("be", "in_vain"))
        self.assertEqual(self._charges_of("vain_be").scheme, "be_consumer")
        self.assertEqual(self._charges_of("vain_be").date, letter.costs_from)

    def test_next_reminder_asks_what_is_owed(self):
        with freeze_time(f"{TODAY} 10:00:00"):
            self.env["dunning.run"]._propose_automatically(self.company, TODAY)
        for key in ("in_vain", "vain_be"):
            with self.subTest(debtor=key):
                notice = self.env["dunning.notice"].search(
                    [("partner_id", "=", self.partners[key].id), ("state", "=", "proposed")]
                )
                self.assertEqual(notice.amount_costs, self._charges_of(key).amount)
                self.assertAlmostEqual(
                    notice.amount_total, notice.amount_residual + notice.amount_costs, places=2
                )
