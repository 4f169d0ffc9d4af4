import email
import socket
from contextlib import contextmanager
from unittest.mock import patch

from aiosmtpd.controller import Controller

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .channel_common import ChannelCommon

MODELS = "odoo.addons.account_credit_management.models"
BOUNCE = """\
Return-Path: <>
From: MAILER-DAEMON@relay.example
To: {bounce}
Subject: Undelivered Mail Returned to Sender
Message-ID: <bounce-1@relay.example>
Date: Tue, 14 Apr 2026 08:00:00 +0000
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain

The mailbox does not exist.
--B
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example

Final-Recipient: rfc822; {recipient}
Action: failed
Status: 5.1.1

--B
Content-Type: message/rfc822

Message-ID: {message_id}
Subject: Invoice

Text
--B--
"""


class PickyInbox:
    """A mail server that does not know some mailboxes."""

    def __init__(self):
        self.unknown = {}
        self.messages = []

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if address in self.unknown:
            return self.unknown[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.messages.append((envelope.rcpt_tos, message))
        return "250 OK"


@tagged("post_install", "-at_install")
class TestDunningBounce(ChannelCommon):
    """Addresses that do not work, at once or days later: nothing counts as sent on them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.alias_domain_id = cls.env["mail.alias.domain"].create(
            {"name": "seller-bounce.example"}
        )

    @contextmanager
    def _mail_server(self):
        """A real mail server, to which Odoo really sends."""
        inbox = PickyInbox()
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        server = Controller(inbox, hostname="127.0.0.1", port=port)
        server.start()
        self.env["ir.mail_server"].sudo().search([]).active = False
        self.env["ir.mail_server"].sudo().create(
            {"name": "Picky", "smtp_host": "127.0.0.1", "smtp_port": port}
        )
        server_class = self.env.registry["ir.mail_server"]
        try:
            with (
                patch.object(server_class, "_disable_send", lambda _server: False),
                mute_logger(
                    "odoo.addons.mail.models.mail_mail", "odoo.addons.base.models.ir_mail_server"
                ),
            ):
                yield inbox
        finally:
            server.stop()

    def _bounce(self, delivery):
        """The mail server of the recipient sends a message back, and Odoo reads it."""
        text = BOUNCE.format(
            bounce=self.company.alias_domain_id.bounce_email,
            recipient=delivery.address,
            message_id=delivery.mail_message_id.message_id,
        )
        with mute_logger("odoo.addons.mail.models.mail_thread"):
            self.env["mail.thread"].sudo().message_process(False, text)
        self.env.invalidate_all()

    def _email(self, notice):
        return notice.delivery_ids.filtered(lambda delivery: delivery.channel == "email")

    def _assert_not_sent(self, notice):
        invoice = notice.line_ids.move_id
        self.assertFalse(notice.sent_date)
        self.assertFalse(notice.line_ids.sent_date)
        self.assertFalse(notice.line_ids.term_date)
        self.assertFalse(invoice.dunning_level_id)

    # === REFUSED AT ONCE ===#
    def test_refused_recipient_gets_a_letter_instead(self):
        notice = self._ready()
        with self._mail_server() as inbox:
            inbox.unknown["debtor.one@buyer.example"] = "550 5.1.1 No such user"
            self._send(notice)
            self.assertEqual(notice.state, "ready", "not tried again, but by the next channel")
            self.assertEqual(notice._get_chosen_channels(), ["letter"])
            self.assertFalse(notice.mail_message_id)
            self._assert_not_sent(notice)
            self._send(notice)
        self.assertFalse(inbox.messages)
        self.assertEqual(notice.state, "sent")
        self.assertEqual(self._states(notice), [("email", "failed"), ("letter", "sent")])
        self.assertIn("No such user", self._email(notice).reason)
        self.assertFalse(self._email(notice).mail_message_id, "the chatter does not claim it")
        self.assertEqual(self.debtor.dunning_bounced_email, "debtor.one@buyer.example")
        activity = self._get_mend_activities()
        self.assertEqual(activity.user_id, self.collector)
        self.assertIn("debtor.one@buyer.example", activity.note)

    def test_refused_for_now_is_tried_again(self):
        notice = self._ready()
        with self._mail_server() as inbox:
            inbox.unknown["debtor.one@buyer.example"] = "450 4.2.1 Try again later"
            self._send(notice)
            self.assertEqual(notice.state, "failed")
            self.assertTrue(notice.retry_date)
            self.assertTrue(notice.use_email)
            self.assertFalse(self.debtor.dunning_bounced_email)
            inbox.unknown.clear()
            self._send(notice, "2026-04-11")
        self.assertEqual(notice.state, "sent")
        self.assertEqual(inbox.messages[0][0], ["debtor.one@buyer.example"])
        self.assertFalse(self._get_mend_activities())

    def test_one_who_refuses_does_not_stop_the_others(self):
        self._new_invoice("2026-03-31", partner=self._new_debtor("Debtor Two"))
        notices = self._ready()
        with self._mail_server() as inbox:
            inbox.unknown["debtor.one@buyer.example"] = "550 5.1.1 No such user"
            self._send(notices)
        self.assertEqual(sorted(notices.mapped("state")), ["ready", "sent"])
        self.assertEqual(inbox.messages[0][0], ["debtor.two@buyer.example"])

    def test_gives_up_an_address_after_some_attempts(self):
        notice = self._ready()
        with self._refused("550 no such user"):
            for day in ("2026-04-10", "2026-04-11", "2026-04-12"):
                self._send(notice, day)
                self.assertEqual(notice.state, "failed")
            self._send(notice, "2026-04-13")
        self.assertEqual((notice.state, notice.attempts), ("ready", 0))
        self._send(notice, "2026-04-13")
        self.assertEqual(self._states(notice), [("email", "failed"), ("letter", "sent")])
        self.assertEqual(notice.sent_date, fields.Date.to_date("2026-04-13"))
        self.assertTrue(self.debtor.dunning_bounced_email)

    def test_our_own_mail_server_is_no_reason_to_write_letters(self):
        notice = self._ready()
        with self._refused("SMTPSenderRefused: (550, b'go away')"):
            for day in ("2026-04-10", "2026-04-11", "2026-04-12", "2026-04-13"):
                self._send(notice, day)
        self.assertEqual((notice.state, notice.use_email), ("failed", True))
        self.assertFalse(self.debtor.dunning_bounced_email)
        self.assertFalse(self._get_mend_activities())

    def test_blacklisted_between_release_and_sending(self):
        notice = self._ready()
        self.env["mail.blacklist"].sudo()._add("debtor.one@buyer.example")
        self._send(notice)
        self.assertEqual(notice.state, "sent", "by letter, in the same round")
        self.assertEqual(self._states(notice), [("email", "failed"), ("letter", "sent")])
        self.assertIn("blacklist", self._email(notice).reason)
        self.assertFalse(notice.mail_message_id)

    def test_other_channel_of_all_keeps_the_notice_sent(self):
        self._use("email", "letter", mode="all")
        notice = self._ready()
        with self._refused("No recipient", "mail_email_invalid"):
            self._send(notice)
        self.assertEqual(notice.state, "sent")
        self.assertEqual(self._states(notice), [("email", "failed"), ("letter", "sent")])
        self.assertEqual(notice.channel, "Letter")

    # === CAME BACK LATER ===#
    def test_bounce_days_later_goes_on_by_letter(self):
        with self._mail_server() as inbox:
            notice = self._sent()
            self.assertEqual(notice.state, "sent")
            self.assertEqual(len(inbox.messages), 1)
            invoice = notice.line_ids.move_id
            self.assertEqual(invoice.dunning_level_id, self.level)
            first = self._email(notice)
            self._bounce(first)
            self.assertEqual((first.state, notice.state), ("bounced", "ready"))
            self.assertTrue(first.mail_message_id.exists(), "it was sent, and the chatter tells")
            self._assert_not_sent(notice)
            self.assertEqual(notice.run_id.state, "released")
            self.assertEqual(self._reason(invoice, "2026-05-20"), "pending")
            self._send(notice, "2026-04-15")
            self.assertEqual(len(inbox.messages), 1, "never to that address again")
        self.assertEqual(notice.state, "sent")
        self.assertEqual(notice.sent_date, fields.Date.to_date("2026-04-15"))
        self.assertEqual(notice.line_ids.term_date, fields.Date.to_date("2026-04-22"))
        self.assertEqual(self._states(notice), [("email", "bounced"), ("letter", "sent")])
        self.assertTrue(first.mail_message_id.exists())
        self.assertEqual(len(self._get_mend_activities()), 1)

    def test_bounced_address_is_not_used_for_the_next_reminder(self):
        notice = self._sent()
        self._bounce(self._email(notice))
        self._send(notice, "2026-04-15")
        firm = self._run_day_for(self.debtor, "2026-04-30")
        self.assertEqual(firm.stage, "firm")
        self.assertEqual(self._states(firm), [("letter", "sent")])
        self.assertEqual(len(self._get_mend_activities()), 1, "asked once")

    def test_bounce_without_another_channel_is_not_memory(self):
        self._use("email")
        notice = self._sent()
        self._bounce(self._email(notice))
        self.assertEqual(notice.state, "failed")
        self.assertTrue(notice.failure_reason)
        self.assertFalse(notice.retry_date)
        self._assert_not_sent(notice)
        self.assertFalse(self._run_day("2026-04-30"), "nothing escalates on it")
        self.assertEqual(notice.state, "failed")

    def test_retry_works_once_the_address_is_mended(self):
        self._use("email")
        notice = self._sent()
        self._bounce(self._email(notice))
        with self.assertRaisesRegex(UserError, "mend the address"):
            notice.with_user(self.collector).action_retry()
        self.assertEqual(notice.state, "failed")
        self.debtor.email = "new@buyer.example"
        self.assertFalse(self.debtor.dunning_bounced_email)
        self.assertFalse(self._get_mend_activities(), "nobody needs to look for it")
        notice.with_user(self.collector).action_retry()
        self._send(notice, "2026-04-16")
        self.assertEqual((notice.state, notice.failure_reason), ("sent", False))
        self.assertEqual(self._states(notice), [("email", "bounced"), ("email", "sent")])
        self.assertEqual(notice.delivery_ids.sorted("id")[-1:].address, "new@buyer.example")

    def test_address_that_works_after_all(self):
        self._use("email")
        notice = self._sent()
        self._bounce(self._email(notice))
        self.debtor.action_use_address_again()
        self.assertFalse(self._get_mend_activities())
        notice.action_retry()
        self._send(notice, "2026-04-16")
        self.assertEqual(notice.state, "sent")

    def test_bounce_after_the_next_reminder_changes_nothing_else(self):
        notice = self._sent()
        firm = self._run_day_for(self.debtor, "2026-04-30")
        self.assertEqual(firm.stage, "firm")
        self._bounce(self._email(notice))
        self.assertEqual((notice.state, firm.state), ("sent", "sent"))
        self.assertEqual(self._states(notice), [("email", "bounced")])
        self.assertEqual(notice.line_ids.move_id.dunning_level_id, self.levels["firm"])
        self.assertEqual(len(self._get_mend_activities()), 1)

    def test_bounce_of_the_last_of_two_levels(self):
        self._sent()
        firm = self._run_day_for(self.debtor, "2026-04-30")
        self._bounce(self._email(firm))
        self.assertEqual(firm.state, "ready", "the reminder before it does not hold it")

    def test_bounce_when_the_letter_went_too(self):
        self._use("email", "letter", mode="all")
        notice = self._sent()
        self._bounce(self._email(notice))
        self.assertEqual(notice.state, "sent")
        self.assertEqual(self._states(notice), [("email", "bounced"), ("letter", "sent")])
        self.assertTrue(notice.sent_date)

    def test_bounce_when_only_the_call_is_left(self):
        self._use("email", "call", mode="all")
        notice = self._sent()
        self._bounce(self._email(notice))
        self.assertEqual(notice.state, "todo")
        self.assertFalse(notice.sent_date)
        notice._contact_done("call", fields.Date.to_date("2026-04-17"))
        self.assertEqual(notice.sent_date, fields.Date.to_date("2026-04-17"))

    def test_bounced_twice_is_told_once(self):
        notice = self._sent()
        delivery = self._email(notice)
        self._bounce(delivery)
        logged = notice.message_ids
        delivery.mail_message_id.sudo().notification_ids.write({"notification_status": "bounce"})
        self.assertEqual(notice.message_ids, logged)
        self.assertEqual(notice.state, "ready")

    def test_paid_after_a_bounce(self):
        notice = self._sent()
        self._bounce(self._email(notice))
        self._pay(notice.line_ids.move_id, 100, "2026-04-14")
        self._send(notice, "2026-04-15")
        self.assertEqual(notice.state, "obsolete")
        self.assertEqual(self._states(notice), [("email", "bounced")])

    def test_bounce_to_a_joint_debtor_leaves_the_notice_alone(self):
        joint = self._new_debtor("Joint")
        self.debtor.joint_debtor_ids = joint
        with self._mail_server() as inbox:
            notice = self._sent()
            copy = notice.delivery_ids.filtered("is_copy")
            self.env["mail.mail"].sudo().search(
                [("mail_message_id", "=", copy.mail_message_id.id)]
            ).send()
            self.assertEqual(
                [recipients for recipients, _message in inbox.messages],
                [["debtor.one@buyer.example"], ["joint@buyer.example"]],
            )
        self.assertEqual(copy.state, "sent")
        self._bounce(copy)
        self.assertEqual((copy.state, notice.state), ("bounced", "sent"))
        self.assertEqual(joint.dunning_bounced_email, "joint@buyer.example")
        self.assertFalse(self.debtor.dunning_bounced_email)
        self.assertFalse(self._get_mend_activities())
        self.assertTrue(self._get_mend_activities(joint))

    def test_copy_that_the_mail_server_refuses(self):
        joint = self._new_debtor("Joint")
        self.debtor.joint_debtor_ids = joint
        with self._mail_server() as inbox:
            inbox.unknown["joint@buyer.example"] = "550 5.1.1 No such user"
            notice = self._sent()
            copy = notice.delivery_ids.filtered("is_copy")
            self.env["mail.mail"].sudo().search(
                [("mail_message_id", "=", copy.mail_message_id.id)]
            ).send()
        self.assertEqual((copy.state, notice.state), ("failed", "sent"))
        self.assertTrue(joint.dunning_bounced_email)

    def test_salesperson_reads_what_the_debtor_reads(self):
        self.level.copy_salesperson = True
        self.debtor.user_id = self.salesman
        with self._mail_server() as inbox:
            notice = self._sent()
            copy = (
                self.env["mail.mail"]
                .sudo()
                .search(
                    [
                        ("mail_message_id", "=", notice.mail_message_id.id),
                        ("state", "=", "outgoing"),
                    ]
                )
            )
            copy.send()
        (recipients, original), (copied, message) = inbox.messages
        self.assertEqual(recipients, ["debtor.one@buyer.example"])
        self.assertEqual(copied, ["salesman@seller.example"])
        self.assertEqual(message["Subject"], original["Subject"])
        self.assertIn("salesman@seller.example", message["Cc"])
        self.assertFalse(copy.exists())
        self.assertTrue(notice.mail_message_id.exists(), "the chatter keeps the message")
        self.assertEqual(self._states(notice), [("email", "sent")])

    def test_salesperson_whose_address_fails_does_not_fail_the_reminder(self):
        self.level.copy_salesperson = True
        self.debtor.user_id = self.salesman
        with self._mail_server() as inbox:
            inbox.unknown["salesman@seller.example"] = "550 5.1.1 No such user"
            notice = self._sent()
            self.env["mail.mail"].sudo().search(
                [("mail_message_id", "=", notice.mail_message_id.id), ("state", "=", "outgoing")]
            ).send()
        self.assertEqual((notice.state, self._states(notice)), ("sent", [("email", "sent")]))
        self.assertFalse(self.debtor.dunning_bounced_email)

    def test_error_while_following_a_bounce_is_mended_by_the_next_round(self):
        notice = self._sent()
        delivery = self._email(notice)
        with (
            patch.object(
                self.env.registry["dunning.notice"], "_take_back", side_effect=ValueError("broken")
            ),
            mute_logger(f"{MODELS}.mail_notification"),
        ):
            self._bounce(delivery)
        self.assertEqual(
            delivery.mail_message_id.sudo().notification_ids.notification_status, "bounce"
        )
        self.assertEqual((delivery.state, notice.state), ("sent", "sent"))
        self.env["dunning.delivery"]._follow_missed_notifications()
        self.assertEqual((delivery.state, notice.state), ("bounced", "ready"))

    # === TEXT MESSAGES ===#
    def test_text_message_that_is_refused_goes_on_by_the_next_channel(self):
        self._use("sms", "letter", preferred="sms")
        notice = self._sent()
        self.assertEqual(notice.state, "sent")
        self._process_sms("wrong_number_format")
        self.assertEqual(self._states(notice), [("sms", "failed")])
        self.assertEqual(notice.state, "ready")
        self._assert_not_sent(notice)
        self.assertTrue(self._get_mend_activities())
        self._send(notice, "2026-04-11")
        self.assertEqual(self._states(notice), [("sms", "failed"), ("letter", "sent")])

    def test_text_message_without_credit_is_not_the_fault_of_the_number(self):
        self._use("sms")
        notice = self._sent()
        self._process_sms("insufficient_credit")
        self.assertEqual(notice.state, "failed")
        self.assertIn("Credit", notice.failure_reason)
        self.assertFalse(self._get_mend_activities())
        notice.action_retry()
        self._send(notice, "2026-04-11")
        self.assertEqual(notice.state, "sent")
        self._process_sms()
        self.assertEqual(notice.delivery_ids.sorted("id")[-1:].state, "sent")

    def test_text_message_that_comes_back_by_report(self):
        self._use("sms", "email", preferred="sms")
        notice = self._sent()
        self._process_sms()
        self.assertEqual(self._states(notice), [("sms", "sent")])
        tracker = notice.delivery_ids.mail_message_id.sudo().notification_ids.sms_tracker_ids
        tracker._action_update_from_provider_error("invalid_destination")
        self.assertEqual(self._states(notice), [("sms", "bounced")])
        self.assertEqual(notice._get_chosen_channels(), ["email"])
        self.assertEqual(notice.state, "ready")

    def test_number_that_cannot_be_called_is_not_tried(self):
        self._use("sms", "email", preferred="sms")
        self.debtor.phone = "123"
        notice = self._sent()
        self.assertEqual(self._states(notice), [("sms", "failed"), ("email", "sent")])
        self.assertTrue(self._get_mend_activities())
        self.assertFalse(self.env["sms.sms"].search([("partner_id", "=", self.debtor.id)]))

    # === POST ===#
    def test_letter_that_came_back(self):
        self._use("letter", "email", preferred="letter")
        notice = self._sent()
        notice.with_user(self.collector).action_letter_returned()
        self.assertEqual(self._states(notice), [("letter", "bounced")])
        self.assertTrue(self.debtor.dunning_mail_returned)
        self.assertEqual(notice._get_chosen_channels(), ["email"])
        self._assert_not_sent(notice)
        self.assertEqual(len(self._get_mend_activities()), 1)
        self._send(notice, "2026-04-20")
        self.assertEqual(notice.state, "sent")
        with self.assertRaisesRegex(UserError, "not sent as a letter"):
            notice.action_letter_returned()

    def test_no_letters_until_the_address_is_another_one(self):
        self._use("letter")
        notice = self._sent()
        notice.action_letter_returned()
        self.assertEqual(notice.state, "failed")
        self.debtor.street = "1 Main Street"
        self.assertTrue(self.debtor.dunning_mail_returned, "the same address")
        self.debtor.email = "other@buyer.example"
        self.assertTrue(self.debtor.dunning_mail_returned)
        self.debtor.street = "2 New Street"
        self.assertFalse(self.debtor.dunning_mail_returned)
        self.assertFalse(self._get_mend_activities())
        notice.action_retry()
        self._send(notice, "2026-04-20")
        self.assertEqual(notice.state, "sent")
        self.assertIn("2 New Street", notice.letter_id.raw.decode())

    def test_only_letters_come_back_by_hand(self):
        notice = self._sent()
        with self.assertRaisesRegex(UserError, "only a letter"):
            notice.delivery_ids.action_letter_returned()
        self.assertEqual(notice.state, "sent")
