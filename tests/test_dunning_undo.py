from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import html2plaintext, mute_logger

from .notice_common import NoticeCommon

CORRECTION_LOGGER = "odoo.addons.account_credit_management.models.dunning_notice_correction"


@tagged("post_install", "-at_install")
class TestDunningUndo(NoticeCommon, HttpCase):
    """A run that should never have been: cancelled, withdrawn, and the debtors told."""

    def _undo(self, run, day="2026-04-22", user=None):
        with self._frozen(day):
            run.with_user(user or self.manager).action_undo()

    def _get_corrections(self, partner=None):
        """The messages besides reminders that wait in Odoo's mail queue for a debtor."""
        reminders = self.env["dunning.notice"].search([("company_id", "=", self.company.id)])
        return self.env["mail.mail"].search(
            [
                ("mail_message_id", "not in", reminders.mail_message_id.ids),
                ("model", "=", "res.partner"),
                ("res_id", "=", (partner or self.debtor).id),
                ("state", "=", "outgoing"),
            ]
        )

    # === WHAT WAS NOT SENT ===#
    def test_unsent_notices_are_cancelled_and_their_levels_free(self):
        invoice = self._new_invoice("2026-03-31")
        notice = self._propose("2026-04-10")
        self._undo(notice.run_id)
        self.assertEqual((notice.state, notice.run_id.state), ("cancelled", "cancelled"))
        self.assertFalse(self._get_corrections())
        self.assertFalse(notice.run_id.activity_ids)
        self.assertEqual(self._propose("2026-04-10").line_ids.move_id, invoice)

    # === WHAT WAS SENT ===#
    def test_debtor_is_told_that_the_reminder_was_sent_in_error(self):
        invoice, notice = self._send_reminder("2026-03-31")
        reminder_message = notice.mail_message_id
        self._undo(notice.run_id)
        self.assertEqual((notice.state, notice.line_ids.state), ("corrected", "corrected"))
        self.assertEqual(notice.run_id.state, "cancelled")
        mail = self._get_corrections()
        self.assertEqual(len(mail), 1)
        self.assertEqual(mail.recipient_ids, self.debtor)
        self.assertEqual(mail.mail_message_id.notification_ids.res_partner_id, self.debtor)
        self.assertEqual(mail.email_from, reminder_message.email_from)
        self.assertEqual(mail.reply_to, reminder_message.reply_to)
        self.assertIn("disregard", mail.subject)
        text = html2plaintext(mail.body_html)
        for expected in ("April 8, 2026", invoice.name, notice.name, "sent in error"):
            self.assertIn(expected, text)
        for unwanted in ("100.00", "NL91", notice.access_token, "pay", "reminder", "overdue"):
            self.assertNotIn(unwanted, text.replace("Seller Company", ""))
        self.assertFalse(mail.attachment_ids)
        self.assertEqual(notice.mail_message_id, reminder_message, "history is kept")

    def test_correction_goes_to_whoever_got_the_reminder(self):
        contact = self.env["res.partner"].create(
            {"name": "Branch", "parent_id": self.debtor.id, "email": "branch@buyer.example"}
        )
        _invoice, notice = self._send_reminder("2026-03-31", partner=contact)
        self.assertEqual(notice.contact_id, contact)
        self._undo(notice.run_id)
        self.assertEqual(self._get_corrections().recipient_ids, contact)

    def test_invoice_is_where_it_was_before_the_run(self):
        invoice = self._new_invoice("2026-03-31")
        self._run_day("2026-04-07")
        firm = self._run_day("2026-04-21")
        self.assertEqual(invoice.dunning_level_id, self.levels["firm"])
        self._undo(firm.run_id)
        invoice.invalidate_recordset()
        self.assertEqual(invoice.dunning_level_id, self.levels["reminder"])
        self.assertEqual(invoice.dunning_last_date, fields.Date.to_date("2026-04-07"))
        self.assertIn(
            invoice,
            invoice.search([("dunning_level_id", "=", self.levels["reminder"].id)]),
        )
        again = self._run_day("2026-04-23")
        self.assertEqual(again.level_id, self.levels["firm"], "neither skipped nor milder")
        self.assertEqual(again.previous_sent_date, fields.Date.to_date("2026-04-07"))
        self.assertEqual(firm.state, "corrected")

    def test_first_reminder_undone_leaves_no_history(self):
        invoice, notice = self._send_reminder("2026-03-31")
        self._undo(notice.run_id)
        invoice.invalidate_recordset()
        self.assertFalse(invoice.dunning_level_id)
        self.assertEqual(invoice.dunning_notice_count, 0)
        self.assertNotIn("was sent on", str(invoice.dunning_explanation))
        self.assertEqual(self._run_day("2026-04-23").level_id, self.levels["reminder"])

    def test_other_runs_stay_as_they_are(self):
        self._new_invoice("2026-03-31")
        reminder = self._run_day("2026-04-07")
        firm = self._run_day("2026-04-21")
        self._undo(firm.run_id)
        self.assertEqual((reminder.state, reminder.run_id.state), ("sent", "done"))

    def test_paid_meanwhile_is_told_but_not_reminded_again(self):
        invoice, notice = self._send_reminder("2026-03-31")
        self._pay(invoice, 100, "2026-04-10")
        self._undo(notice.run_id)
        self.assertEqual(len(self._get_corrections()), 1)
        self.assertEqual(invoice.amount_residual, 0)
        self.assertFalse(self._run_day("2026-04-23"))

    def test_undo_twice_tells_the_debtor_once(self):
        _invoice, notice = self._send_reminder("2026-03-31")
        self._undo(notice.run_id)
        messages = self.debtor.message_ids
        self._undo(notice.run_id)
        self.assertEqual(len(self._get_corrections()), 1)
        self.assertEqual(self.debtor.message_ids, messages)
        self.assertEqual(notice.state, "corrected")

    def test_cancelled_run_with_sent_notices_can_be_undone(self):
        self._new_invoice("2026-03-31")
        self._new_invoice("2026-03-31", partner=self._new_debtor("Debtor Two"))
        first, second = self._propose("2026-04-10")
        with self._frozen("2026-04-10"):
            first._send(fields.Date.to_date("2026-04-10"))
            second.action_cancel()
        run = first.run_id
        with self.assertRaisesRegex(UserError, "can only be undone"):
            run.action_cancel()
        self._undo(run)
        self.assertEqual((first.state, second.state), ("corrected", "cancelled"))
        self.assertFalse(self._get_corrections(second.partner_id))

    # === LETTERS ===#
    def test_letters_are_left_to_a_person(self):
        self.debtor.email = False
        _invoice, notice = self._send_reminder("2026-03-31")
        notice.letter_printed = "2026-04-08 12:00:00"
        other = self._new_debtor("Not Printed", email=False)
        _invoice, unprinted = self._send_reminder("2026-03-31", partner=other)
        self.assertNotEqual(notice.run_id, unprinted.run_id)
        (notice | unprinted).run_id = notice.run_id
        run = notice.run_id
        self._undo(run)
        self.assertFalse(self._get_corrections())
        activity = run.activity_ids
        self.assertEqual(activity.user_id, self.manager)
        self.assertIn(notice.name, activity.note)
        self.assertIn("do not post it", activity.note)
        with self.assertRaisesRegex(UserError, "no letter to print"):
            run.action_print_letters()
        self.assertEqual(run.letter_count, 0)

    def test_letter_of_a_correction_asks_nothing(self):
        self.debtor.email = False
        invoice, notice = self._send_reminder("2026-03-31")
        self._undo(notice.run_id)
        with self._frozen("2026-04-22"):
            html, _type = self.env["ir.actions.report"]._render_qweb_html(
                "account_credit_management.action_report_dunning_notice", notice.ids
            )
        text = html2plaintext(html.decode())
        self.assertIn("sent in error", text)
        self.assertIn(invoice.name, text)
        self.assertIn("April 22, 2026", text, "dated on the day it is written")
        self.assertNotIn("100.00", text)

    def test_handed_over_marker_needs_no_message(self):
        self._new_invoice("2026-03-31")
        for day in ("2026-04-07", "2026-04-21"):
            self._run_day(day)
        for day in ("2026-04-30", "2026-05-15"):
            self._run_day(day)
            notice = self.env["dunning.notice"].search(
                [("state", "=", "proposed"), ("company_id", "=", self.company.id)]
            )
            with self._frozen(day):
                notice._release()
                notice._send(fields.Date.to_date(day))
        self.assertEqual(notice.stage, "handover")
        self._undo(notice.run_id, "2026-05-16")
        self.assertEqual(notice.state, "corrected")
        self.assertFalse(self._get_corrections())
        self.assertFalse(notice.run_id.activity_ids)

    # === TROUBLE ===#
    def test_correction_that_cannot_be_written_is_told_and_stops_no_other(self):
        other = self._new_debtor("Debtor Two")
        self._new_invoice("2026-03-31", partner=other)
        _invoice, notice = self._send_reminder("2026-03-31")
        run = notice.run_id
        self.assertEqual(len(run.notice_ids), 2)
        notice_class = self.env.registry["dunning.notice"]
        render = notice_class._render_message

        def fail_for_other(notice):
            if notice.partner_id == other:
                raise ValueError("Broken text")
            return render(notice)

        with (
            mute_logger(CORRECTION_LOGGER),
            patch.object(notice_class, "_render_message", fail_for_other),
        ):
            self._undo(run)
        self.assertEqual(set(run.notice_ids.mapped("state")), {"corrected"})
        self.assertEqual(len(self._get_corrections()), 1)
        self.assertFalse(self._get_corrections(other))
        self.assertIn("Debtor Two: Broken text", run.activity_ids.note)
        self.assertNotIn("Debtor One", run.activity_ids.note)

    def test_address_that_is_gone_is_told(self):
        _invoice, notice = self._send_reminder("2026-03-31")
        self.debtor.email = False
        self._undo(notice.run_id)
        self.assertFalse(self._get_corrections())
        self.assertIn("no e-mail address", notice.run_id.activity_ids.note)

    def test_nothing_is_undone_while_messages_are_being_sent(self):
        self._new_invoice("2026-03-31", partner=self._new_debtor("Debtor Two"))
        _invoice, notice = self._send_reminder("2026-03-31")
        run = notice.run_id
        busy = run.notice_ids - notice
        for values, message in (
            ({"state": "sending"}, "being sent"),
            ({"state": "sending", "interrupted": True}, "interrupted"),
        ):
            busy.sudo().write(values)
            with self.subTest(message), self.assertRaisesRegex(UserError, message):
                self._undo(run)
        self.assertEqual((notice.state, run.state), ("sent", "done"))
        self.assertFalse(self._get_corrections())

    def test_only_managers_undo(self):
        _invoice, notice = self._send_reminder("2026-03-31")
        for user in (self.collector, self.salesman):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self._undo(notice.run_id, user=user)
            with self.subTest(user.login), self.assertRaises(AccessError):
                notice.run_id.with_user(user).sudo().action_undo()
        self.assertEqual((notice.state, notice.run_id.state), ("sent", "done"))
        self.assertFalse(self._get_corrections())

    def test_withdrawn_is_final(self):
        _invoice, notice = self._send_reminder("2026-03-31")
        with self.assertRaisesRegex(UserError, "cannot become"):
            notice._transition("cancelled")
        self._undo(notice.run_id)
        for state in ("sent", "ready", "cancelled"):
            with self.subTest(state), self.assertRaisesRegex(UserError, "cannot become"):
                notice._transition(state)

    # === PORTAL ===#
    def test_page_of_a_withdrawn_reminder_asks_nothing(self):
        self.env["ir.config_parameter"].set_param("account_payment.enable_portal_payment", "True")
        invoice, notice = self._send_reminder("2026-03-31")
        self.assertEqual(notice.amount_due_now, 100)
        url = f"/my/reminders/{notice.id}?access_token={notice.access_token}"
        self.assertIn("100.00", self.url_open(url).text)
        self._undo(notice.run_id)
        self.assertEqual(notice.amount_due_now, 0)
        page = self.url_open(url).text
        self.assertIn("This reminder was withdrawn", page)
        for unwanted in ("100.00", "NL91", "Left to pay", "has been paid", "installments"):
            self.assertNotIn(unwanted, page)
        answer = self.url_open(
            f"/my/reminders/{notice.id}/transaction",
            json={
                "jsonrpc": "2.0",
                "method": "call",
                "params": {"access_token": notice.access_token, "landing_route": "/my"},
            },
        ).json()
        self.assertIn("cannot be paid online", str(answer["error"]))
        self.assertFalse(
            self.env["payment.transaction"].search([("dunning_notice_id", "=", notice.id)])
        )
        self.assertEqual(invoice.payment_state, "not_paid")
