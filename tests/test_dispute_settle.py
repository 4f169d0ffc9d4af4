from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .dispute_common import DAY, DisputeCommon


@tagged("post_install", "-at_install")
class TestDisputeSettle(DisputeCommon):
    """How disputes end, what follows from it, and what happens to it afterwards."""

    def _mails(self, dossier):
        return self.env["mail.mail"].search(
            [
                ("model", "=", "dispute.dossier"),
                ("res_id", "=", dossier.id),
                ("recipient_ids", "in", self.debtor.ids),
            ]
        )

    # === FROM REMINDER TO PAYMENT ===#
    def test_from_reminder_to_partial_credit_to_payment(self):
        invoice = self._new_invoice("2026-03-31", amount=1000)
        sent = []
        dossier = self.dossiers
        credit = self.env["account.move"]
        day = self._date("2026-04-01")
        while day <= self._date("2026-06-30"):
            key = day.isoformat()
            if key == "2026-04-10":
                dossier = self._dispute(invoice, 400, day=key)
            elif key == "2026-04-24":
                credit = self._resolve(dossier, "partly", key, amount=150, reason="Half of it")
                self.assertEqual(credit.state, "draft")
            elif key == "2026-04-27":
                with self._frozen(key):
                    credit.with_user(self.bookkeeper).action_post()
            elif key == "2026-05-20":
                self._pay(invoice, invoice.amount_residual, key)
            sent += [
                (key, notice.level_id.stage, notice.amount_total) for notice in self._run_day(key)
            ]
            day += timedelta(days=1)
        self.assertEqual(
            sent,
            [
                ("2026-04-07", "reminder", 1000),
                # What is not disputed goes on; the fresh term for the rest ends on 8 May.
                ("2026-04-21", "firm", 600),
            ],
        )
        final = self.env["dunning.notice"].search([("state", "=", "proposed")])
        self.assertFalse(final)
        self.assertEqual(dossier.state, "resolved")
        self.assertEqual((dossier.amount_credited, dossier.amount_disputed), (150, 0))
        self.assertEqual(invoice.payment_state, "paid")
        self.assertFalse(dossier._get_blocks().filtered(lambda block: block.state == "active"))

    # === CREDIT NOTES ===#
    def test_draft_credit_note_holds_until_it_is_posted(self):
        invoice = self._new_invoice("2026-03-31")
        dossier = self._dispute(invoice, 30)
        credit = self._resolve(dossier, "accepted")
        self.assertEqual((dossier.state, dossier.outcome), ("resolved", "accepted"))
        self.assertEqual(credit.dispute_id, dossier)
        self.assertEqual(credit.reversed_entry_id, invoice)
        self.assertEqual((credit.state, credit.amount_total), ("draft", 30))
        self.assertEqual(list(self._held(dossier).values()), [30])
        self.assertEqual((dossier.amount_disputed, dossier.amount_credited), (30, 0))
        self.assertEqual(self._asked(invoice, DAY), 70)
        self.assertTrue(self._activities(dossier, "credit"))
        with self._frozen(DAY):
            credit.with_user(self.bookkeeper).action_post()
        self.assertFalse(self._held(dossier))
        self.assertFalse(self._activities(dossier, "credit"))
        self.assertEqual((dossier.amount_disputed, dossier.amount_credited), (0, 30))
        self.assertEqual(invoice.amount_residual, 70)
        self.assertEqual(self._asked(invoice, DAY), 70)
        self.assertIn("right", self._mails(dossier).body_html)

    def test_credit_note_cancelled_afterwards(self):
        invoice = self._new_invoice("2026-03-31")
        dossier = self._dispute(invoice, 30)
        credit = self._resolve(dossier, "accepted", post=True)
        self.assertFalse(self._held(dossier))
        with self._frozen("2026-04-20"):
            credit.button_draft()
            self.assertEqual(list(self._held(dossier).values()), [30])
            self.assertEqual(dossier.state, "resolved")
            self.assertTrue(self._activities(dossier, "credit"))
            credit.button_cancel()
        self.assertEqual((dossier.state, dossier.outcome), ("open", False))
        self.assertEqual(list(self._held(dossier).values()), [30])
        self.assertFalse(self._activities(dossier, "credit"))
        self.assertTrue(self._activities(dossier, "settle"))
        self.assertEqual(self._asked(invoice, "2026-04-20"), 70)

    def test_credit_note_deleted_as_a_draft(self):
        dossier = self._dispute(self._new_invoice("2026-03-31"), 30)
        credit = self._resolve(dossier, "accepted")
        with self._frozen("2026-04-20"):
            credit.unlink()
        self.assertEqual(dossier.state, "open")
        self.assertEqual(list(self._held(dossier).values()), [30])

    def test_unallocated_credit_note_neither_holds_nor_inflates(self):
        invoice = self._new_invoice("2026-03-31")
        other = self._new_invoice("2026-03-31", amount=50)
        dossier = self._dispute(invoice, 30)
        credit = self._resolve(dossier, "accepted", post=True)
        with self._frozen(DAY):
            credit.line_ids.remove_move_reconcile()
        self.assertEqual(invoice.amount_residual, 100)
        self.assertEqual(dossier.amount_disputed, 0)
        self.assertFalse(self._held(dossier))
        decisions = [self._decision(move, DAY) for move in (invoice, other)]
        self.assertEqual([decision.reason for decision in decisions], ["remind"] * 2)
        self.assertAlmostEqual(sum(row.amount - row.credit for row in decisions), 120)
        [notice] = self._run_day(DAY)
        self.assertEqual(notice.amount_total, 120)
        # Money of which nobody knows what it is for holds as before.
        self._receive(10, "2026-04-20")
        self.assertEqual(self._reason(invoice, "2026-04-21"), "unallocated")

    def test_unallocated_credit_note_while_the_dispute_goes_on(self):
        invoice = self._new_invoice("2026-03-31")
        dossier = self._dispute(invoice)
        credit = self._new_refund(DAY, amount=20)
        credit.dispute_id = dossier
        with self._frozen(DAY):
            dossier._sync_blocks()
        self.assertEqual(list(self._held(dossier).values()), [80])
        self.assertEqual(self._reason(invoice, DAY), "unallocated")

    def test_amount_of_taxed_lines_is_exact(self):
        tax = self.env["account.tax"].create({"name": "21%", "amount": 21})
        lines = [
            {"name": "A", "quantity": 3, "price_unit": 33.33, "tax_ids": [Command.set(tax.ids)]},
            {"name": "B", "quantity": 1, "price_unit": 10.01, "tax_ids": [Command.clear()]},
            {"name": "C", "quantity": 1, "price_unit": -5.5, "tax_ids": [Command.set(tax.ids)]},
        ]
        invoice = self._new_invoice(
            "2026-03-31", invoice_line_ids=[Command.create(line) for line in lines]
        )
        for amount in (10.0, 33.33, 0.07, 17.77):
            dossier = self._dispute(invoice, amount)
            credit = self._resolve(dossier, "accepted", post=True)
            self.assertEqual((credit.state, credit.amount_total), ("posted", amount))
            self.assertEqual(credit.invoice_line_ids.mapped("display_type"), ["product"] * 3)
            self.assertFalse(self._held(dossier))

    def test_chosen_quantity_of_a_line(self):
        tax = self.env["account.tax"].create({"name": "21%", "amount": 21})
        line = {"name": "Boxes", "quantity": 4, "price_unit": 25, "tax_ids": [Command.set(tax.ids)]}
        invoice = self._new_invoice(
            "2026-03-31",
            invoice_line_ids=[Command.create(line), Command.create({**line, "name": "Bags"})],
        )
        boxes, bags = invoice.invoice_line_ids
        part = {"move_id": invoice.id, "invoice_line_id": bags.id, "quantity": 3}
        with self._frozen(DAY):
            dossier = self.dossiers._open(invoice, self.reason, [part])
        credit = self._resolve(
            dossier, "partly", parts=[{"invoice_line_id": bags.id, "quantity": 2}], reason="Two"
        )
        self.assertEqual(credit.invoice_line_ids.mapped("name"), ["Bags"])
        self.assertEqual(credit.invoice_line_ids.quantity, 2)
        self.assertEqual(credit.amount_total, 60.5)
        self.assertEqual(dossier.outcome, "partly")
        with self._frozen(DAY):
            dossier.action_reopen()
            with self._refused("More is credited"):
                dossier._resolve(
                    "partly", parts=[{"invoice_line_id": boxes.id, "quantity": 5}], reason="No"
                )

    def test_whole_invoice_over_two_disputes(self):
        invoice = self._new_invoice("2026-03-31")
        first, second = self._dispute(invoice, 70), self._dispute(invoice)
        self._resolve(first, "accepted", post=True)
        credit = self._resolve(second, "accepted")
        self.assertEqual(credit.amount_total, 30)
        third = self._dispute(invoice, 10)
        with self._refused("more than"):
            self._resolve(third, "partly", amount=10, reason="Once more")
        with self._frozen(DAY):
            credit.with_user(self.bookkeeper).action_post()
        self.assertEqual(invoice.payment_state, "reversed")
        self.assertFalse((first | second | third)._get_blocks())

    def test_paid_invoice_is_credited(self):
        invoice = self._new_invoice("2026-03-31")
        self._pay(invoice, 100, "2026-04-01")
        dossier = self._dispute(invoice)
        credit = self._resolve(dossier, "accepted", post=True)
        self.assertEqual((credit.amount_total, credit.amount_residual), (100, 100))
        self.assertEqual(dossier.amount_credited, 100)

    def test_what_makes_no_sense_is_refused_in_words(self):
        invoice = self._new_invoice("2026-03-31")
        other = self._new_invoice("2026-03-31")
        dossier = self._dispute(invoice, 30)
        line = invoice.invoice_line_ids
        for words, values in (
            ("which amount", {"amount": 0.0}),
            ("which amount", {"amount": -5.0}),
            ("which amount", {"parts": [{"move_id": invoice.id, "amount": -5.0}]}),
            ("which part", {}),
            ("more than", {"amount": 100.01}),
            ("no more than", {"parts": [{"move_id": invoice.id, "amount": 100.01}]}),
            ("More is credited", {"parts": [{"invoice_line_id": line.id, "quantity": -1}]}),
            ("is not disputed", {"parts": [{"move_id": other.id, "amount": 5.0}]}),
        ):
            with self.subTest(values=values), self._refused(words), self.cr.savepoint():
                self._resolve(dossier, "partly", reason="Yes", **values)
        with self._refused("no outcome"):
            self._resolve(dossier, "burnt")
        self.assertEqual((dossier.state, dossier.amount_disputed), ("open", 30))
        self.assertFalse(invoice.reversal_move_ids)

    def test_credit_notes_take_rights_on_invoices(self):
        dossier = self._dispute(self._new_invoice("2026-03-31"), 30)
        for outcome in ({"outcome": "accepted"}, {"outcome": "corrected", "replace": True}):
            with self.assertRaises(AccessError):
                self._resolve(dossier, user=self.collector, **outcome)
        self.assertEqual(dossier.state, "open")
        self._resolve(dossier, "replaced", user=self.collector)
        self.assertEqual(dossier.outcome, "replaced")

    # === WITHOUT A CREDIT NOTE ===#
    def test_rejected_gives_a_fresh_term_and_goes_on_at_the_stored_level(self):
        invoice = self._new_invoice("2026-03-31")
        notice = self._run_day("2026-04-07")
        self.assertEqual(notice.level_id.stage, "reminder")
        dossier = self._dispute(invoice, 40, day="2026-04-10")
        with self._frozen(DAY):
            self.assertEqual(notice.amount_due_now, 60)
        with self._refused("why"):
            self._resolve(dossier, "rejected", "2026-04-24")
        self._resolve(dossier, "rejected", "2026-04-24", reason="It was <complete>")
        self.assertEqual(dossier.term_until, self._date("2026-05-08"))
        block = dossier._get_blocks()
        self.assertEqual((block.amount, block.date_to), (40, self._date("2026-05-08")))
        self.assertEqual((dossier.amount_disputed, invoice.disputed_amount), (0, 0))
        with self._frozen("2026-04-24"):
            # All of it can be paid by the link of the reminder.
            notice.invalidate_recordset(["amount_due_now"])
            self.assertEqual(notice.amount_due_now, 100)
        mail = self._mails(dossier)
        self.assertIn("It was &lt;complete&gt;", mail.body_html)
        self.assertIn("May 8, 2026", mail.body_html)
        self.assertEqual(self._asked(invoice, "2026-05-08"), 60)
        self.assertEqual(self._asked(invoice, "2026-05-09"), 100)
        decision = self._decision(invoice, "2026-05-11")
        self.assertEqual(decision.level_id, self.levels["firm"].id)

    def test_rejected_whole_invoice_is_silent_until_the_term_is_over(self):
        invoice = self._new_invoice("2026-03-31")
        dossier = self._dispute(invoice)
        self._resolve(dossier, "rejected", reason="No")
        last = dossier.term_until
        self.assertEqual(last, self._date(DAY) + timedelta(days=14))
        self.assertEqual(self._reason(invoice, last), "block")
        self.assertEqual(self._reason(invoice, last + timedelta(days=1)), "remind")
        # It can be paid from an earlier reminder meanwhile.
        self.assertTrue(dossier._get_blocks()._is_fresh_term())
        with self._frozen(DAY):
            self._pay(invoice, 100, DAY)
        self.assertFalse(dossier._get_blocks())

    def test_no_mail_without_an_address_or_in_test_mode(self):
        invoice = self._new_invoice("2026-03-31")
        self.company.dunning_test_mode = True
        dossier = self._dispute(invoice, 40)
        self._resolve(dossier, "rejected", reason="No")
        self.assertFalse(self._mails(dossier))
        self.company.dunning_test_mode = False
        self.debtor.email = False
        dossier = self._dispute(invoice, 40)
        self._resolve(dossier, "rejected", reason="No")
        self.assertFalse(self._mails(dossier))
        self.debtor.email = "debtor@buyer.example"
        dossier = self._dispute(invoice, 40)
        self._resolve(dossier, "replaced", tell=False)
        self.assertFalse(self._mails(dossier))

    def test_online_disputes_are_confirmed(self):
        invoice = self._new_invoice("2026-03-31")
        self.assertFalse(self._mails(self._dispute(invoice, 10)))
        dossier = self._dispute(invoice, 10, origin="portal", internal_note="Quarreler")
        [mail] = self._mails(dossier)
        self.assertIn(dossier.name, mail.body_html)
        self.assertNotIn("Quarreler", mail.body_html)

    def test_corrected_with_a_new_due_date(self):
        invoice = self._new_invoice("2026-03-31")
        dossier = self._dispute(invoice)
        with self._refused("past"):
            self._resolve(dossier, "corrected", due_date=self._date("2026-04-09"))
        self._resolve(dossier, "corrected", due_date=self._date("2026-05-01"))
        self.assertEqual(self._reason(invoice, "2026-05-01"), "block")
        self.assertEqual(self._reason(invoice, "2026-05-04"), "remind")

    def test_corrected_by_a_new_invoice(self):
        invoice = self._new_invoice("2026-03-31")
        dossier = self._dispute(invoice)
        made = self._resolve(dossier, "corrected", replace=True, due_date=self._date("2026-05-01"))
        credit = made.filtered(lambda move: move.move_type == "out_refund")
        new = made - credit
        self.assertEqual((credit.state, credit.dispute_id), ("posted", dossier))
        self.assertEqual((new.state, new.move_type), ("draft", "out_invoice"))
        self.assertFalse(new.dispute_id)
        self.assertEqual(new.invoice_date_due, self._date("2026-05-01"))
        self.assertEqual(invoice.amount_residual, 0)
        self.assertFalse(dossier._get_blocks())

    def test_withdrawn_goes_on_at_once(self):
        invoice = self._new_invoice("2026-03-31")
        dossier = self._dispute(invoice)
        with self._frozen(DAY):
            dossier.with_user(self.collector).action_withdraw()
            dossier.with_user(self.collector).action_withdraw()
        self.assertEqual(dossier.state, "withdrawn")
        self.assertFalse(dossier._get_blocks())
        self.assertEqual(self._reason(invoice, DAY), "remind")
        self.assertFalse(dossier.activity_ids)
        with self._refused("reopen"):
            self._resolve(dossier, "rejected", reason="No")

    def test_reopened_holds_again(self):
        invoice = self._new_invoice("2026-03-31")
        dossier = self._dispute(invoice, 40)
        self._resolve(dossier, "rejected", reason="No")
        with self._frozen("2026-04-20"):
            dossier.with_user(self.collector).action_reopen()
        self.assertEqual((dossier.state, dossier.outcome), ("open", False))
        self.assertFalse(dossier.term_until)
        self.assertEqual(dossier.days_rested, 10)
        [block] = dossier._get_blocks()
        self.assertEqual((block.amount, block.date_to), (40, False))
        self.assertEqual(dossier.deadline, self._date("2026-05-11"))
