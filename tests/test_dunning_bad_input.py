from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .notice_common import NoticeCommon

BROKEN_BODY = "<p>Dear <t t-out='object.no_such_field'/></p>"


@tagged("post_install", "-at_install")
class TestDunningBadInput(NoticeCommon):
    """What cannot work is refused where it is entered, with a message that says what is wrong."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_company = cls.setup_other_company(name="Other Seller")["company"]
        cls.their_policy = cls.env["dunning.policy"].create(
            {
                "name": "Theirs",
                "company_id": cls.other_company.id,
                "level_ids": [Command.create({"name": "L", "delay_days": 2})],
            }
        )

    def _new_ladder(self, *levels, **values):
        return self.env["dunning.policy"].create(
            {
                "name": "New",
                "level_ids": [
                    Command.create({"name": f"L{number}", "sequence": number, **level})
                    for number, level in enumerate(levels)
                ],
                **values,
            }
        )

    # === DELAYS AND CHANNELS ===#
    def test_levels_in_the_wrong_order_are_refused(self):
        with self.assertRaisesRegex(ValidationError, "“L1” comes 5 days after the due date"):
            self._new_ladder({"delay_days": 10}, {"delay_days": 5})
        with self.assertRaisesRegex(ValidationError, "“L1” is milder than “L0”"):
            self._new_ladder(
                {"delay_days": 10, "stage": "final"}, {"delay_days": 20, "stage": "reminder"}
            )
        policy = self._new_ladder({"delay_days": 10}, {"delay_days": 20})
        with self.assertRaisesRegex(ValidationError, "earlier than “L0”"):
            policy.level_ids[1].delay_days = 9

    def test_days_before_due_are_for_one_stage_only(self):
        with self.assertRaisesRegex(ValidationError, "only that one comes before the due date"):
            self._new_ladder({"delay_days": -3, "stage": "final"})
        with self.assertRaisesRegex(ValidationError, "of the stage “Before due”"):
            self._new_ladder({"delay_days": 3, "stage": "courtesy"})

    def test_negative_or_absurd_days_are_refused(self):
        for values, message in (
            ({"delay_days": 5, "min_days_after_previous": -1}, "gap_positive"),
            ({"delay_days": 5, "payment_days": -1}, "gap_positive"),
            ({"delay_days": 5000}, "days_sensible"),
            ({"delay_days": -400}, "days_sensible"),
        ):
            with (
                self.subTest(values),
                mute_logger("odoo.sql_db"),
                self.assertRaisesRegex(IntegrityError, message),
                self.cr.savepoint(),
            ):
                self._new_ladder(values)

    def test_level_without_any_channel_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "“L0” has no channel"):
            self._new_ladder({"delay_days": 5, "use_email": False})
        level = self.levels["reminder"]
        with self.assertRaisesRegex(ValidationError, "has no channel"):
            level.write({"use_email": False, "use_letter": False})
        level.write({"use_email": False, "use_letter": False, "use_call": True})

    # === TEXTS ===#
    def _new_template(self, **values):
        return self.env["mail.template"].create(
            {
                "name": "Own text",
                "model_id": self.env["ir.model"]._get_id("dunning.notice"),
                "subject": "Hello {{ object.company_id.name }}",
                "body_html": "<p>Dear reader</p>",
                **values,
            }
        )

    @mute_logger("odoo.addons.mail.models.mail_template")
    def test_text_that_fails_is_refused_when_it_is_saved(self):
        template = self._new_template()
        for field, value, name in (
            ("body_html", BROKEN_BODY, "Body"),
            ("subject", "{{ object.no_such_field }}", "Subject"),
        ):
            message = f"“Own text” does not work. In the field “{name}”.*no_such_field"
            with self.subTest(field), self.assertRaisesRegex(ValidationError, message):
                template[field] = value
        with self.assertRaisesRegex(ValidationError, "does not work"):
            self._new_template(body_html=BROKEN_BODY)

    @mute_logger("odoo.addons.mail.models.mail_template")
    def test_text_that_fails_in_one_language_is_refused(self):
        self.env["res.lang"]._activate_lang("nl_NL")
        template = self._new_template()
        with self.assertRaisesRegex(ValidationError, r"\(Dutch.*\): .*no_such_field"):
            template.with_context(lang="nl_NL").body_html = BROKEN_BODY

    def test_text_that_fails_is_refused_on_a_level(self):
        """It got there by a road that tries nothing, such as an older version."""
        template = self._new_template()
        template.with_context(install_mode=True).flush_recordset()
        self.env.cr.execute(
            "UPDATE mail_template SET body_html = jsonb_build_object('en_US', %s) WHERE id = %s",
            [BROKEN_BODY, template.id],
        )
        template.invalidate_recordset()
        with self.assertRaisesRegex(ValidationError, "In the field “Body”"):
            self.levels["reminder"].mail_template_id = template
        with self.assertRaisesRegex(ValidationError, "In the field “Body”"):
            self._new_ladder({"delay_days": 2, "mail_template_id": template.id})
        self.levels["reminder"].with_context(install_mode=True).mail_template_id = template
        preview = self.env["dunning.preview.text"].create({"level_id": self.levels["reminder"].id})
        self.assertIn("no_such_field", preview.remark)
        self.assertFalse(preview.body)

    def test_good_text_is_accepted_and_read(self):
        template = self._new_template()
        self.levels["reminder"].mail_template_id = template
        preview = self.env["dunning.preview.text"].create({"level_id": self.levels["reminder"].id})
        self.assertEqual(preview.subject, f"Hello {self.env.company.name}")
        self.assertIn("Dear reader", preview.body)

    def test_text_message_that_fails_is_refused(self):
        values = {
            "name": "Own SMS",
            "model_id": self.env["ir.model"]._get_id("dunning.notice"),
            "body": "Please call {{ object.company_id.name }}",
        }
        template = self.env["sms.template"].create(values)
        self.levels["reminder"].write({"use_sms": True, "sms_template_id": template.id})
        preview = self.env["dunning.preview.text"].create(
            {"level_id": self.levels["reminder"].id, "channel": "sms"}
        )
        self.assertEqual(preview.sms, f"Please call {self.env.company.name}")
        with self.assertRaisesRegex(ValidationError, "“Own SMS” does not work"):
            template.body = "{{ object.no_such_field }}"

    def test_template_in_use_by_a_level_is_not_deleted(self):
        template = self._new_template()
        self.levels["reminder"].mail_template_id = template
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.cr.savepoint(),
        ):
            template.unlink()

    # === DEBTORS ===#
    def test_debtor_without_address_or_language(self):
        nobody = self._new_debtor(
            "Nobody", email=False, street=False, city=False, phone=False, lang=False
        )
        invoice = self._new_invoice("2026-03-31", partner=nobody)
        self.assertEqual(self._reason(invoice, "2026-04-08"), "no_address")
        with self._frozen("2026-04-08"):
            self.assertIn("address", invoice.dunning_explanation)
        nobody.email = "nobody@buyer.example"
        notice = self._propose("2026-04-08")
        self.assertEqual(notice.line_ids.move_id, invoice)
        self.assertIn("Perhaps it was overlooked", notice._render_message()["body"])

    # === ARCHIVED USERS ===#
    def test_archived_contact_for_debtors_is_refused(self):
        gone = self._new_user("gone", "account_credit_management.group_collector")
        gone.active = False
        with self.assertRaisesRegex(ValidationError, "is archived: choose another contact"):
            self.company.dunning_user_id = gone

    def test_archiving_the_contact_for_debtors_asks_for_another(self):
        self._new_invoice("2026-03-31")
        notice = self._propose("2026-04-08")
        self.assertEqual(notice.user_id, self.collector)
        self.debtor.user_id = self.salesman
        self.collector.active = False
        notice.invalidate_recordset()
        self.assertEqual(notice.user_id, self.salesman)
        self.assertNotIn("Carla", notice.contact_details)
        activity = self.company.partner_id.activity_ids
        self.assertEqual(activity.summary, "Choose another contact for debtors")
        self.assertEqual(activity.user_id, self.env.user)
        self.policy.invalidate_recordset()
        self.assertIn("Carla Collector", self.policy.with_company(self.company).warnings)
        self.salesman.active = False
        notice.invalidate_recordset()
        self.assertFalse(notice.user_id)
        self.assertIn("Seller Company", notice.contact_details)

    def test_archiving_another_user_asks_nothing(self):
        self.salesman.active = False
        self.assertFalse(self.company.partner_id.activity_ids)

    # === COMPANIES ===#
    def test_policy_of_another_company_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "“Theirs” is of Other Seller"):
            self.company.dunning_policy_id = self.their_policy
        with self.assertRaisesRegex(UserError, "Theirs"):
            self.debtor.with_company(self.company).dunning_policy_id = self.their_policy
        invoice = self._new_invoice("2026-03-31")
        with self.assertRaisesRegex(UserError, "Theirs"):
            invoice.dunning_policy_id = self.their_policy
        self.other_company.dunning_policy_id = self.their_policy

    def test_policy_in_use_elsewhere_does_not_become_that_of_one_company(self):
        invoice = self._new_invoice("2026-03-31")
        shared = self._new_ladder({"delay_days": 2})
        users = (
            (self.company, self.company.name),
            (self.debtor.with_company(self.company), "Debtor One"),
            (invoice, invoice.name),
        )
        for record, name in users:
            with self.subTest(name):
                old = record.dunning_policy_id
                record.dunning_policy_id = shared
                with self.assertRaisesRegex(ValidationError, f"chosen on “.*{name}"):
                    shared.company_id = self.other_company
                shared.company_id = self.company
                shared.company_id = False
                record.dunning_policy_id = old
        shared.company_id = self.other_company

    # === DATES OF RUNS ===#
    def _new_run(self, day, **values):
        return (
            self.env["dunning.run"]
            .with_user(self.collector)
            .with_company(self.company)
            .create({"date": day, "company_id": self.company.id, **values})
        )

    def test_run_of_a_day_that_is_over_warns_and_decides_on_what_is_known_now(self):
        invoice = self._new_invoice("2026-03-31")
        with self._frozen("2026-04-08"):
            ahead = self._new_run("2026-04-22")
            ahead.action_propose()
            ahead.action_cancel()
            with self.assertLogs("odoo.tests.form.onchange", "WARNING") as logs:
                form = Form(self.env["dunning.run"].with_user(self.collector))
                form.date = "2026-04-07"
            self.assertIn("This day is over", logs.output[0])
            run = form.save()
            run.action_propose()
            self.assertEqual(run.notice_ids.line_ids.move_line_id, self._items(invoice))

    def test_run_far_ahead_is_refused(self):
        with self._frozen("2026-04-08"):
            with self.assertRaisesRegex(ValidationError, "more than a year ahead"):
                self._new_run("2062-04-08")
            self._new_run("2027-04-07")
