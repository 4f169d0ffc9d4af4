from datetime import date

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .notice_common import NoticeCommon


@tagged("post_install", "-at_install")
class TestDebtorStatus(NoticeCommon):
    """Bankruptcy and the like: older items are claims, later ones go to the person in charge."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.trustee = cls.env["res.partner"].create(
            {"name": "Mr. Trustee", "email": "trustee@law.example"}
        )
        cls.other_company = cls.setup_other_company(name="Seller Two")["company"]

    def _set_status(self, debtor=None, status="bankruptcy", day="2026-03-01", user=None, **values):
        """Use the assistant as a collector does."""
        debtor = debtor or self.debtor
        action = debtor.with_user(user or self.collector).action_set_debtor_status()
        wizards = (
            self.env["dunning.debtor.status"]
            .with_user(user or self.collector)
            .with_context(**action["context"])
        )
        with Form(wizards, "account_credit_management.view_dunning_debtor_status_form") as form:
            form.debtor_status = status
            form.date = day
            for name, value in values.items():
                setattr(form, name, value)
        form.record.action_apply()

    def _get_blocks(self, debtor=None):
        return (
            self.env["dunning.block"]
            .sudo()
            .search(
                [
                    ("kind", "=", "status"),
                    ("partner_id", "=", (debtor or self.debtor).id),
                    ("lifted_date", "=", False),
                ]
            )
        )

    def _get_claims(self, debtor=None):
        return (debtor or self.debtor).activity_search(
            ["account_credit_management.mail_activity_type_file_claim"]
        )

    # === EFFECTS ===#
    def test_older_items_are_held_and_later_ones_go_to_the_person_in_charge(self):
        older = self._new_invoice("2026-03-10")
        later = self._new_invoice("2026-04-10")
        with self._frozen("2026-03-05"):
            self._set_status(contact_id=self.trustee, reference="C/13/26/123 F")
        decision = self._decision(older, "2026-04-20")
        self.assertEqual(decision.reason, "block")
        self.assertEqual(
            decision.block_id,
            self._get_blocks().filtered_domain([("company_id", "=", self.company.id)]).id,
        )
        self.assertEqual(self._reason(later, "2026-04-20"), "remind")
        notice = self._run_day("2026-04-20")
        self.assertEqual(notice.partner_id, self.debtor)
        self.assertEqual(notice.contact_id, self.trustee)
        self.assertEqual(notice.line_ids.move_id, later)
        message = self.env["mail.mail"].search(
            [("mail_message_id", "=", notice.mail_message_id.id)]
        )
        self.assertEqual(message.recipient_ids, self.trustee)
        for day in ("2026-05-20", "2026-06-20", "2026-07-20"):
            self.assertNotIn(older, self._run_day(day).line_ids.move_id)

    def test_an_invoice_of_the_day_itself_is_held(self):
        invoice = self._new_invoice("2026-03-31")
        self.assertEqual(invoice.invoice_date, date(2026, 3, 1))
        with self._frozen("2026-03-05"):
            self._set_status(day="2026-03-01")
        self.assertEqual(self._reason(invoice, "2026-05-01"), "block")

    def test_one_block_in_every_company_without_a_parent_holds_its_branches_too(self):
        with self._frozen("2026-03-05"):
            branch = self.env["res.company"].create(
                {"name": "Seller Branch", "parent_id": self.company.id}
            )
            self._set_status(reference="F 26/1")
            blocks = self._get_blocks()
        roots = self.env["res.company"].sudo().search([("parent_id", "=", False)])
        self.assertIn(self.other_company, roots)
        self.assertNotIn(branch, roots)
        self.assertEqual(len(blocks), len(roots))
        self.assertEqual(blocks.company_id, roots)
        self.assertEqual(set(blocks.mapped("date_from")), {date(2026, 3, 1)})
        self.assertEqual(set(blocks.mapped("items_until")), {date(2026, 3, 1)})
        self.assertFalse(any(blocks.mapped("date_to")))
        self.assertEqual(set(blocks.mapped("reason")), {"Bankruptcy as of 03/01/2026 (F 26/1)"})

    def test_a_company_that_is_added_later_knows_the_status(self):
        with self._frozen("2026-03-05"):
            self._set_status()
            count = len(self._get_blocks())
            company = self.env["res.company"].create({"name": "Seller Three"})
        self.assertEqual(len(self._get_blocks()), count + 1)
        self.assertIn(company, self._get_blocks().company_id)

    def test_a_debtor_of_one_company_is_held_there_only(self):
        self.debtor.company_id = self.company
        with self._frozen("2026-03-05"):
            self._set_status()
        self.assertEqual(self._get_blocks().company_id, self.company)
        self.debtor.company_id = False
        self.assertIn(self.other_company, self._get_blocks().company_id)

    def test_reminders_that_wait_are_cancelled_at_once(self):
        other = self._new_debtor("Debtor Two")
        self._new_invoice("2026-03-10")
        untouched = self._new_invoice("2026-03-10", partner=other)
        notices = self._propose("2026-03-20")
        notice = notices.filtered(lambda notice: notice.partner_id == self.debtor)
        notice._release()
        with self._frozen("2026-03-21"):
            self._set_status()
        self.assertEqual(notice.state, "cancelled")
        self.assertEqual(notice.line_ids.mapped("state"), ["cancelled"])
        self.assertIn("Bankruptcy", notice.failure_reason)
        self.assertNotEqual((notices - notice).state, "cancelled")
        self.assertEqual((notices - notice).line_ids.move_id, untouched)

    def test_a_reminder_keeps_its_later_items(self):
        older = self._new_invoice("2026-03-10", amount=100)
        later = self._new_invoice("2026-04-10", amount=30)
        notice = self._propose("2026-04-20")
        self.assertEqual(notice.line_ids.move_id, older | later)
        with self._frozen("2026-04-21"):
            self._set_status()
        self.assertEqual(notice.state, "ready")
        self.assertEqual(notice._get_valid_lines().move_id, later)
        self.assertEqual(notice.amount_total, 30)
        self.assertIn("Bankruptcy", " ".join(notice.message_ids.mapped("body")))

    def test_what_was_sent_stays_as_it_is(self):
        _invoice, notice = self._send_reminder("2026-03-10")
        with self._frozen("2026-04-21"):
            self._set_status()
        self.assertEqual(notice.state, "sent")

    def test_a_status_of_a_day_to_come_cancels_nothing_yet(self):
        invoice = self._new_invoice("2026-03-10")
        notice = self._propose("2026-03-20")
        with self._frozen("2026-03-21"):
            self._set_status(day="2026-04-01")
        self.assertEqual(notice.state, "ready")
        self.assertEqual(self._reason(invoice, "2026-03-31"), "pending")
        notice._transition("cancelled")
        self.assertEqual(self._reason(invoice, "2026-03-31"), "remind")
        self.assertEqual(self._reason(invoice, "2026-04-01"), "block")

    def test_one_activity_to_file_the_claim(self):
        self._new_invoice("2026-03-10")
        self.company.dunning_user_id = self.manager
        with self._frozen("2026-03-05"):
            self._set_status(contact_id=self.trustee)
            claim = self._get_claims()
            self.assertEqual(claim.user_id, self.manager)
            self.assertEqual(claim.summary, "File the claim with Mr. Trustee")
            self.assertEqual(claim.date_deadline, date(2026, 3, 19))
            self._set_status(day="2026-03-02")
            self.assertEqual(self._get_claims(), claim)
            self.debtor.with_user(self.collector).action_end_debtor_status()
        self.assertFalse(self._get_claims())

    def test_nothing_to_claim_makes_no_activity(self):
        with self._frozen("2026-03-05"):
            self._set_status()
        self.assertFalse(self._get_claims())

    def test_calls_about_older_items_are_taken_back(self):
        invoice = self._new_invoice("2026-03-10")
        later = self._new_invoice("2026-04-10")
        calls = self.env["mail.activity"]
        for move in (invoice, later):
            calls += self.debtor._schedule_dunning_activity(
                self.company,
                "mail.mail_activity_data_call",
                summary="Call",
                dunning_channel="call",
                dunning_move_ids=[Command.set(move.ids)],
            )
        todo = self.debtor.activity_schedule("mail.mail_activity_data_call", summary="Mine")
        with self._frozen("2026-03-21"):
            self._set_status()
        self.assertEqual(calls.exists(), calls[1])
        self.assertTrue(todo.exists())

    def test_the_note_is_kept_in_the_history(self):
        with self._frozen("2026-03-05"):
            self._set_status(note="Told by phone <b>today</b>")
        bodies = " ".join(self.debtor.message_ids.mapped("body"))
        self.assertIn("Told by phone &lt;b&gt;today", bodies)
        held = [
            message
            for message in self.debtor.message_ids
            if "Reminders held" in message.body and "until 03/01/2026" in message.body
        ]
        self.assertEqual(len(held), 1, "not once per company")

    def test_ending_the_status_lets_reminders_go_on_where_they_stood(self):
        invoice = self._new_invoice("2026-03-10")
        with self._frozen("2026-03-05"):
            self._set_status(contact_id=self.trustee, reference="F 26/1")
        blocks = self._get_blocks()
        self.env.cr.flush()  # what is new in a transaction is not tracked
        with self._frozen("2026-05-01"):
            debtor = self.debtor.with_env(self.env(user=self.collector, context={}))
            debtor.action_end_debtor_status()
            self.env.flush_all()
            self.env.cr.flush()
        self.assertFalse(self._get_blocks())
        self.assertTrue(all(blocks.mapped("lifted_date")))
        for name in ("date", "contact_id", "reference"):
            self.assertFalse(self.debtor[f"debtor_status_{name}"])
        decision = self._decision(invoice, "2026-05-02")
        self.assertEqual(decision.reason, "remind")
        self.assertEqual(decision.contact_id, self.debtor.id)
        messages = self.env["mail.message"].sudo()
        messages = messages.search([("model", "=", "res.partner"), ("res_id", "=", self.debtor.id)])
        tracked = messages.tracking_value_ids.field_id.mapped("name")
        self.assertIn("debtor_status", tracked)
        self.assertIn("debtor_status_contact_id", tracked)

    def test_setting_it_again_changes_nothing(self):
        with self._frozen("2026-03-05"):
            self._set_status()
            blocks = self._get_blocks()
            count = self.env["dunning.block"].search_count([])
            self._set_status()
            self.assertEqual(self._get_blocks(), blocks)
            self._set_status(status="suspension", day="2026-03-02")
        self.assertEqual(self._get_blocks(), blocks)
        self.assertEqual(set(blocks.mapped("items_until")), {date(2026, 3, 2)})
        self.assertIn("Suspension of payment", blocks[0].reason)
        self.assertEqual(self.env["dunning.block"].search_count([]), count)

    # === OTHER WAYS TO WRITE IT ===#
    def test_an_import_has_the_same_effect(self):
        self._new_invoice("2026-03-10")
        notice = self._propose("2026-03-20")
        with self._frozen("2026-03-21"):
            self.debtor.with_user(self.collector).sudo().write(
                {"debtor_status": "deceased", "debtor_status_date": "2026-03-15"}
            )
            self.assertEqual(notice.state, "cancelled")
            self.assertTrue(self._get_blocks())
            created = self._new_debtor(
                "Debtor Three", debtor_status="suspension", debtor_status_date="2026-03-15"
            )
            self.assertTrue(self._get_blocks(created))
            self.debtor.debtor_status = False
        self.assertFalse(self._get_blocks())
        self.assertFalse(self.debtor.debtor_status_date)

    def test_who_is_no_collector_cannot_change_it(self):
        self.salesman.group_ids |= self.env.ref("base.group_partner_manager")
        debtor = self.debtor.with_user(self.salesman)
        with self.assertRaises(AccessError):
            debtor.write({"debtor_status": "deceased", "debtor_status_date": "2026-03-15"})
        with self.assertRaises(AccessError):
            debtor.action_set_debtor_status()
        with self.assertRaises(AccessError):
            debtor.action_end_debtor_status()
        with self.assertRaises(AccessError):
            debtor.create(
                {"name": "X", "debtor_status": "deceased", "debtor_status_date": "2026-03-15"}
            )
        debtor.name = "Renamed"
        self.assertFalse(self.debtor.debtor_status)

    def test_the_block_is_lifted_with_the_status_only(self):
        with self._frozen("2026-03-05"):
            self._set_status()
            with self.assertRaisesRegex(UserError, "status is ended"):
                self._get_blocks().with_user(self.collector).action_lift()
        self.assertTrue(self._get_blocks())

    def test_nobody_is_asked_to_review_the_block(self):
        with self._frozen("2026-03-05"):
            self._set_status()
        with self._frozen("2026-12-01"):
            blocks = self._get_blocks()
            self.assertFalse(any(blocks.mapped("needs_review")))
            self.assertFalse(blocks.search([("id", "in", blocks.ids), ("needs_review", "=", True)]))

    # === BAD INPUT ===#
    def test_bad_input_is_refused_in_words(self):
        contact = self._new_debtor("A Contact", is_company=False, parent_id=self.debtor.id)
        bankrupt = {"debtor_status": "bankruptcy", "debtor_status_date": "2026-03-01"}
        with self._frozen("2026-03-05"):
            for message, partner, values in (
                ("Since when", self.debtor, {"debtor_status": "bankruptcy"}),
                ("debtor status of Debtor One", self.debtor, {"debtor_status_date": "2026-03-01"}),
                ("from 1990", self.debtor, bankrupt | {"debtor_status_date": "1989-12-31"}),
                ("from 1990", self.debtor, bankrupt | {"debtor_status_date": "2027-03-06"}),
                (
                    "its own case",
                    self.debtor,
                    bankrupt | {"debtor_status_contact_id": self.debtor.id},
                ),
                ("is a contact of Debtor One", contact, bankrupt),
            ):
                with self.subTest(message):
                    with self.assertRaises(ValidationError) as caught:
                        partner.write(values)
                    self.assertIn(message, str(caught.exception))
            self.debtor.write(bankrupt | {"debtor_status_date": "2027-03-05"})
            self.debtor.write(bankrupt | {"debtor_status_date": "1990-01-01"})
            with self.assertRaises(ValidationError):
                self.debtor.write(
                    {"is_company": False, "parent_id": self._new_debtor("A Parent").id}
                )

    # === WHAT OTHERS SEE ===#
    def test_salespeople_are_warned(self):
        contact = self._new_debtor("A Contact", is_company=False, parent_id=self.debtor.id)
        order = self.env["sale.order"].sudo().create({"partner_id": contact.id})
        invoice = self._new_invoice("2026-03-10", partner=contact)
        self.assertFalse(order.with_user(self.salesman).debtor_status_warning)
        with self._frozen("2026-03-05"):
            self._set_status(contact_id=self.trustee)
        self.assertEqual(
            order.with_user(self.salesman).debtor_status_warning,
            "Bankruptcy as of 03/01/2026: do not deliver on account. "
            "Person in charge: Mr. Trustee.",
        )
        self.assertIn("Bankruptcy", invoice.with_user(self.manager).debtor_status_warning)
        views = {
            "sale.order": "sale.view_order_form",
            "account.move": "account.view_move_form",
            "res.partner": "base.view_partner_form",
        }
        for model, view in views.items():
            arch = (
                self.env[model]
                .with_user(self.manager)
                .get_view(self.env.ref(view).id, "form")["arch"]
            )
            self.assertIn("debtor_status_warning", arch)

    def test_a_copy_is_another_debtor(self):
        with self._frozen("2026-03-05"):
            self._set_status()
            copy = self.debtor.copy()
        self.assertFalse(copy.debtor_status)
        self.assertFalse(self._get_blocks(copy))

    def test_claims_on_an_estate_are_not_paid_online(self):
        _invoice, notice = self._send_reminder("2026-03-10", amount=100)
        with self._frozen("2026-03-21"):
            self.assertEqual(notice.amount_due_now, 100)
            self._set_status()
            notice.invalidate_recordset(["amount_due_now"])
            self.assertEqual(notice.amount_due_now, 0)
            self.assertEqual(notice._get_payment_status(), "held")

    def test_later_claims_are_paid_online(self):
        with self._frozen("2026-03-05"):
            self._set_status(contact_id=self.trustee)
        _invoice, notice = self._send_reminder("2026-04-10", amount=100)
        with self._frozen("2026-04-21"):
            self.assertEqual(notice.amount_due_now, 100)
            self.assertEqual(notice._get_payment_status(), "due")

    def test_a_block_of_older_items_leaves_newer_ones_alone(self):
        older = self._new_invoice("2026-03-10")
        later = self._new_invoice("2026-04-10")
        with self._frozen("2026-04-01"):
            block = self.env["dunning.block"].create(
                {
                    "kind": "dispute",
                    "partner_id": self.debtor.id,
                    "company_id": self.company.id,
                    "items_until": "2026-03-01",
                    "reason": "Old deliveries",
                }
            )
        self.assertEqual(self._reason(older, "2026-04-20"), "block")
        self.assertEqual(self._reason(later, "2026-04-20"), "remind")
        self.assertTrue(block._covers(self._items(older)))
        self.assertFalse(block._covers(self._items(later)))

    # === MERGE ===#
    def _merge(self, partners, destination):
        with mute_logger("odoo.addons.base.partner.merge"):
            self.env["base.partner.merge.automatic.wizard"]._merge(partners.ids, destination)

    def test_a_merge_takes_over_the_status_with_everything(self):
        older = self._new_invoice("2026-03-10")
        destination = self._new_debtor("Debtor Two")
        at_destination = self._new_invoice("2026-03-10", partner=destination)
        roots = self.env["res.company"].sudo().search_count([("parent_id", "=", False)])
        with self._frozen("2026-03-05"):
            self._set_status(contact_id=self.trustee, reference="F 26/1")
            self._merge(self.debtor | destination, destination)
        self.assertFalse(self.debtor.exists())
        self.assertEqual(destination.debtor_status, "bankruptcy")
        self.assertEqual(destination.debtor_status_date, date(2026, 3, 1))
        self.assertEqual(destination.debtor_status_contact_id, self.trustee)
        self.assertEqual(destination.debtor_status_reference, "F 26/1")
        self.assertEqual(len(self._get_blocks(destination)), roots)
        self.assertEqual(len(self._get_claims(destination)), 1)
        for invoice in (older, at_destination):
            self.assertEqual(self._reason(invoice, "2026-05-01"), "block")

    def test_a_merge_keeps_the_status_of_the_destination_as_a_whole(self):
        destination = self._new_debtor("Debtor Two")
        roots = self.env["res.company"].sudo().search_count([("parent_id", "=", False)])
        with self._frozen("2026-03-05"):
            self._set_status(contact_id=self.trustee)
            self._set_status(destination, "suspension", "2026-02-01")
            self._merge(self.debtor | destination, destination)
        self.assertEqual(destination.debtor_status, "suspension")
        self.assertEqual(destination.debtor_status_date, date(2026, 2, 1))
        self.assertFalse(destination.debtor_status_contact_id)
        self.assertEqual(len(self._get_blocks(destination)), roots)
        bodies = " ".join(destination.message_ids.mapped("body"))
        self.assertIn("Debtor One: Bankruptcy as of 03/01/2026", bodies)

    def test_the_person_in_charge_may_be_merged_with_the_debtor(self):
        with self._frozen("2026-03-05"):
            self._set_status(contact_id=self.trustee)
            self._merge(self.debtor | self.trustee, self.debtor)
        self.assertEqual(self.debtor.debtor_status, "bankruptcy")
        self.assertFalse(self.debtor.debtor_status_contact_id)

    def test_a_status_is_not_merged_into_a_contact(self):
        company = self._new_debtor("Debtor Two")
        contact = self._new_debtor("A Contact", is_company=False, parent_id=company.id)
        with self._frozen("2026-03-05"):
            self._set_status()
            with self.assertRaisesRegex(UserError, "cannot be merged into a contact"):
                self._merge(self.debtor | contact, contact)
        self.assertFalse(company.debtor_status)

    def test_lists_find_them(self):
        with self._frozen("2026-03-05"):
            self._set_status()
        found = (
            self.env["res.partner"]
            .with_user(self.salesman)
            .search([("debtor_status", "!=", False), ("id", "in", self.debtor.ids)])
        )
        self.assertEqual(found, self.debtor)
        self.assertEqual(
            fields.Date.to_string(self.debtor.with_user(self.salesman).debtor_status_date),
            "2026-03-01",
        )
