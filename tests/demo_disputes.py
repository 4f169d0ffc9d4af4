from datetime import date, timedelta

from freezegun import freeze_time

from ..demo import dispute_cast, disputes

# Early in a year, so that the story and its sequences cross a turn of the year.
TODAY = date(2025, 2, 12)


class DemoDisputes:
    """What the story that a test class told has to say about disputes."""

    def _disputes_of(self, key):
        domain = [("company_id", "=", self.company.id), ("partner_id", "=", self.partners[key].id)]
        return self.env["dispute.dossier"].search(domain, order="date, id")

    @freeze_time(f"{TODAY} 12:00:00")
    def test_disputes_are_of_every_kind_and_end_in_every_way(self):
        told = self.env["dispute.dossier"].search([("company_id", "=", self.company.id)])
        self.assertEqual(len(told), len(dispute_cast.DISPUTES))
        self.assertEqual(len(set(told.mapped("name"))), len(told))
        for field in ("state", "outcome", "origin"):
            values = {value for value, _label in told._fields[field].selection}
            self.assertEqual(set(told.filtered(field).mapped(field)), values)
        reasons = self.env["dispute.reason"].search([])
        other = self.env.ref("account_credit_management.dispute_reason_other")
        self.assertLessEqual(reasons - other, told.reason_id)
        self.assertEqual(len(told.department_id), 5)
        self.assertEqual(set(told.line_ids.mapped("is_whole")), {True, False})
        self.assertEqual(len(told.currency_id), 2)
        self.assertEqual(set(told.mapped("waiting_for")), {"us", "customer"})
        months = {(dossier.date.year, dossier.date.month) for dossier in told}
        self.assertGreater(len(months), 6)

    @freeze_time(f"{TODAY} 12:00:00")
    def test_disputes_tell_the_days_on_which_things_happened(self):
        told = self.env["dispute.dossier"].search([("company_id", "=", self.company.id)])
        for dossier in told:
            with self.subTest(dispute=dossier.name, debtor=dossier.partner_id.name):
                self.assertTrue(dossier.name.startswith(f"DIS/{dossier.date.year}/"))
                logs = dossier.state_log_ids.sorted("id")
                self.assertEqual(logs[0].date_from.date(), dossier.date)
                self.assertEqual(logs[-1].state, dossier.state)
                self.assertFalse(logs[-1].date_to)
                for before, after in zip(logs, logs[1:], strict=False):
                    self.assertEqual(before.date_to, after.date_from)
                self.assertEqual(min(dossier.message_ids.mapped("date")).date(), dossier.date)
                if dossier.closed_date:
                    self.assertEqual(logs[-1].date_from.date(), dossier.closed_date)
                    self.assertFalse(dossier.activity_ids)
                for credit in dossier.credit_move_ids:
                    self.assertEqual(credit.invoice_date, dossier.closed_date)
                    self.assertEqual(credit.payment_state, "paid")
        text = " ".join(told.message_ids.mapped("body"))
        self.assertIn("Nobody here ordered", " ".join(told.mapped("description")))
        self.assertNotIn("Test mode", text)

    @freeze_time(f"{TODAY} 12:00:00")
    def test_disputes_leave_work_for_people(self):
        scratched, missing = self._disputes_of("dispute")
        self.assertEqual(scratched.state, "investigating")
        self.assertEqual(scratched._get_portal_messages().attachment_ids.mimetype, "image/jpeg")
        self.assertEqual((missing.state, missing.origin), ("open", "contact"))
        for late in (scratched, missing):
            self.assertTrue(late.is_late)
            self.assertEqual(late.escalated_date, late.deadline + timedelta(days=1))
        [asked] = self._disputes_of("branches")
        self.assertEqual(asked.waiting_for, "customer")
        self.assertEqual(asked._get_paper_files().mapped("mimetype"), ["application/pdf"])
        self.assertEqual(self._disputes_of("belgian")[-1].state, "approval")
        self.assertIn(self.staff["manager"], self._disputes_of("belgian")[-1].activity_ids.user_id)
        rejected = self._disputes_of("french")
        self.assertEqual(rejected.outcome, "rejected")
        self.assertEqual(self._reasons_of("french")[0], "block")
        self.assertEqual(rejected._get_blocks().date_to, rejected.term_until)
        self.assertGreater(rejected.term_until, TODAY)

    @freeze_time(f"{TODAY} 12:00:00")
    def test_mirror_has_something_to_show(self):
        rows = self.env["dispute.analysis"].search([("company_id", "=", self.company.id)])
        self.assertEqual(len(rows), len(dispute_cast.DISPUTES) + len(dispute_cast.TALKS))
        causes = {cause for cause, _label in rows._fields["root_cause"].selection}
        self.assertEqual(set(rows.mapped("root_cause")), causes - {"other"})
        self.assertGreater(len([days for days in rows.mapped("days_lost") if days]), 15)
        self.assertGreater(sum(rows.mapped("amount_credited")), 0)

    def test_lonely_company_gets_an_address_and_heads_of_departments(self):
        desk = disputes.DisputeDesk.__new__(disputes.DisputeDesk)
        desk.env, desk.company, desk.users = self.company.env(su=True), self.company, self.staff
        departments = self.env["credit.department"].search([])
        departments.user_id = False
        self.company.email = "office@lonely.example"
        self.company.sudo().alias_domain_id = False
        desk._settle_shared()
        self.company.dispute_alias_name = dispute_cast.ALIAS
        self.assertEqual(self.company.dispute_email, "factuurvragen@lonely.example")
        self.assertEqual(len(departments.filtered("user_id")), len(dispute_cast.HEADS))
        manager, taken = self.staff["manager"], departments[0]
        taken.user_id = manager
        desk._settle_shared()
        self.assertEqual(taken.user_id, manager)
