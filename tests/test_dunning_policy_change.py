from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged

from .notice_common import NoticeCommon


@tagged("post_install", "-at_install")
class TestDunningPolicyChange(NoticeCommon):
    """Levels on a live system, and what the policy's form tells about them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reminder = cls.levels["reminder"]

    def _log(self):
        """The newest message of the policy."""
        return self.policy.message_ids.sorted("id")[-1:].body or ""

    def _new_policy(self, name="New", **values):
        return self.env["dunning.policy"].create({"name": name, **values})

    def _new_ladder(self, *levels, name="New", **values):
        return self._new_policy(
            name,
            level_ids=[
                Command.create({"name": f"L{number}", "sequence": number, **level})
                for number, level in enumerate(levels)
            ],
            **values,
        )

    # === IN FLIGHT ===#
    def test_unsent_reminder_of_a_changed_level_is_decided_anew(self):
        for field, value in (
            ("delay_days", 6),
            ("stage", "firm"),
            ("use_letter", False),
            ("preferred_channel", "letter"),
            ("contact_role", "debtor"),
            ("min_days_after_previous", 5),
        ):
            with self.subTest(field):
                invoice = self._new_invoice("2026-03-31")
                notice = self._propose("2026-04-08")
                self.assertEqual(notice.level_id, self.reminder)
                self.reminder.write({field: value})
                self.assertEqual(notice.state, "cancelled")
                self.assertEqual(notice.line_ids.state, "cancelled")
                self.assertIn("was changed", notice.failure_reason)
                self.assertIn("were cancelled: 1", self._log())
                again = self._propose("2026-04-08")
                self.assertEqual(again.line_ids.move_id, invoice)
                again._transition("cancelled")
                invoice.button_draft()

    def test_change_that_decides_nothing_leaves_reminders_alone(self):
        self._new_invoice("2026-03-31")
        notice = self._propose("2026-04-08")
        self.reminder.write(
            {"name": "Kind reminder", "payment_days": 9, "hold_orders": True, "delay_days": 7}
        )
        self.assertEqual(notice.state, "ready")
        self.assertIn("Days to Pay: 7 → 9", self._log())
        self.assertIn("Hold New Orders: no → yes", self._log())
        self.assertNotIn("Days After Due", self._log())
        self.assertNotIn("cancelled", self._log())

    def test_saving_without_a_change_logs_nothing(self):
        before = self.policy.message_ids
        self.reminder.write({"delay_days": 7, "use_email": True})
        self.assertEqual(self.policy.message_ids, before)

    def test_archived_level_cancels_what_waits_and_the_next_one_follows(self):
        invoice = self._new_invoice("2026-03-01")
        notice = self._propose("2026-04-08")
        self.assertEqual(notice.level_id, self.reminder)
        self.reminder.active = False
        self.assertEqual(notice.state, "cancelled")
        again = self._propose("2026-04-08")
        self.assertEqual(again.line_ids.move_id, invoice)
        self.assertEqual(again.level_id, self.levels["firm"])
        self.reminder.active = True
        self.assertEqual(again.state, "ready", "Another level's reminders stay")

    def test_moved_level_cancels_only_where_the_order_changed(self):
        policy = self._new_ladder(
            {"delay_days": 2}, {"delay_days": 9}, {"delay_days": 9, "name": "Third"}
        )
        first, second, third = policy.level_ids
        self.debtor.with_company(self.company).dunning_policy_id = policy
        self._new_invoice("2026-03-31")
        notice = self._propose("2026-04-03")
        self.assertEqual(notice.level_id, first)
        policy.level_ids = [
            Command.update(second.id, {"sequence": 8}),
            Command.update(third.id, {"sequence": 7}),
        ]
        self.assertLess(third.severity, second.severity)
        self.assertEqual(notice.state, "ready", "The order of its own level is the same")
        policy.level_ids = [
            Command.update(third.id, {"sequence": 0, "delay_days": 2}),
            Command.update(first.id, {"sequence": 5}),
        ]
        self.assertEqual(notice.state, "cancelled")
        self.assertIn("Order: moved", "".join(policy.message_ids.mapped("body")))

    def test_what_is_being_sent_or_was_sent_stays(self):
        sent_invoice, sent = self._send_reminder("2026-03-31")
        self._new_invoice("2026-04-01", partner=self._new_debtor("Debtor Two"))
        sending = self._propose("2026-04-09")
        sending._transition("sending")
        self.reminder.delay_days = 6
        self.assertEqual(sending.state, "sending")
        self.assertEqual(sent.state, "sent")
        self.assertEqual(sent_invoice.dunning_level_id, self.reminder)

    def test_history_is_never_followed_by_something_milder(self):
        invoice, _notice = self._send_reminder("2026-03-31")
        self.levels["firm"].active = False
        self.policy.level_ids = [
            Command.create({"name": "Extra", "delay_days": 7, "sequence": 15, "stage": "reminder"})
        ]
        extra = self.policy.level_ids.filtered(lambda level: level.name == "Extra")
        self.assertLess(extra.severity, self.reminder.severity)
        self.assertEqual(self._decision(invoice, "2026-05-04").level_id, self.levels["final"].id)
        self.assertIn("Extra", self._log())

    def test_failed_reminder_is_cancelled_too(self):
        self._new_invoice("2026-03-31")
        notice = self._propose("2026-04-08")
        notice._transition("sending")
        notice._transition("failed", failure_reason="No connection")
        self.reminder.delay_days = 6
        self.assertEqual(notice.state, "cancelled")

    def test_call_that_was_not_made_yet_is_cancelled_too(self):
        self.reminder.write({"use_email": False, "use_letter": False, "use_call": True})
        self.debtor.phone = "+31 20 555 0001"
        self._new_invoice("2026-03-31")
        notice = self._run_todo("2026-04-08")
        self.assertEqual(notice.state, "todo")
        self.assertTrue(notice.contact_activity_ids)
        self.assertIn("1 reminder of it was not sent yet", self.reminder.in_flight)
        self.reminder.delay_days = 6
        self.assertEqual(notice.state, "cancelled")
        self.assertFalse(notice.contact_activity_ids.filtered("active"))

    def _run_todo(self, day):
        self._run_day(day)
        return self.env["dunning.notice"].search([("company_id", "=", self.company.id)], limit=1)

    def test_archived_policy_cancels_what_waits(self):
        policy = self._new_ladder({"delay_days": 2})
        self.debtor.with_company(self.company).dunning_policy_id = policy
        self._new_invoice("2026-03-31")
        notice = self._propose("2026-04-03")
        policy.active = False
        self.assertEqual(notice.state, "cancelled")
        self.assertIn("cancelled: 1", "".join(policy.message_ids.mapped("body")))
        self.assertFalse(self._propose("2026-04-03"), "The default begins seven days after due")

    def test_in_flight_is_told_on_level_and_policy(self):
        self._send_reminder("2026-03-31")
        self._new_invoice("2026-03-01", partner=self._new_debtor("Debtor Two"))
        self._propose("2026-04-08").filtered(lambda notice: notice.state == "proposed")
        self.levels["final"].release = "manual"
        self.assertIn("1 item stands at “Reminder”", " ".join(self.reminder.in_flight.split()))
        self.assertIn("1 reminder of it was not sent yet", self.reminder.in_flight)
        self.assertNotIn("to be released", self.reminder.in_flight)
        self.assertIn("Reminder", self.policy.in_flight)
        self.assertNotIn("archived", self.policy.in_flight.split("<p")[0])
        self.assertIn("0 items stand", " ".join(self.levels["final"].in_flight.split()))

    def test_archiving_in_the_form_warns_first(self):
        self._new_invoice("2026-03-31")
        self._propose("2026-04-08")
        level = self.reminder.new(origin=self.reminder)
        level.active = False
        warning = level._onchange_active()["warning"]["message"]
        self.assertIn("not sent yet: 1", warning)
        level = self.levels["firm"].new(origin=self.levels["firm"])
        level.active = False
        self.assertFalse(level._onchange_active())

    def test_used_policy_is_archived_not_deleted(self):
        policy = self._new_ladder({"delay_days": 2})
        self.debtor.with_company(self.company).dunning_policy_id = policy
        self._new_invoice("2026-03-31")
        self._propose("2026-04-03")
        self.debtor.with_company(self.company).dunning_policy_id = False
        with self.assertRaisesRegex(UserError, "Archive it"):
            policy.unlink()
        self._new_ladder({"delay_days": 2}).unlink()

    def test_who_changed_is_logged_and_a_collector_changes_nothing(self):
        with self.assertRaisesRegex(Exception, "not allowed"):
            self.reminder.with_user(self.collector).delay_days = 6
        self.reminder.with_user(self.manager).delay_days = 6
        message = self.policy.message_ids.sorted("id")[-1]
        self.assertEqual(message.author_id, self.manager.partner_id)
        self.assertIn("Days After Due: 7 → 6", message.body)

    # === WARNINGS ===#
    def test_standard_policy_has_no_warnings(self):
        self.assertFalse(self.policy.warnings)

    def test_consumers_get_fourteen_days(self):
        final = {"delay_days": 20, "stage": "final", "payment_days": 7}
        by_name = self._new_ladder(final, name="Consumenten NL")
        self.assertIn("gives consumers 7 days", by_name.warnings)
        for domain in (
            "[('debtor_kind', '=', 'consumer')]",
            "[('is_company', '=', False)]",
            "['&', ('country_id.code', '=', 'NL'), ('debtor_kind', 'in', ['consumer'])]",
            "[('is_company', '!=', True)]",
        ):
            with self.subTest(domain):
                policy = self._new_ladder(final, debtor_domain=domain)
                self.assertIn("gives consumers 7 days", policy.warnings)
                policy.level_ids.payment_days = 14
                self.assertFalse(policy.warnings)
        business = self._new_ladder(final, debtor_domain="[('is_company', '=', True)]")
        self.assertFalse(business.warnings)

    def test_consumers_are_not_handed_over_without_a_final_notice(self):
        policy = self._new_ladder(
            {"delay_days": 7}, {"delay_days": 40, "stage": "handover"}, name="Consumers"
        )
        self.assertIn("without a final notice", policy.warnings)

    def test_level_with_text_messages_only_is_warned_about(self):
        policy = self._new_ladder({"delay_days": 7, "use_email": False, "use_sms": True})
        self.assertIn("only goes out as a text message", policy.warnings)
        policy.level_ids.use_letter = True
        self.assertFalse(policy.warnings)

    def test_overlaps_are_warned_about(self):
        policy = self._new_ladder(
            {"delay_days": 7, "payment_days": 14},
            {"delay_days": 12, "min_days_after_previous": 7, "name": "Second"},
        )
        self.assertIn("planned 5 days after it, but waits 15 days", policy.warnings)
        policy.level_ids[1].delay_days = 22
        self.assertIn("shorter than the term", policy.warnings)
        self.assertNotIn("overlaps", policy.warnings)
        policy.level_ids[1].min_days_after_previous = 14
        self.assertFalse(policy.warnings)

    def test_policy_without_levels_is_warned_about(self):
        self.assertIn("Nobody is reminded", self._new_policy().warnings)

    # === EXAMPLE AND TEXTS ===#
    def test_example_moves_to_working_days_and_leaves_archived_levels_out(self):
        policy = self._new_ladder({"delay_days": 4}, {"delay_days": 5, "name": "Gone"})
        with self._frozen("2026-03-10"):
            self.assertIn("03/16/2026", policy.example, "The fourteenth is a Saturday")
            self.assertIn("Gone", policy.example)
            policy.level_ids[1].active = False
            self.assertNotIn("Gone", policy.example)

    def test_preview_reads_as_the_debtor_would(self):
        invoice = self._new_invoice("2026-03-31", amount=1234.5)
        previews = self.env["dunning.preview.text"].with_user(self.manager)
        count = self.env["dunning.notice"].search_count([])
        with self._frozen("2026-04-08"):
            preview = previews.with_company(self.company).create({"level_id": self.reminder.id})
            self.assertEqual(preview.partner_id, self.debtor)
            self.assertEqual(preview.channel, "email")
            self.assertIn(invoice.name, preview.subject)
            for text in (invoice.name, "1,234.50", "Seller Company", "Perhaps it was overlooked"):
                self.assertIn(text, preview.body)
            preview.channel = "letter"
            self.assertIn("1 Main Street", preview.body)
            self.assertIn("NL91 ABNA 0417 1643 00", preview.body)
            preview.partner_id = False
            self.assertIn("Example Customer", preview.body)
            self.assertNotIn(invoice.name, preview.body)
            self.assertFalse(preview.remark)
        self.assertEqual(self.env["dunning.notice"].search_count([]), count)

    def test_preview_in_a_language_with_and_without_a_text(self):
        for code in ("nl_NL", "de_DE"):
            self.env["res.lang"]._activate_lang(code)
        template = self.reminder._get_mail_template()
        template.with_context(lang="nl_NL").body_html = "<p>Beste relatie</p>"
        preview = self.env["dunning.preview.text"].create(
            {"level_id": self.reminder.id, "lang": "nl_NL"}
        )
        self.assertIn("Beste relatie", preview.body)
        self.assertFalse(preview.remark)
        preview.lang = "de_DE"
        self.assertIn("Perhaps it was overlooked", preview.body)
        self.assertIn("in English", preview.remark)

    def test_accent_color_is_used_for_what_is_due(self):
        _invoice, notice = self._send_reminder("2026-03-31")
        house = notice._get_text_color()
        self.assertIn(f"color: {house}", notice.items_table)
        self.reminder.accent_color = "#c0392b"
        notice.invalidate_recordset()
        self.assertEqual(notice.items_table.count("#c0392b"), 2)
        self.assertIn("color: #c0392b", notice.payment_block)
        self.assertIn(".acm_accent { color: #c0392b; }", notice._get_letter_css("pdf"))
        self.assertIn(f"border-bottom: 2px solid {house}", notice.items_table)

    def test_accent_color_has_to_be_a_color(self):
        for color in ("red", "#fff", "#12345g", "#c0392b;background:url(x)"):
            with self.subTest(color), self.assertRaisesRegex(ValidationError, "accent color"):
                self.reminder.accent_color = color
        self.reminder.accent_color = False

    # === WHICH RULE DECIDED ===#
    def test_document_tells_its_policy_and_what_decided(self):
        invoice = self._new_invoice("2026-03-31").with_user(self.salesman)
        self.assertEqual(invoice.dunning_effective_policy_id, self.policy)
        self.assertEqual(invoice.dunning_policy_source, "debtor: default of the company")
        chosen = self._new_ladder({"delay_days": 2})
        self.debtor.with_company(self.company).dunning_policy_id = chosen
        invoice.invalidate_recordset()
        self.assertEqual(invoice.dunning_effective_policy_id, chosen)
        self.assertEqual(invoice.dunning_policy_source, "debtor: chosen by hand")
        invoice.sudo().dunning_policy_id = self.policy
        self.assertEqual(invoice.dunning_effective_policy_id, self.policy)
        self.assertEqual(invoice.dunning_policy_source, "chosen on this document")

    def test_policy_form_saves_with_all_fields(self):
        with Form(self.env["dunning.policy"].with_user(self.manager)) as form:
            form.name = "Consumers"
            with form.level_ids.new() as level:
                level.name = "Last"
                level.delay_days = 20
                level.stage = "final"
                level.payment_days = 7
            self.assertIn("gives consumers 7 days", form.warnings)
            self.assertIn("Last", form.example)
        policy = form.record
        self.assertEqual(policy.level_ids.release, "manual")
        self.assertNotIn("added", "".join(policy.message_ids.mapped("body")))
