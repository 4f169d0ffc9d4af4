from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .channel_common import ChannelCommon

MODELS = "odoo.addons.account_credit_management.models"


@tagged("post_install", "-at_install")
class TestDunningChannels(ChannelCommon, HttpCase):
    """What goes out by which channel to whom, and what is recorded of it."""

    # === E-MAIL AND LETTER ===#
    def test_each_channel_has_its_delivery(self):
        self._use("email", "letter", "sms", mode="all")
        notice = self._sent()
        self.assertEqual(notice.state, "sent")
        self.assertEqual(
            self._states(notice), [("email", "sent"), ("letter", "sent"), ("sms", "queued")]
        )
        by_channel = {delivery.channel: delivery for delivery in notice.delivery_ids}
        self.assertEqual(by_channel["email"].address, "debtor.one@buyer.example")
        self.assertEqual(by_channel["email"].mail_message_id, notice.mail_message_id)
        self.assertEqual(by_channel["letter"].letter_id, notice.letter_id)
        self.assertEqual(by_channel["sms"].address, "+31612345678")
        self.assertEqual(notice.delivery_ids.partner_id, self.debtor)
        self.assertEqual(notice.delivery_ids.company_id, self.company)

    def test_gate_of_deliveries(self):
        delivery = self._sent().delivery_ids.sudo()
        with self.assertRaisesRegex(UserError, "cannot become"):
            delivery._transition("todo")
        with self.assertRaisesRegex(UserError, "kept as history"):
            delivery.unlink()

    def test_collectors_read_deliveries_of_their_company_and_change_none(self):
        delivery = self._sent().delivery_ids
        seen = delivery.with_user(self.collector)
        self.assertEqual(seen.channel, "email")
        with self.assertRaises(AccessError):
            seen.state = "bounced"
        with self.assertRaises(AccessError):
            delivery.with_user(self.salesman).check_access("read")
        other = self.setup_other_company(name="Other Seller")["company"]
        delivery.sudo().company_id = other
        self.assertFalse(
            self.env["dunning.delivery"]
            .with_user(self.collector)
            .search([("id", "=", delivery.id)])
        )

    def test_failed_attempt_is_one_delivery_that_is_tried_again(self):
        notice = self._ready()
        with self._refused("451 busy"):
            self._send(notice)
        self.assertEqual(self._states(notice), [("email", "failed")])
        self.assertEqual(notice.delivery_ids.reason, "451 busy")
        self._send(notice, "2026-04-11")
        self.assertEqual(self._states(notice), [("email", "sent")])
        self.assertFalse(notice.delivery_ids.reason)

    def test_text_that_fails_leaves_nothing_sent(self):
        self._use("email", "sms", mode="all")
        self.env.ref("account_credit_management.sms_template_reminder").unlink()
        notice = self._ready()
        with mute_logger(f"{MODELS}.dunning_notice_delivery"):
            self._send(notice)
        self.assertEqual(notice.state, "failed")
        self.assertIn("no text for text messages", notice.failure_reason)
        self.assertFalse(notice.mail_message_id)
        self.assertFalse(self.env["sms.sms"].search([("partner_id", "=", self.debtor.id)]))

    def test_person_who_confirms_an_interrupted_email_completes_the_others(self):
        self._use("email", "sms", mode="all")
        notice = self._ready()
        with self._frozen(self.DAY):
            notice._claim(ids=notice.ids)
            mail = notice.sudo()._prepare_or_fail(fields.Date.to_date(self.DAY))
            self.assertTrue(mail)
            notice.handover_date = fields.Datetime.now()
            notice.sudo()._flag_interrupted()
            self.assertEqual(self._states(notice), [("email", "queued")])
            notice.with_user(self.collector).action_confirm_sent()
        self.assertEqual(notice.state, "sent")
        self.assertEqual(self._states(notice), [("email", "sent"), ("sms", "queued")])

    # === TEXT MESSAGES ===#
    def test_text_message_waits_in_the_queue_of_odoo(self):
        self._use("sms")
        notice = self._sent()
        self.assertEqual(notice.state, "sent")
        delivery = notice.delivery_ids
        self.assertEqual((delivery.channel, delivery.state), ("sms", "queued"))
        message = delivery.mail_message_id
        self.assertEqual((message.model, message.res_id), ("res.partner", self.debtor.id))
        self.assertEqual(message.message_type, "sms")
        self.assertFalse(notice.mail_message_id)
        ((number, text),) = self._process_sms()
        self.assertEqual(number, "+31612345678")
        self.assertIn(notice.short_link, text)
        self.assertEqual((delivery.state, notice.state), ("sent", "sent"))

    def test_text_messages_reveal_no_debt_and_fit(self):
        notice = self._sent()
        notice.company_id.name = "Seller Company BV"
        for stage in ("courtesy", "reminder", "firm", "final"):
            with self.subTest(stage=stage):
                notice.level_id = self.levels[stage]
                text = notice._render_sms()
                path = urlsplit(notice.short_link).path
                words = (text.replace(notice.short_link, "") + path).lower()
                for unwanted in ("pay", "due", "remind", "debt", "invoice", "overdue", "€", "100"):
                    self.assertNotIn(unwanted, words.replace(notice.access_token, ""))
                self.assertLessEqual(
                    len(text.replace(notice.get_base_url(), "https://www.seller.example")), 160
                )

    def test_text_message_in_the_language_of_its_reader(self):
        self.env["res.lang"]._activate_lang("nl_NL")
        self.debtor.lang = "nl_NL"
        template = self.env.ref("account_credit_management.sms_template_reminder")
        template.with_context(lang="nl_NL").body = "Hallo {{ object.short_link }}"
        self.assertTrue(self._ready()._render_sms().startswith("Hallo http"))
        template.update_field_translations("body", {"nl_NL": False})
        self.assertIn("a message for you", self.env["dunning.notice"].search([])[:1]._render_sms())

    def test_short_link_leads_to_the_page(self):
        notice = self._sent()
        response = self.url_open(urlsplit(notice.short_link).path, allow_redirects=False)
        self.assertEqual(response.status_code, 303)
        self.assertEqual(urlsplit(response.headers["Location"]).path, f"/my/reminders/{notice.id}")
        page = self.url_open(urlsplit(notice.short_link).path)
        self.assertIn(notice.name, page.text)

    def test_level_may_have_its_own_text(self):
        self.level.sms_template_id = self.env["sms.template"].create(
            {
                "name": "Own",
                "model_id": self.env["ir.model"]._get_id("dunning.notice"),
                "body": "Own text {{ object.name }}",
            }
        )
        notice = self._ready()
        self.assertEqual(notice._render_sms(), f"Own text {notice.name}")

    # === CALLS AND VISITS ===#
    def test_call_is_awaited_until_someone_made_it(self):
        self._use("call")
        notice = self._sent()
        invoice = notice.line_ids.move_id
        self.assertEqual((notice.state, notice.line_ids.state), ("todo", "todo"))
        self.assertEqual(notice.run_id.state, "released")
        self.assertEqual(self._states(notice), [("call", "todo")])
        self.assertEqual(len(notice.contact_activity_ids), 1)
        self.assertFalse(notice.sent_date)
        self.assertEqual(self._reason(invoice, "2026-05-20"), "pending")
        notice._contact_done("call", fields.Date.to_date("2026-04-14"))
        self.assertEqual((notice.state, notice.line_ids.state), ("sent", "sent"))
        self.assertEqual(notice.sent_date, fields.Date.to_date("2026-04-14"))
        self.assertEqual(self._states(notice), [("call", "sent")])
        self.assertEqual(notice.run_id.state, "done")
        self.assertEqual(invoice.dunning_level_id, self.level)

    def test_call_that_fails_goes_on_with_the_next_channel(self):
        self._use("call", "letter", preferred="call")
        notice = self._sent()
        self.assertEqual(notice.state, "todo")
        notice._contact_failed("call", "No answer")
        self.assertEqual(notice.state, "ready")
        self.assertEqual(notice._get_chosen_channels(), ["letter"])
        self._send(notice, "2026-04-15")
        self.assertEqual(notice.state, "sent")
        self.assertEqual(notice.sent_date, fields.Date.to_date("2026-04-15"))
        self.assertEqual(self._states(notice), [("call", "failed"), ("letter", "sent")])

    def test_visit_without_success_fails_when_nothing_else_is_left(self):
        self._use("visit")
        notice = self._sent()
        invoice = notice.line_ids.move_id
        notice._contact_failed("visit", "Moved away")
        self.assertEqual((notice.state, notice.failure_reason), ("failed", "Moved away"))
        self.assertFalse(notice.retry_date)
        self.assertFalse(invoice.dunning_level_id)
        self.assertEqual(self._reason(invoice, "2026-05-20"), "pending", "nothing escalates on it")

    def test_paid_while_the_call_is_awaited(self):
        self._use("call")
        notice = self._sent()
        self._pay(notice.line_ids.move_id, 100, "2026-04-13")
        with self._frozen("2026-04-14"):
            self.env["dunning.notice"]._drop_outdated(
                self.company, fields.Date.to_date("2026-04-14")
            )
        self.assertEqual(notice.state, "obsolete")
        self.assertEqual(self._states(notice), [("call", "cancelled")])
        self.assertFalse(notice.contact_activity_ids)

    def test_email_goes_and_the_call_is_left_to_a_person(self):
        self._use("email", "call", mode="all")
        notice = self._sent()
        self.assertEqual(notice.state, "sent")
        self.assertEqual(self._states(notice), [("email", "sent"), ("call", "todo")])
        notice._contact_failed("call", "No answer")
        self.assertEqual(notice.state, "sent", "the e-mail did arrive")
        self.assertEqual(self._states(notice), [("email", "sent"), ("call", "failed")])

    # === JOINT DEBTORS AND SALESPEOPLE ===#
    def test_joint_debtors_get_their_own_message(self):
        by_mail = self.env["res.partner"].create(
            {"name": "Jane Joint", "email": "jane@joint.example"}
        )
        by_post = self._new_debtor("Post Joint", email=False, street="7 Joint Road")
        self.debtor.joint_debtor_ids = by_mail | by_post
        notice = self._sent()
        self.assertEqual(notice.state, "sent")
        self.assertEqual(self._states(notice), [("email", "sent")])
        copies = {copy.partner_id: copy for copy in notice.delivery_ids.filtered("is_copy")}
        self.assertEqual(set(copies), {by_mail, by_post})
        self.assertEqual((copies[by_mail].channel, copies[by_mail].state), ("email", "queued"))
        message = copies[by_mail].mail_message_id
        self.assertEqual((message.model, message.res_id), ("res.partner", self.debtor.id))
        self.assertEqual(message.notification_ids.res_partner_id, by_mail)
        mail = self.env["mail.mail"].search([("mail_message_id", "=", message.id)])
        self.assertEqual((mail.state, mail.recipient_ids), ("outgoing", by_mail))
        self.assertIn("Dear Jane Joint,", mail.body_html)
        self.assertIn("Concerning: <strong>Debtor One", mail.body_html)
        self.assertNotIn("Jane Joint", notice.mail_message_id.body)
        self.assertNotIn("Concerning", notice.mail_message_id.body)
        self.assertEqual((copies[by_post].channel, copies[by_post].state), ("letter", "sent"))
        letter = copies[by_post].letter_id.raw.decode()
        self.assertIn("7 Joint Road", letter)
        self.assertNotIn("1 Main Street", letter)
        self.assertNotEqual(copies[by_post].letter_id, notice.letter_id)
        self.assertIn(copies[by_post].letter_id, notice._get_printable_letters())
        to_print = self.env["dunning.notice"].search(
            [
                (
                    "delivery_ids",
                    "any",
                    [("channel", "=", "letter"), ("mail_message_id", "=", False)],
                )
            ]
        )
        self.assertIn(notice, to_print)

    def test_copy_that_fails_does_not_fail_the_notice(self):
        joint = self.env["res.partner"].create({"name": "Nowhere"})
        broken = self.env["res.partner"].create({"name": "Broken", "email": "b@joint.example"})
        self.debtor.joint_debtor_ids = joint | broken
        self.level.mail_template_id.body_html = (
            "<p t-out=\"object.no_such_field if object.greeting_name == 'Broken' else 'Fine'\"/>"
        )
        notice = self._ready()
        with mute_logger(
            f"{MODELS}.dunning_notice_message", "odoo.addons.mail.models.mail_render_mixin"
        ):
            self._send(notice)
        self.assertEqual((notice.state, notice.failure_reason), ("sent", False))
        copies = notice.delivery_ids.filtered("is_copy")
        self.assertEqual(copies.mapped("state"), ["failed", "failed"])
        self.assertTrue(all(copies.mapped("reason")))
        self.assertTrue(self._get_mend_activities(joint))
        self.assertFalse(self._get_mend_activities())

    def test_failed_notice_sends_no_copies(self):
        self.debtor.joint_debtor_ids = self._new_debtor("Joint")
        notice = self._ready()
        with self._refused("451 busy"):
            self._send(notice)
        self.assertFalse(notice.delivery_ids.filtered("is_copy"))
        self._send(notice, "2026-04-11")
        self.assertEqual(len(notice.delivery_ids.filtered("is_copy")), 1)

    def test_salesperson_in_copy(self):
        self.debtor.user_id = self.salesman
        notice = self._sent()
        mails = self.env["mail.mail"].search([("mail_message_id", "=", notice.mail_message_id.id)])
        self.assertEqual(len(mails), 1, "only where the level says so")
        self.level.copy_salesperson = True
        self.debtor.user_id = False
        other = self._new_debtor("Other Debtor")
        notice = self._sent(partner=other, invoice_user_id=self.salesman.id).filtered(
            lambda notice: notice.partner_id == other
        )
        mails = self.env["mail.mail"].search([("mail_message_id", "=", notice.mail_message_id.id)])
        (copy,) = mails.filtered("email_cc")
        self.assertIn(self.salesman.email, copy.email_cc)
        self.assertFalse(copy.recipient_ids)
        self.assertEqual(copy.state, "outgoing")
        self.assertEqual(copy.body_html, (mails - copy).body_html)

    # === WHOM ===#
    def test_debtor_serves_when_the_contact_has_no_address(self):
        contact = self.env["res.partner"].create({"name": "Branch", "parent_id": self.debtor.id})
        notice = self._sent(partner=contact)
        self.assertEqual(notice.contact_id, contact)
        self.assertEqual(notice.delivery_ids.partner_id, self.debtor)

    def test_redirected_messages_never_go_to_the_debtor(self):
        office = self._new_debtor("Head Office", street="9 Office Square")
        self.debtor.dunning_addressee_id = office
        notice = self._ready()
        self.assertEqual(notice.contact_id, office)
        self.assertEqual(notice._get_recipient("email"), office)
        lines = notice._get_address_lines()
        self.assertEqual(lines[:2], ["Head Office", "9 Office Square"])
        self.assertIn("Concerning: <strong>Debtor One", notice._render_message()["body"])
        office.write({"email": False, "street": False, "phone": False})
        for channel in ("email", "letter", "sms", "call"):
            self.assertEqual(notice._get_recipient(channel), office)
        self._send(notice)
        self.assertFalse(notice.mail_message_id)
        self.assertNotEqual(notice.state, "sent")

    # === TEST MODE ===#
    def test_nothing_leaves_the_house_in_test_mode(self):
        self._use("email", "letter", "sms", "call", mode="all")
        self.company.write({"dunning_test_mode": True, "dunning_test_email": "try@seller.example"})
        self.debtor.joint_debtor_ids = self._new_debtor("Joint")
        messages = self.debtor.message_ids
        mails = self.env["mail.mail"].search([])
        notice = self._sent()
        invoice = notice.line_ids.move_id
        self.assertEqual(notice.state, "cancelled")
        self.assertEqual(notice.failure_reason, "Test mode: nothing was sent.")
        self.assertFalse(notice.delivery_ids)
        self.assertFalse(notice.sent_date)
        self.assertEqual(self.debtor.message_ids, messages)
        self.assertFalse(self.debtor.activity_ids)
        self.assertFalse(self.env["sms.sms"].search([("partner_id", "=", self.debtor.id)]))
        (mail,) = self.env["mail.mail"].search([]) - mails
        self.assertEqual((mail.email_to, mail.recipient_ids.ids), ("try@seller.example", []))
        self.assertTrue(mail.subject.startswith("[TEST] Invoice"))
        self.assertEqual(mail.attachment_ids, notice.letter_id)
        self.assertFalse(invoice.dunning_level_id)
        self.assertEqual(self._reason(invoice, self.DAY), "remind", "no memory")

    def test_test_mode_without_address_shows_errors(self):
        self.company.dunning_test_mode = True
        mails = self.env["mail.mail"].search([])
        self.level.mail_template_id.subject = (
            "{{ object.no_such_field if object.partner_id.name == 'Poisoned' else 'Fine' }}"
        )
        poisoned = self._new_debtor("Poisoned")
        self._new_invoice("2026-03-31", partner=poisoned)
        notices = self._ready()
        with mute_logger(
            f"{MODELS}.dunning_notice_test_mode", "odoo.addons.mail.models.mail_render_mixin"
        ):
            self._send(notices)
        bad = notices.filtered(lambda notice: notice.partner_id == poisoned)
        self.assertEqual((notices - bad).state, "cancelled")
        self.assertEqual(bad.state, "failed")
        self.assertTrue(bad.failure_reason)
        self.assertEqual(self.env["mail.mail"].search([]), mails)

    # === CHAT ===#
    def test_chat_is_prepared_and_recorded(self):
        notice = self._sent()
        action = notice.with_user(self.collector).action_open_chat()
        url = urlsplit(action["url"])
        self.assertEqual((url.netloc, url.path), ("wa.me", "/31612345678"))
        self.assertEqual(parse_qs(url.query)["text"], [notice._render_sms()])
        chat = notice.delivery_ids.filtered(lambda delivery: delivery.channel == "chat")
        self.assertEqual(chat.state, "sent")
        self.assertIn("Prepared by", chat.reason)
        notice.action_open_chat()
        self.assertEqual(
            len(notice.delivery_ids.filtered(lambda delivery: delivery.channel == "chat")), 1
        )

    def test_chat_needs_a_number(self):
        notice = self._sent()
        self.debtor.phone = False
        with self.assertRaisesRegex(UserError, "has no phone number"):
            notice.action_open_chat()
        self.debtor.phone = "12"
        with self.assertRaisesRegex(UserError, "not a valid number"):
            notice.action_open_chat()
        self.assertNotIn("chat", notice.delivery_ids.mapped("channel"))

    def test_chat_with_a_debtor_begins_with_a_greeting(self):
        self.debtor.phone = "06 12345678"  # the country comes from the address
        action = self.debtor.with_user(self.collector).action_open_chat()
        self.assertTrue(action["url"].startswith("https://wa.me/31612345678?text=Hello"))
        self.assertIn("Carla%20Collector", action["url"])

    # === LETTERS BY POST ===#
    def test_post_takes_the_letters_when_it_is_used(self):
        if "snailmail.letter" not in self.env:
            self.skipTest("snailmail is not installed")
        self._use("letter")
        self.assertFalse(self.env["snailmail.letter"].search([("partner_id", "=", self.debtor.id)]))
        self.company.dunning_post_letters = True
        notice = self._sent()
        letter = self.env["snailmail.letter"].search([("partner_id", "=", self.debtor.id)])
        self.assertEqual((letter.state, letter.attachment_id), ("pending", notice.letter_id))
        self.assertEqual((letter.company_id, letter.cover), (self.company, False))
        self.assertEqual(self._states(notice), [("letter", "queued")])
        self.assertEqual(notice.state, "sent")
        self.assertFalse(notice._get_posted_letters(), "nothing to print")
        letter.sudo().notification_ids.notification_status = "sent"
        self.assertEqual(self._states(notice), [("letter", "sent")])

    def test_letter_that_the_post_does_not_take_is_printed(self):
        if "snailmail.letter" not in self.env:
            self.skipTest("snailmail is not installed")
        self._use("letter", "call")
        self.company.dunning_post_letters = True
        notice = self._sent()
        letter = self.env["snailmail.letter"].search([("partner_id", "=", self.debtor.id)])
        letter.state = "error"
        letter.sudo().notification_ids.write(
            {"notification_status": "exception", "failure_type": "sn_credit"}
        )
        self.assertEqual(self._states(notice), [("letter", "failed"), ("letter", "sent")])
        self.assertEqual(letter.state, "canceled", "it is not posted as well")
        self.assertEqual(notice.state, "sent")
        self.assertEqual(notice._get_posted_letters(), notice.letter_id)
        self.assertFalse(self.debtor.dunning_mail_returned, "the address is not to blame")

    def test_letter_to_an_address_the_post_cannot_read_is_printed(self):
        self._use("letter")
        self.company.dunning_post_letters = True
        self.debtor.zip = False
        notice = self._sent()
        self.assertEqual(self._states(notice), [("letter", "sent")])
        self.assertTrue(notice._get_posted_letters())

    # === OVERVIEW ===#
    def test_run_counts_every_channel(self):
        self._use("sms")
        notice = self._sent()
        (row,) = notice.run_id._get_level_counts()
        self.assertEqual((row["texts"], row["emails"], row["calls"]), (1, 0, 0))
        self.assertIn("by text message", notice.run_id.summary)

    def test_undo_tells_joint_debtors_and_cancels_what_waits(self):
        self._use("email", "sms", mode="all")
        joint = self._new_debtor("Joint")
        self.debtor.joint_debtor_ids = joint
        notice = self._sent()
        copy = notice.delivery_ids.filtered("is_copy")
        copy.mail_message_id.sudo().notification_ids.notification_status = "sent"
        self.assertEqual(copy.state, "sent")
        notice.run_id.with_user(self.manager).action_undo()
        corrections = self.env["mail.mail"].search([("subject", "like", "Please disregard")])
        self.assertEqual(corrections.recipient_ids, self.debtor | joint)
        sms = notice.delivery_ids.filtered(lambda delivery: delivery.channel == "sms")
        self.assertEqual(sms.state, "cancelled")
        self.assertEqual(
            self.env["sms.sms"].search([("partner_id", "=", self.debtor.id)]).state, "canceled"
        )

    def test_nobody_cancels_what_is_being_sent(self):
        notice = self._ready()
        notice._claim(ids=notice.ids)
        with self.assertRaisesRegex(UserError, "meanwhile"):
            notice.with_user(self.collector).action_cancel()

    def test_activity_that_cannot_be_made_fails_alone(self):
        self._use("call")
        notice = self._ready()
        with (
            mute_logger(f"{MODELS}.dunning_notice_channel"),
            patch.object(
                self.env.registry["dunning.notice"],
                "_schedule_contact",
                side_effect=ValueError("no activity today"),
            ),
        ):
            self._send(notice)
        self.assertEqual((notice.state, notice.failure_reason), ("failed", "no activity today"))
        self.assertEqual(self._states(notice), [("call", "failed")])
        self.assertFalse(notice.sent_date)

    def test_debtor_who_paid_meanwhile_is_not_called(self):
        self._use("email", "call", mode="all")
        notice = self._sent()
        self.assertEqual(self._states(notice), [("email", "sent"), ("call", "todo")])
        self.env["dunning.notice"]._drop_outdated(self.company, fields.Date.to_date("2026-04-13"))
        self.assertTrue(notice.contact_activity_ids, "still open: the call stays")
        self._pay(notice.line_ids.move_id, 100, "2026-04-11")
        self.env["dunning.notice"]._drop_outdated(self.company, fields.Date.to_date("2026-04-13"))
        self.assertFalse(notice.contact_activity_ids)
        self.assertEqual(notice.state, "sent")
        self.assertEqual(self._states(notice), [("email", "sent"), ("call", "cancelled")])
