from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged

from .notice_common import NoticeCommon

# The talks of these tests take place on a Friday.
DAY = "2026-04-10"


@tagged("post_install", "-at_install")
class TestDunningContact(NoticeCommon):
    """Calls and visits: who is asked to make them, and what follows from what was said."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.debtor.phone = "+31 20 555 9876"
        cls.level = cls.levels["reminder"]

    def _notice(self, amount=100.0, partner=None, day=DAY):
        """A proposed reminder of an invoice, on the day of the talk."""
        self._new_invoice("2026-03-31", partner=partner, amount=amount)
        run = self.env["dunning.run"].create({"date": day, "company_id": self.company.id})
        with self._frozen(day):
            run.action_propose()
        return run.notice_ids.filtered(lambda notice: notice.partner_id == (partner or self.debtor))

    def _awaited_notice(self):
        """A reminder that is sent by calling the debtor, else by a visit."""
        self.level.write(
            {"use_email": False, "use_letter": False, "use_call": True, "use_visit": True}
        )
        self._new_invoice("2026-03-31")
        self._run_day(DAY)
        return self.env["dunning.notice"].search([("partner_id", "=", self.debtor.id)])

    def _call(self, notice, channel="call", day=DAY):
        with self._frozen(day):
            return notice._schedule_contact(channel)

    def _log(self, outcome, user=None, day=DAY, context=None, **values):
        """Press the button of an outcome in the dialog.

        :return: the contact that was logged and the action that comes next
        """
        user = user or self.collector
        contacts = self.env["dunning.contact"]
        before = contacts.search([])
        with self._frozen(day):
            wizard = self.env["dunning.log.contact"].with_user(user).create(values)
            action = wizard.with_context(dunning_outcome=outcome, **(context or {})).action_log()
        return contacts.search([]) - before, action

    def _blocks(self):
        return self.env["dunning.block"].search([("partner_id", "=", self.debtor.id)])

    def _date(self, day):
        return fields.Date.to_date(day)

    # === CALLS TO MAKE ===#
    def test_call_tells_whom_to_call_about_what(self):
        notice = self._notice(amount=1234.5)
        activity = self._call(notice)
        self.assertEqual((activity.res_model, activity.res_id), ("res.partner", self.debtor.id))
        self.assertEqual(activity.activity_type_id, self.env.ref("mail.mail_activity_data_call"))
        self.assertEqual(activity.user_id, self.collector)
        self.assertEqual(activity.date_deadline, self._date(DAY))
        self.assertEqual(activity.dunning_amount, 1234.5)
        self.assertIn("Reminder", activity.summary)
        self.assertIn("1,234.50", activity.summary)
        for text in (
            self.debtor.phone,
            notice.line_ids.move_name,
            f"/odoo/dunning.notice/{notice.id}",
            "Perhaps it was overlooked",
        ):
            self.assertIn(text, activity.note)
        self.assertEqual(self._call(notice), activity, "a second call of one reminder")
        self.assertFalse(self._blocks())

    def test_visit_has_its_type_and_the_script_of_its_level(self):
        self.level.call_script = "<p>Ring twice.</p>"
        activity = self._call(self._notice(), "visit")
        self.assertEqual(
            activity.activity_type_id,
            self.env.ref("account_credit_management.mail_activity_type_visit"),
        )
        self.assertIn("Ring twice.", activity.note)
        self.assertNotIn("Perhaps it was overlooked", activity.note)
        self.assertIn("1 Main Street", activity.note)

    def test_assigned_by_level_and_others_stand_in(self):
        notice = self._notice()
        self.debtor.user_id = self.salesman
        self.level.activity_assignee = "salesperson"
        self.assertEqual(notice._get_contact_user(), self.salesman)
        self.salesman.active = False
        self.assertEqual(notice._get_contact_user(), self.collector)
        self.company.dunning_user_id = False
        self.assertEqual(notice._get_contact_user(), self.env.ref("base.user_admin"))
        self.salesman.active = True
        self.level.activity_assignee = "contact"
        self.assertEqual(notice._get_contact_user(), self.salesman)

    def test_activities_send_no_mail_to_their_assignee(self):
        notice = self._notice()
        mails = self.env["mail.mail"].search_count([])
        self._call(notice)
        self.assertEqual(self.env["mail.mail"].search_count([]), mails)

    def test_calls_go_with_a_cancelled_notice(self):
        notice = self._notice()
        activity = self._call(notice)
        notice.action_cancel()
        self.assertFalse(activity.exists())

    # === OUTCOMES ===#
    def test_promise_holds_items_until_the_money_can_be_there(self):
        notice = self._notice()
        later = self._new_invoice("2026-04-02", amount=70)
        activity = self._call(notice)
        contact, _action = self._log("promise", activity_id=activity.id)
        self.assertEqual(contact.promise_date, self._date("2026-04-17"))
        self.assertEqual(contact.promise_amount, 100)
        self.assertEqual(contact.user_id, self.collector)
        block = self._blocks()
        self.assertEqual(block.kind, "promise")
        self.assertEqual(block.move_line_id, notice.line_ids.move_line_id)
        self.assertEqual(block.date_to, self._date("2026-04-19"))
        self.assertFalse(block.amount)
        promise = contact.promise_ids
        self.assertEqual((block.res_model, block.res_id), ("collection.promise", promise.id))
        self.assertEqual((promise.amount, promise.date_until), (100, block.date_to))
        self.assertEqual((promise.state, promise.channel), ("open", "call"))
        self.assertNotIn(self._items(later), block.move_line_id)
        self.assertFalse(activity.active)

    def test_promise_of_a_part_holds_the_oldest_items(self):
        self._new_invoice("2026-03-01", amount=100)
        self._new_invoice("2026-03-11", amount=100)
        self._new_invoice("2026-03-21", amount=100)
        contact, _action = self._log(
            "promise", partner_id=self.debtor.id, promise_amount=150, promise_date="2026-04-15"
        )
        self.assertEqual(len(contact.move_line_ids), 3)
        blocks = self._blocks().sorted("id")
        due_dates = blocks.move_line_id.mapped("date_maturity")
        self.assertEqual(due_dates, [self._date("2026-03-01"), self._date("2026-03-11")])
        self.assertEqual(blocks.mapped("amount"), [0, 50])

    def test_new_promise_replaces_the_older_one(self):
        self._new_invoice("2026-03-31")
        first, _action = self._log("promise", partner_id=self.debtor.id, promise_date="2026-05-08")
        older = self._blocks()
        second, _action = self._log("promise", partner_id=self.debtor.id, promise_date="2026-04-14")
        self.assertEqual(older.state, "lifted")
        self.assertEqual(first.promise_ids.state, "cancelled")
        self.assertEqual(first.promise_ids.replaced_by_id, second.promise_ids)
        self.assertEqual((self._blocks() - older).date_to, self._date("2026-04-16"))

    def test_one_message_tells_everything(self):
        invoice = self._new_invoice("2026-03-31")
        before = self.debtor.message_ids
        self._log("promise", partner_id=self.debtor.id, note="Manager is <away>")
        message = self.debtor.message_ids - before
        self.assertEqual(len(message), 1, message.mapped("body"))
        self.assertEqual(message.author_id, self.collector.partner_id)
        for text in ("Will pay", "100.00", invoice.name, "Manager is &lt;away&gt;"):
            self.assertIn(text, message.body)

    def test_never_received_sends_the_invoices_again(self):
        invoice = self._new_invoice("2026-03-31")
        self.collector.group_ids += self.env.ref("account.group_account_invoice")
        contact, action = self._log("not_received", partner_id=self.debtor.id)
        self.assertEqual(action["res_model"], "account.move.send.wizard")
        self.assertEqual(action["context"]["active_ids"], invoice.ids)
        self.assertEqual(contact.outcome, "not_received")
        self.assertFalse(self.debtor.activity_ids)
        self.assertFalse(self._blocks())

    def test_never_received_is_passed_on_by_who_cannot_send(self):
        invoice = self._new_invoice("2026-03-31")
        _contact, action = self._log("not_received", partner_id=self.debtor.id)
        self.assertEqual(action["type"], "ir.actions.act_window_close")
        activity = self.debtor.activity_ids
        self.assertIn("again", activity.summary)
        self.assertIn(invoice.name, activity.note)
        self.assertFalse(activity.dunning_channel)

    def test_dispute_of_a_part(self):
        invoice = self._new_invoice("2026-03-31")
        other = self._new_invoice("2026-03-31", amount=40)
        self._log(
            "dispute",
            move_ids=[Command.set(invoice.ids)],
            partner_id=self.debtor.id,
            dispute_amount=30,
            note="One box was broken",
        )
        block = self._blocks()
        self.assertEqual((block.kind, block.amount), ("dispute", 30))
        self.assertEqual(block.move_line_id, self._items(invoice))
        self.assertFalse(block.date_to)
        dossier = invoice.dispute_ids
        self.assertIn(dossier.name, block.reason)
        self.assertIn("One box was broken", dossier.description)
        self.assertEqual((dossier.origin, dossier.user_id), ("contact", self.collector))
        self.assertEqual(self._reason(other, DAY), self._reason(invoice, DAY))

    def test_cannot_pay_pauses_for_a_week(self):
        self._new_invoice("2026-03-31")
        for _index in range(2):
            self._log("cannot_pay", partner_id=self.debtor.id)
        block = self._blocks()[:1]
        self.assertEqual((block.kind, block.date_to), ("pause", self._date("2026-04-17")))
        self.assertEqual(self.debtor.activity_ids.mapped("summary"), ["Agree on installments"])

    def test_no_answer_is_tried_three_times(self):
        notice = self._awaited_notice()
        activity = notice.contact_activity_ids
        self._log("no_answer", activity_id=activity.id)
        self.assertEqual(activity.date_deadline, self._date("2026-04-13"))
        self.assertTrue(activity.active)
        with self._frozen("2026-04-13"):
            activity.with_user(self.collector).action_dunning_no_answer()
        self.assertEqual(activity.date_deadline, self._date("2026-04-14"))
        self.assertEqual(notice.state, "todo")
        self._log("no_answer", activity_id=activity.id, day="2026-04-14")
        self.assertEqual(notice.delivery_ids.state, "failed")
        self.assertEqual(notice.delivery_ids.reason, "No answer after 3 attempts")
        self.assertEqual((notice.state, notice.use_call, notice.use_visit), ("ready", False, True))
        self.assertFalse(activity.active)
        self.assertFalse(self._blocks())

    def test_wrong_number_asks_for_the_right_one_once(self):
        notice = self._awaited_notice()
        activity = notice.contact_activity_ids
        contact, _action = self._log("wrong_number", activity_id=activity.id)
        self.assertEqual((notice.delivery_ids.state, notice.state), ("failed", "ready"))
        self.assertFalse(activity.active)
        self._log("wrong_number", partner_id=self.debtor.id)
        self.assertEqual(len(self.debtor.activity_ids), 1)
        self.assertNotEqual(self.debtor.activity_ids, contact.activity_id)

    def test_talk_without_an_activity_closes_the_one_of_its_reminder(self):
        notice = self._notice()
        activity = self._call(notice)
        visit = self._call(notice, "visit")
        self._log("other", notice_id=notice.id, partner_id=self.debtor.id, note="Bought a boat")
        self.assertFalse(activity.active)
        self.assertEqual(activity.feedback, "Bought a boat")
        self.assertTrue(visit.active)

    def test_talk_is_the_reminder_that_waited_for_it(self):
        notice = self._awaited_notice()
        self.assertEqual(notice.state, "todo")
        self.assertFalse(notice.sent_date)
        self._log("promise", day="2026-04-13", activity_id=notice.contact_activity_ids.id)
        self.assertEqual((notice.state, notice.delivery_ids.state), ("sent", "sent"))
        self.assertEqual(notice.sent_date, self._date("2026-04-13"))
        self.assertEqual(notice.line_ids.sent_date, self._date("2026-04-13"))

    def test_next_call_on_the_day_that_was_agreed(self):
        notice = self._notice()
        activity = self._call(notice)
        self._log("other", activity_id=activity.id, next_date="2026-04-20")
        following = self.debtor.activity_ids
        self.assertEqual(following.date_deadline, self._date("2026-04-20"))
        self.assertEqual(following.dunning_channel, "call")
        self.assertEqual(following.user_id, self.collector)

    def test_marked_as_done_is_not_lost(self):
        notice = self._awaited_notice()
        activity = notice.contact_activity_ids
        messages = self.debtor.message_ids
        with self._frozen(DAY):
            activity.with_user(self.collector).action_feedback("Spoke to the boss")
        contact = self.env["dunning.contact"].search([("activity_id", "=", activity.id)])
        self.assertEqual((contact.outcome, contact.note), ("other", "Spoke to the boss"))
        self.assertEqual(contact.user_id, self.collector)
        self.assertEqual(notice.state, "sent")
        done = (self.debtor.message_ids - messages).filtered("mail_activity_type_id")
        self.assertEqual(len(done), 1)
        self.assertIn("Spoke to the boss", done.body)

    def test_other_activities_are_no_contacts(self):
        self.debtor.activity_schedule("mail.mail_activity_data_call", summary="Birthday")
        self.debtor.activity_ids.action_feedback("Sang a song")
        self.assertFalse(self.env["dunning.contact"].search([("partner_id", "=", self.debtor.id)]))

    def test_crossed_out_call_lets_its_reminder_go_on(self):
        notice = self._awaited_notice()
        notice.contact_activity_ids.with_user(self.collector).action_cancel()
        self.assertEqual(notice.delivery_ids.state, "failed")
        self.assertEqual((notice.state, notice.use_visit), ("ready", True))

    # === DIALOG ===#
    def test_dialog_is_filled_in(self):
        """As the browser fills and saves it, for collectors and for salespeople."""
        notice = self._notice()
        self._new_invoice("2026-04-02", amount=70)
        activity = self._call(notice)
        for user in (self.collector, self.salesman):
            action = notice.action_log_contact()
            with self._frozen(DAY):
                if user == self.salesman:
                    action = activity.with_user(user).action_log_dunning_contact()
                dialogs = self.env["dunning.log.contact"].with_user(user)
                dialog = Form(dialogs.with_context(**action["context"]))
                self.assertEqual(dialog.partner_id, self.debtor)
                self.assertEqual(dialog.channel, "call")
                self.assertEqual(dialog.promise_amount, 100)
                self.assertEqual(dialog.promise_date, self._date("2026-04-17"))
                dialog.promise_amount = 60
                dialog.save().with_context(dunning_outcome="promise").action_log()
            contact = self.env["dunning.contact"].search([("user_id", "=", user.id)])
            self.assertEqual(contact.promise_amount, 60)
            self.assertEqual(contact.currency_id, notice.currency_id)
            self.assertEqual(contact.move_line_ids, notice.line_ids.move_line_id)

    def test_dialog_of_a_debtor_and_of_an_invoice(self):
        invoice = self._new_invoice("2026-03-31")
        self._new_invoice("2026-04-02", amount=70)
        for action, amount in (
            (self.debtor.action_log_dunning_contact(), 170),
            (invoice.action_log_dunning_contact(), 100),
        ):
            with self._frozen(DAY):
                dialogs = self.env["dunning.log.contact"].with_user(self.collector)
                dialog = Form(dialogs.with_context(**action["context"]))
                self.assertEqual(dialog.promise_amount, amount)
                dialog.save().with_context(dunning_outcome="other").action_log()

    # === LIST OF CALLS ===#
    def test_next_call_opens_after_an_outcome(self):
        small = self._new_debtor("Small")
        large = self._new_debtor("Large")
        activities = [
            self._call(self._notice(amount, partner))
            for partner, amount in ((small, 10), (self.debtor, 100), (large, 1000))
        ]
        activities[2].date_deadline = "2026-04-20"
        in_list = {"dunning_call_list": True}
        _contact, action = self._log("no_answer", context=in_list, activity_id=activities[1].id)
        self.assertEqual(action["res_model"], "dunning.log.contact")
        self.assertEqual(action["context"]["default_activity_id"], activities[0].id)
        self.assertTrue(action["context"]["dunning_call_list"])
        _contact, action = self._log("promise", context=in_list, activity_id=activities[0].id)
        self.assertEqual(action["type"], "ir.actions.act_window_close")

    # === NEXT STEP OF A LEVEL ===#
    def test_next_step_follows_what_was_sent(self):
        step = self.env["mail.activity.type"].create({"name": "Stop the deliveries"})
        self.level.activity_type_id = step
        _invoice, notice = self._send_reminder("2026-03-31")
        activity = self.debtor.activity_ids
        self.assertEqual(activity.activity_type_id, step)
        self.assertEqual(activity.user_id, self.collector)
        self.assertIn("Reminder", activity.summary)
        self.assertFalse(activity.dunning_channel)
        self.assertIn(notice.name, activity.note)

    def test_no_next_step_without_one_or_when_sending_fails(self):
        self._send_reminder("2026-03-31")
        self.assertFalse(self.debtor.activity_ids)

    def test_step_that_cannot_be_made_leaves_the_reminder_sent(self):
        self.level.activity_type_id = self.env.ref("mail.mail_activity_data_todo")
        notices = self.env.registry["dunning.notice"]
        logger = "odoo.addons.account_credit_management.models.dunning_notice_contact"
        with (
            self.assertLogs(logger, "ERROR"),
            patch.object(notices, "_create_next_step", side_effect=ValidationError("No")),
        ):
            _invoice, notice = self._send_reminder("2026-03-31")
        self.assertEqual(notice.state, "sent")

    # === WHO MAY WHAT ===#
    def test_salesperson_logs_a_promise(self):
        invoice = self._new_invoice("2026-03-31")
        self._log("promise", user=self.salesman, partner_id=self.debtor.id)
        block = self._blocks()
        self.assertEqual(block.move_line_id, self._items(invoice))
        self.assertEqual(block.create_uid, self.salesman)
        contact = self.env["dunning.contact"].search([("partner_id", "=", self.debtor.id)])
        self.assertEqual(contact.with_user(self.salesman).user_id, self.salesman)
        with self.assertRaises(AccessError):
            contact.with_user(self.salesman).note = "Never said so"
        with self.assertRaises(AccessError):
            contact.with_user(self.salesman).unlink()

    def test_salesperson_logs_the_call_assigned_to_him(self):
        self.debtor.user_id = self.salesman
        self.level.activity_assignee = "salesperson"
        activity = self._call(self._notice())
        contact, _action = self._log("promise", user=self.salesman, activity_id=activity.id)
        self.assertTrue(contact.notice_id)
        self.assertFalse(activity.active)

    def test_outsiders_log_nothing(self):
        outsider = self._new_user("outsider", "base.group_user")
        with self.assertRaises(AccessError):
            self._log("promise", user=outsider, partner_id=self.debtor.id)

    def test_name_of_who_said_it_cannot_be_borrowed(self):
        self._new_invoice("2026-03-31")
        contact = (
            self.env["dunning.contact"]
            .with_user(self.salesman)
            .create({"partner_id": self.debtor.id, "outcome": "other", "user_id": self.manager.id})
        )
        self.assertEqual(contact.user_id, self.salesman)

    def test_activities_of_others_cannot_be_closed(self):
        activity = self._call(self._notice())
        stranger = self._new_debtor("Stranger")
        birthday = self.debtor.activity_schedule("mail.mail_activity_data_todo")
        for partner, wrong in ((stranger, activity), (self.debtor, birthday)):
            with self.assertRaises(ValidationError):
                self.env["dunning.contact"].with_user(self.salesman).create(
                    {"partner_id": partner.id, "outcome": "other", "activity_id": wrong.id}
                )

    def test_contacts_of_another_company_are_not_visible(self):
        other = self.setup_other_company()["company"]
        contact = self.env["dunning.contact"].create(
            {"partner_id": self.debtor.id, "outcome": "other", "company_id": other.id}
        )
        stranger = self._new_user("stranger", "account_credit_management.group_collector")
        stranger.company_ids = self.company
        with self.assertRaises(AccessError):
            contact.with_user(stranger).read(["note"])
        self.assertFalse(
            self.env["dunning.contact"].with_user(stranger).search([("id", "=", contact.id)])
        )
        self.assertEqual(self.debtor.with_user(stranger).dunning_contact_count, 0)
        with self.assertRaises(AccessError):
            self._log("promise", user=stranger, partner_id=self.debtor.id, company_id=other.id)

    def test_days_that_make_no_sense(self):
        self._new_invoice("2026-03-31")
        for outcome, values in (
            ("promise", {"promise_date": "2026-04-01"}),
            ("promise", {"promise_date": "2026-05-11"}),
            ("other", {"next_date": "2026-04-01"}),
        ):
            with self.assertRaises(ValidationError):
                self._log(outcome, partner_id=self.debtor.id, **values)
        self.assertFalse(self._blocks())

    def test_nothing_open_holds_nothing(self):
        contact, _action = self._log("promise", partner_id=self.debtor.id)
        self.assertTrue(contact)
        self.assertFalse(contact.promise_ids)
        self.assertFalse(self._blocks())
