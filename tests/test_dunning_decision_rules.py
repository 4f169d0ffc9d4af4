from datetime import timedelta

from odoo import Command, fields
from odoo.tests import tagged

from .notice_common import NoticeCommon


@tagged("post_install", "-at_install")
class TestDunningDecisionRules(NoticeCommon):
    """What the oracle found, one rule at a time: each was decided otherwise before."""

    def _hold(self, invoice=None, **values):
        return self.env["dunning.block"].create(
            {
                "company_id": self.company.id,
                "move_line_id": invoice and self._items(invoice).id,
                "date_from": "2026-01-01",
                "reason": "Held",
                **values,
            }
        )

    def _remember(self, invoice, level, day, state="sent", severity=None):
        """A reminder of a level as if it had been made on that day."""
        item = self._items(invoice)
        day = fields.Date.to_date(day)
        sent = day if state in ("sent", "imported") else False
        return (
            self.env["dunning.notice"]
            .sudo()
            .create(
                {
                    "name": f"REM{item.id}-{level.id}",
                    "company_id": invoice.company_id.id,
                    "partner_id": invoice.commercial_partner_id.id,
                    "contact_id": invoice.partner_id.id,
                    "currency_id": invoice.currency_id.id,
                    "level_id": level.id,
                    "date": day,
                    "state": state,
                    "sent_date": sent,
                    "line_ids": [
                        Command.create(
                            {
                                "move_line_id": item.id,
                                "level_id": level.id,
                                "severity": severity or level.severity,
                                "company_id": invoice.company_id.id,
                                "state": state,
                                "sent_date": sent,
                                "term_date": sent and sent + timedelta(days=level.payment_days),
                                "move_name": invoice.name,
                                "date_maturity": item.date_maturity,
                            }
                        )
                    ],
                }
            )
        )

    def _new_policy(self, *levels, **values):
        return self.env["dunning.policy"].create(
            {
                "name": "Own",
                "level_ids": [
                    Command.create({"name": f"Level {number}", "sequence": number, **level})
                    for number, level in enumerate(levels, start=1)
                ],
                **values,
            }
        )

    # === WHAT IS SAID ABOUT AN ITEM ===#
    def test_no_next_level_is_planned_for_no_day(self):
        invoice = self._new_invoice("2026-03-31")
        self._remember(invoice, self.levels["handover"], "2026-05-20")
        decision = self._decision(invoice, "2026-06-10")
        self.assertEqual((decision.reason, decision.level_id), ("finished", None))
        self.assertFalse(decision.date)

    def test_proposed_item_from_before_the_start_says_that_it_is_left_alone(self):
        invoice = self._new_invoice("2026-03-31")
        notice = self._propose("2026-04-08")
        self.company.write({"dunning_begin": "date", "dunning_start_date": "2026-04-01"})
        self.assertEqual(self._reason(invoice, "2026-04-08"), "before_start")
        notice._send(fields.Date.to_date("2026-04-08"))
        self.assertEqual(notice.state, "obsolete")

    def test_held_part_that_exceeds_what_is_open_leaves_nothing(self):
        invoice = self._new_invoice("2026-03-31", amount=100)
        self._hold(invoice, amount=60)
        self._pay(invoice, 70, "2026-04-02")
        decision = self._decision(invoice, "2026-04-20")
        self.assertEqual((decision.reason, decision.amount), ("block", 0))

    def test_last_reminder_is_the_newer_of_two_that_are_equally_firm(self):
        policy = self._new_policy({"delay_days": 1}, {"delay_days": 8})
        self.company.dunning_policy_id = policy
        invoice = self._new_invoice("2026-03-31")
        first, second = policy.level_ids
        # The second had the place of the first when it was sent.
        self._remember(invoice, first, "2026-04-05")
        self._remember(invoice, second, "2026-04-20", severity=first.severity)
        self.assertEqual(self._decision(invoice, "2026-04-22").last_level_id, second.id)

    # === LADDERS THAT CHANGED ===#
    def test_deleting_a_level_that_was_never_used_skips_no_other(self):
        policy = self._new_policy(
            {"delay_days": -3},
            {"delay_days": 7},
            {"delay_days": 14},
            {"delay_days": 30, "stage": "final"},
        )
        self.company.dunning_policy_id = policy
        service, first, second, _final = policy.level_ids
        invoice = self._new_invoice("2026-03-31")
        self._remember(invoice, first, "2026-04-07")
        service.unlink()
        self.assertEqual(self._decision(invoice, "2026-04-20").level_id, second.id)

    def test_level_that_was_firmer_when_it_was_sent_is_not_followed_by_a_milder_one(self):
        policy = self._new_policy(
            {"delay_days": 7},
            {"delay_days": 14},
            {"delay_days": 21, "stage": "firm"},
            {"delay_days": 30, "stage": "final"},
        )
        self.company.dunning_policy_id = policy
        first, _second, _firm, final = policy.level_ids
        invoice = self._new_invoice("2026-03-31")
        stages = self.env["dunning.level"]
        was_final = stages._get_stage_severity("final") + 1
        self._remember(invoice, first, "2026-04-07", severity=was_final)
        self.assertEqual(self._decision(invoice, "2026-06-01").level_id, final.id)

    def test_change_of_another_policy_leaves_its_reminders_as_firm_as_they_were(self):
        other = self._new_policy({"delay_days": -1}, {"delay_days": 7})
        reminder = other.level_ids[1]
        invoice = self._new_invoice("2026-03-31")
        self._remember(invoice, reminder, "2026-04-07")
        reminder.stage = "final"
        self.assertEqual(self._decision(invoice, "2026-04-20").level_id, self.levels["firm"].id)

    def test_nothing_waits_for_a_service_message_whose_level_became_a_reminder(self):
        policy = self._new_policy({"delay_days": -1}, {"delay_days": 3})
        self.company.dunning_policy_id = policy
        service, reminder = policy.level_ids
        invoice = self._new_invoice("2026-03-31")
        self._remember(invoice, service, "2026-03-30")
        service.write({"delay_days": 2, "stage": "reminder"})
        decision = self._decision(invoice, "2026-04-03")
        self.assertEqual((decision.level_id, decision.reason), (reminder.id, "remind"))

    # === ITEMS THAT CLIMB TOGETHER ===#
    def test_items_that_are_held_for_any_reason_drag_no_others_along(self):
        self.policy.escalation = "debtor"
        old = self._new_invoice("2026-01-31")
        self._remember(old, self.levels["reminder"], "2026-02-07")
        new = self._new_invoice("2026-04-01")
        day = fields.Date.to_date("2026-04-10")
        self.assertEqual(self._decision(new, day).level_id, self.levels["firm"].id)

        def hold(**values):
            return lambda: self._hold(**values)

        for name, obstacle in (
            ("collected", lambda: old.write({"direct_debit_state": "collected"})),
            ("blocked", lambda: old.write({"payment_state": "blocked"})),
            ("under way", lambda: old.write({"payment_state": "in_payment"})),
            ("not delivered", lambda: old.write({"is_move_sent": False})),
            ("all of its parts held", hold(invoice=old, amount=100)),
            ("company does not remind what is older", hold(items_until="2026-02-15")),
        ):
            with self.subTest(name), self.env.cr.savepoint() as savepoint:
                obstacle()
                self.env.flush_all()
                self.assertNotEqual(self._reason(old, day), "remind")
                self.assertEqual(self._decision(new, day).level_id, self.levels["reminder"].id)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_item_from_before_the_start_drags_no_others_along(self):
        self.policy.escalation = "debtor"
        self._new_invoice("2026-01-31")
        first = self._new_invoice("2026-04-01")
        self._remember(first, self.levels["reminder"], "2026-04-08")
        self.company.write({"dunning_begin": "date", "dunning_start_date": "2026-04-01"})
        decision = self._decision(first, "2026-04-17")
        self.assertEqual(str(decision.date), "2026-04-22", "21 days after its own due date")

    # === MONEY ===#
    def test_new_bill_of_a_supplier_does_not_silence_what_he_owes(self):
        self.company.dunning_supplier_debits = True
        credit_note = self._new_vendor_document("in_refund", "2026-03-01", 40000)
        self._new_vendor_document("in_invoice", "2026-04-07", 12)
        [decision] = self._decisions("2026-04-08").values()
        self.assertEqual(decision.move_id, credit_note.id)
        self.assertEqual((decision.reason, decision.credit), ("remind", 12))

    def _new_vendor_document(self, move_type, due, amount):
        document = self.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": self.debtor.id,
                "invoice_date": due,
                "invoice_date_due": due,
                "invoice_payment_term_id": False,
                "ref": f"{move_type} {due}",
                "invoice_line_ids": [
                    Command.create({"name": "Goods", "price_unit": amount, "tax_ids": []})
                ],
            }
        )
        document.action_post()
        return document

    def test_money_that_holds_is_not_said_to_be_deducted(self):
        paused = self._new_invoice("2026-03-31", amount=1000)
        invoice = self._new_invoice("2026-03-31", amount=100)
        self._hold(paused)
        self._receive(150, "2026-03-20")
        decision = self._decision(invoice, "2026-04-08")
        self.assertEqual((decision.reason, decision.credit), ("unallocated", 0))
        self.assertNotIn("deducted", self.env["dunning.decision"]._explain(decision))

    def test_minimum_is_not_missed_by_a_fraction_of_a_cent(self):
        """20 over three items is 6.67 each, which is a little more than 20."""
        self.policy.minimum_amount = 70
        for _number in range(3):
            self._new_invoice("2026-03-31", amount=30)
        self._receive(20, "2026-03-20")
        reasons = {decision.reason for decision in self._decisions("2026-04-08").values()}
        self.assertEqual(reasons, {"remind"})
        self.policy.minimum_amount = 70.01
        reasons = {decision.reason for decision in self._decisions("2026-04-08").values()}
        self.assertEqual(reasons, {"below_minimum"})

    def test_payment_of_a_reminder_does_not_hold_what_was_taken_out_of_it(self):
        kept, removed = self._new_invoice("2026-03-31"), self._new_invoice("2026-03-31")
        notice = self._propose("2026-04-08")
        line = notice.line_ids.filtered(lambda line: line.move_id == removed)
        notice._remove_lines(line, "Not this one")
        with self._frozen("2026-04-08"):
            provider = self.env["payment.provider"].create({"name": "Test", "code": "none"})
            self.env["payment.transaction"].create(
                {
                    "provider_id": provider.id,
                    "payment_method_id": self.env.ref("payment.payment_method_unknown").id,
                    "reference": "way",
                    "amount": 100,
                    "currency_id": kept.currency_id.id,
                    "partner_id": self.debtor.id,
                    "dunning_notice_id": notice.id,
                }
            )._set_pending()
        self.assertEqual(self._reason(kept, "2026-04-09"), "under_way")
        self.assertEqual(self._reason(removed, "2026-04-09"), "remind")

    # === MESSAGES ===#
    def test_forecast_counts_the_messages_that_the_run_makes(self):
        self.company.dunning_supplier_debits = True
        old = self._new_invoice("2026-01-31")
        self._remember(old, self.levels["final"], "2026-03-02")
        self._new_invoice("2026-03-31")
        self._new_invoice("2026-04-10")
        self._new_vendor_document("in_refund", "2026-03-25", 80)
        day = fields.Date.to_date("2026-04-08")
        forecast = self.env["dunning.run"]._get_forecast(self.company, day)
        notices = self._propose("2026-04-08")
        self.assertEqual(len(notices), 4)
        self.assertEqual(
            {level: messages for level, messages, _items in forecast["levels"]},
            {level.id: len(made) for level, made in notices.grouped("level_id").items()},
        )

    def test_handover_is_no_message_of_the_week(self):
        self.company.dunning_weekly_cap = 1
        branch = self.env["res.partner"].create(
            {"name": "Branch", "parent_id": self.debtor.id, "email": "branch@buyer.example"}
        )
        old = self._new_invoice("2026-01-31")
        self._remember(old, self.levels["final"], "2026-03-02")
        new = self._new_invoice("2026-03-31", partner=branch)
        self.assertEqual(self._reason(old, "2026-04-08"), "remind")
        self.assertEqual(self._reason(new, "2026-04-08"), "remind")

    def test_handover_does_not_take_a_reminder_along(self):
        """Nothing is sent at a hand-over: what is reminded beside it needs a message."""
        old = self._new_invoice("2026-01-31")
        self._remember(old, self.levels["final"], "2026-03-02")
        new = self._new_invoice("2026-03-31")
        notices = self._propose("2026-04-08").grouped("stage")
        self.assertEqual(set(notices), {"handover", "reminder"})
        self.assertEqual(notices["reminder"].line_ids.move_line_id, self._items(new))
        self.assertEqual(notices["reminder"].state, "ready", "it waits for nobody")
        self.assertEqual(notices["handover"].state, "proposed")
