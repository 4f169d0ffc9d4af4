from datetime import date
from unittest.mock import patch

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import tagged

from ..demo import agreement_cast, credit_cast, history, plan, props, setting
from .common import CreditManagementCommon
from .demo_charges import DemoCharges
from .demo_disputes import TODAY, DemoDisputes


@tagged("post_install", "-at_install")
class TestDemoStory(DemoCharges, DemoDisputes, CreditManagementCommon):
    """The story told once, in a company on the generic chart, and looked at from all sides."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mails_before = cls.env["mail.mail"].search_count([])
        cls.env["credit.hold.rule"].with_context(active_test=False).search([]).active = True
        cls.company.country_id = cls.env.ref("base.nl")
        cls._announce_costs()
        company = cls.company.with_context(no_reset_password=True)
        cls.users = setting.create_users(company)
        admin = cls.env.ref("base.user_admin")
        admin.sudo().company_ids = [Command.link(company.id)]
        cls.staff = {login: cls.users.get(login, admin) for login in props.USERS}
        with freeze_time(f"{TODAY} 09:00:00"):
            cls.partners = cls.env["credit.management.demo"]._tell(
                cls.company, TODAY, crowd=0, users=cls.users
            )
        cls.debtors, cls.documents = plan.tell(TODAY, crowd=0)
        cls.invoices = cls.env["account.move"].search(
            [
                ("company_id", "=", cls.company.id),
                ("move_type", "=", "out_invoice"),
                ("charge_ids", "=", False),
            ]
        )

    @classmethod
    def _announce_costs(cls):
        """Have the final notice of the standard policy do what that of the module does."""
        policy = cls.env["dunning.policy"]._get_default(cls.company)
        policy.level_ids.filtered(lambda level: level.stage == "final").write(
            {"cost_scheme": "statutory", "charge_interest": True}
        )

    def _invoices_of(self, key):
        return self.invoices.filtered(
            lambda move: move.commercial_partner_id == self.partners[key]
        ).sorted("invoice_date_due")

    def _reasons_of(self, key):
        """Reasons per open item of a debtor, oldest first."""
        decisions = self.env["dunning.decision"]._decide(self.company, TODAY, self.partners[key])
        return [decision.reason for decision in decisions]

    # === BOOKS ===#
    def test_every_document_of_the_plan_is_posted_and_nothing_else(self):
        self.assertEqual(len(self.invoices), len(self.documents))
        moves = self.env["account.move"].search([("company_id", "=", self.company.id)])
        self.assertEqual(set(moves.mapped("state")), {"posted"})
        self.assertLessEqual(max(moves.mapped("date")), TODAY)
        for debtor in self.debtors:
            with self.subTest(debtor=debtor.name):
                self.assertEqual(len(self._invoices_of(debtor.key)), len(debtor.bills))
        self.assertFalse(self._invoices_of("trustee"))

    def test_money_is_reconciled_for_real(self):
        arranged = {f"{told.debtor}_{bill}" for told in agreement_cast.PLANS for bill in told.bills}
        for document in self.documents:
            if document.key in arranged:
                continue
            with self.subTest(document=document.key):
                invoice = self.invoices.filtered(
                    lambda move, ref=document.key: move.ref == f"PO-{ref}".upper().replace("_", "-")
                )
                self.assertEqual(min(self._items(invoice).mapped("date_maturity")), document.due)
                kept = invoice.amount_total - invoice.amount_residual
                if not document.payments and not document.credit:
                    self.assertEqual(kept, 0.0)
                elif sum(pay.share for _day, pay in document.payments) == 1 and not any(
                    pay.short for _day, pay in document.payments
                ):
                    self.assertEqual(invoice.payment_state, "paid")
                    self.assertEqual(invoice.amount_residual, 0.0)
                else:
                    self.assertGreater(kept, 0.0)
        lines = self.env["account.move.line"].search(
            [
                ("company_id", "=", self.company.id),
                ("account_type", "=", "asset_receivable"),
            ]
        )
        self.assertAlmostEqual(
            sum(lines.mapped("balance")), sum(lines.mapped("amount_residual")), places=2
        )

    def test_nothing_is_mailed_or_rendered(self):
        self.assertEqual(self.env["mail.mail"].search_count([]), self.mails_before)
        notices = self.env["dunning.notice"].search([("company_id", "=", self.company.id)])
        self.assertTrue(notices)
        self.assertFalse(notices.letter_id)

    # === CASES ===#
    def test_each_named_debtor_shows_its_case_today(self):
        expected = {
            "early": ["not_yet"],
            "portal": ["remind", "block", "not_yet", "not_yet"],
            "final": ["remind", "remind", "not_yet"],
            "pending": ["pending"],
            "courtesy": ["remind", "remind"],
            "unsent": ["not_delivered"] * 3,
            "no_followup": ["no_followup"] * 2,
            "no_address": ["no_address"] * 2,
            "paused": ["block"] * 2,
            "resumed": ["remind"] * 2,
            "dispute": ["remind", "block", "remind"],
            "promise": ["block"],
            "arrangement": ["block"],
            "missed": ["block"],
            "fulfilled": ["not_yet"],
            "broken": ["remind"],
            "collection": ["block"] * 2,
            "blocked": ["payment_blocked", "remind"],
            "covered": ["unallocated"],
            "uncovered": ["remind"],
            "just_paid": ["unallocated"] * 2,
            "under_way": ["under_way", "not_yet"],
            "residue": ["below_minimum"] * 2,
            "phone_only": ["remind"] * 2,
            "bounced": ["pending", "not_yet"],
            "bankrupt": ["block", "block", "remind"],
            "direct_debit": ["remind", "direct_debit"],
        }
        for key, reasons in expected.items():
            with self.subTest(debtor=key):
                self.assertEqual(self._reasons_of(key), reasons)
        self.assertEqual(
            self._reasons_of("never"), ["finished", "finished", "finished", "remind", "not_yet"]
        )

    def test_reminder_that_came_back_goes_out_as_a_letter(self):
        debtor = self.partners["bounced"]
        notice = self.env["dunning.notice"].search([("partner_id", "=", debtor.id)])
        self.assertEqual(notice.state, "ready")
        self.assertTrue(notice.use_letter)
        self.assertFalse(notice.use_email)
        self.assertFalse(notice.sent_date)
        self.assertEqual(notice.delivery_ids.mapped("state"), ["bounced"])
        self.assertEqual(debtor.dunning_bounced_email, debtor.email_normalized)
        self.assertIn("mend_address", debtor.activity_ids.mapped("dunning_task"))

    def test_todays_run_finds_each_debtor_by_the_right_way(self):
        with freeze_time(f"{TODAY} 10:00:00"):
            run = self.env["dunning.run"]._propose_automatically(self.company, TODAY)

        def get_notice(key):
            notice = run.notice_ids.filtered(lambda n: n.partner_id == self.partners[key])
            self.assertEqual(len(notice), 1)
            return notice

        call = get_notice("phone_only")
        self.assertEqual(call._get_chosen_channels(), ["call"])
        self.assertEqual(get_notice("bankrupt").contact_id, self.partners["trustee"])
        self.assertEqual(len(get_notice("bankrupt").line_ids), 1)
        deducted = get_notice("uncovered")
        self.assertEqual(deducted.amount_unallocated, 12.0)
        self.assertLess(deducted.amount_total, deducted.amount_residual)
        returned = get_notice("direct_debit")
        self.assertEqual(returned.line_ids.move_line_id.move_id.direct_debit_state, "returned")
        calls = self.partners["direct_debit"].activity_ids.filtered("dunning_channel")
        self.assertEqual(calls.mapped("dunning_task"), ["direct_debit"])

    def test_payers_pay_as_they_are_described(self):
        halves = self._invoices_of("halves")
        self.assertEqual(set(halves.mapped("payment_state")), {"paid"})
        for invoice in halves:
            self.assertEqual(len(invoice.matched_payment_ids), 2)
        early = self._invoices_of("early")
        for payment in early.matched_payment_ids:
            self.assertLess(payment.date, payment.invoice_ids.invoice_date_due)
        self.assertEqual(self._invoices_of("never").matched_payment_ids.ids, [])
        returned = self._invoices_of("credited")
        self.assertEqual(returned[1].payment_state, "reversed")
        self.assertEqual(returned[2].payment_state, "partial")

    def test_currency_terms_and_addressees_vary(self):
        foreign = self._invoices_of("english").currency_id - self.company.currency_id
        self.assertEqual(len(foreign), 1)
        self.assertEqual(self.partners["english"].lang, "en_US")
        item_counts = {len(self._items(move)) for move in self._invoices_of("terms")}
        self.assertEqual(item_counts, {2})
        self.assertIn(self.partners["branch"], self._invoices_of("branches").partner_id)
        self.assertFalse(self.partners["no_email"].email)
        self.assertTrue(self.partners["no_email"].street)
        self.assertFalse(self.partners["no_address"].email or self.partners["no_address"].street)

    # === DUNNING ===#
    def test_every_level_and_every_reason_occurs_today(self):
        labels = self.env["dunning.decision"]._get_reason_labels()
        decisions = self.env["dunning.decision"]._decide(
            self.company,
            TODAY,
            self.env["res.partner"].union(*self.partners.values()).commercial_partner_id,
        )
        # A company always has the default policy, and the story has one company only.
        # It begins with every item, asks no bank statements and caps no messages.
        impossible = {"no_policy", "own_group", "before_start", "bank_outdated", "contact_cap"}
        self.assertEqual({decision.reason for decision in decisions}, set(labels) - impossible)
        with freeze_time(f"{TODAY} 10:00:00"):
            run = self.env["dunning.run"]._propose_automatically(self.company, TODAY)
        by_stage = run.notice_ids.grouped("stage")
        self.assertEqual(set(by_stage), {"courtesy", "reminder", "firm", "final", "handover"})
        # Consumers have levels of the same names: the run says whose they are.
        reminders = by_stage["reminder"].level_id
        self.assertGreater(len(reminders), len(set(reminders.mapped("name"))))
        for policy in reminders.policy_id:
            self.assertIn(policy.name, run.summary)
        for stage in ("final", "handover"):
            self.assertEqual(set(by_stage[stage].mapped("state")), {"proposed"})
        for stage in ("courtesy", "reminder", "firm"):
            self.assertIn("ready", by_stage[stage].mapped("state"))

    def test_past_runs_left_a_memory(self):
        runs = self.env["dunning.run"].search([("company_id", "=", self.company.id)])
        self.assertLess(max(runs.mapped("date")), TODAY)
        self.assertEqual(len(set(runs.mapped("name"))), len(runs))
        self.assertLessEqual(set(runs.mapped("state")), {"done", "proposed", "released"})
        sent = runs.notice_ids.filtered(lambda notice: notice.state == "sent")
        for notice in sent:
            self.assertEqual(notice.sent_date, notice.run_id.date)
            self.assertEqual(set(notice.line_ids.mapped("sent_date")), {notice.sent_date})
            self.assertEqual(notice.mail_message_id.date.date(), notice.sent_date)
        waiting = runs.notice_ids - sent
        bounced = waiting.filtered(lambda notice: notice.partner_id == self.partners["bounced"])
        self.assertEqual(set((waiting - bounced).mapped("state")), {"proposed"})
        self.assertEqual(set(waiting.run_id.mapped("date")), {history.get_run_dates(TODAY)[-1]})

    # === ARRANGEMENTS AND PROMISES ===#
    def _arrangement_of(self, key):
        arrangement = self.env["installment.arrangement"].search(
            [("company_id", "=", self.company.id), ("partner_id", "=", self.partners[key].id)]
        )
        self.assertEqual(len(arrangement), 1)
        return arrangement

    @freeze_time(f"{TODAY} 12:00:00")
    def test_arrangements_are_in_every_state_of_their_life(self):
        expected = {
            "arrangement": ("active", ["paid"] * 3 + ["planned"] * 3),
            "missed": ("active", ["paid"] * 4 + ["missed"] + ["planned"] * 3),
            "fulfilled": ("fulfilled", ["paid"] * 3),
            "broken": ("broken", ["paid"] + ["ended"] * 3),
            "portal": ("offered", ["planned"] * 3),
            "uncovered": ("draft", ["planned"] * 12),
            "along": ("active", ["planned"] * 4),
        }
        self.assertEqual(set(expected), {told.debtor for told in agreement_cast.PLANS})
        for key, (state, lines) in expected.items():
            with self.subTest(debtor=key):
                arrangement = self._arrangement_of(key)
                self.assertEqual(arrangement.state, state)
                self.assertEqual(arrangement._get_ordered_lines().mapped("state"), lines)
                self.assertEqual(
                    self.company.currency_id.compare_amounts(
                        sum(arrangement.line_ids.mapped("amount")), arrangement.amount_total
                    ),
                    0,
                )
                self.assertEqual(arrangement.user_id, self.staff["collector"])
        every = self.env["installment.arrangement"].search([("company_id", "=", self.company.id)])
        self.assertEqual(len(set(every.mapped("name"))), len(every))
        began = self._arrangement_of("fulfilled")
        self.assertTrue(began.name.startswith(f"ARR/{began.date.year}/"))
        self.assertLess(began.active_date, began.closed_date)
        self.assertEqual(began.closed_date, max(began.move_ids.matched_payment_ids.mapped("date")))
        self.assertFalse(self.company.dunning_test_mode)

    @freeze_time(f"{TODAY} 12:00:00")
    def test_arrangements_leave_work_for_people(self):
        asked = self._arrangement_of("uncovered")
        self.assertEqual(asked.origin, "portal")
        self.assertTrue(asked.needs_approval)
        self.assertTrue(asked.to_approve)
        self.assertIn(self.staff["manager"], asked.activity_ids.user_id)
        self.assertIn("second ship", "".join(asked.activity_ids.mapped("note")))
        offered = self._arrangement_of("portal")
        self.assertEqual(offered.contact_id, self.partners["portal_person"])
        self.assertTrue(offered._is_visible())
        self.assertGreater(offered.offer_valid_until, TODAY)
        self.assertFalse(offered.charge_move_id)
        self.assertFalse(offered.needs_approval)
        calls = self.partners["missed"].activity_ids.filtered("dunning_channel")
        self.assertEqual(calls.user_id, self.staff["collector"])
        self.assertIn("installment", calls.summary)
        self.assertFalse(self.partners["arrangement"].activity_ids.filtered("dunning_channel"))

    @freeze_time(f"{TODAY} 12:00:00")
    def test_promises_were_kept_kept_in_part_broken_or_are_open(self):
        promises = self.env["collection.promise"].search([("company_id", "=", self.company.id)])
        self.assertEqual(len(promises), len(agreement_cast.PROMISES))
        states = {
            key: promises.filtered(
                lambda promise, key=key: promise.partner_id == self.partners[key]
            )
            .sorted("date")
            .mapped("state")
            for key in {told.debtor for told in agreement_cast.PROMISES}
        }
        self.assertEqual(
            states,
            {
                "promise": ["kept", "kept", "open"],
                "belgian": ["kept"],
                "final": ["kept", "broken"],
                "partly": ["partly"],
                "never": ["broken", "broken"],
                "english": ["open"],
            },
        )
        debtors = {
            key: self.partners[key].with_company(self.company) for key in ("promise", "final")
        }
        self.assertEqual(debtors["promise"].promise_kept_rate, 100)
        self.assertEqual(debtors["final"].promise_kept_rate, 50)
        calls = promises._get_activities()
        self.assertEqual(calls.mapped("res_id"), self.partners["final"].ids)
        for promise in promises - promises.filtered(lambda promise: promise.state == "open"):
            self.assertLess(promise.date_made, promise.closed_date)
            self.assertFalse(promise._get_blocks())
        told = self.partners["promise"].message_ids.filtered(
            lambda message: "Gijs Krukas" in message.body
        )
        self.assertLess(min(told.mapped("date")).date(), TODAY)

    # === CREDIT ===#
    def _position_of(self, key):
        debtor = self.partners[key]
        return self.env["credit.exposure"]._get_positions(self.company, debtor, TODAY)[debtor.id]

    def _orders_of(self, key):
        return (
            self.env["sale.order"]
            .with_company(self.company)
            .search([("partner_id", "=", self.partners[key].id)], order="id")
        )

    @freeze_time(f"{TODAY} 12:00:00")
    def test_limits_were_imported_granted_declined_or_wait(self):
        limits = self.env["credit.limit"].search([("company_id", "=", self.company.id)])
        by_state = limits.grouped("state")
        self.assertEqual(set(by_state), {"approved", "declined", "requested"})
        self.assertEqual(set(by_state["declined"].partner_id), {self.partners["partly"]})
        self.assertEqual(
            set(by_state["requested"].partner_id),
            {self.partners["halves"], self.partners["uncovered"]},
        )
        self.assertTrue(by_state["declined"].decision_note)
        self.assertLess(max(limits.mapped("date_from")), TODAY)
        self.assertLess(max(by_state["approved"].mapped("decided_date")).date(), TODAY)
        imported = by_state["approved"].filtered(lambda limit: limit.reason == "Imported")
        self.assertEqual(len(imported), sum(map(len, credit_cast.IMPORTED_LIMITS.values())))
        granted = by_state["approved"] - imported
        self.assertLessEqual(
            set(granted.decided_by_id), {self.staff["manager"], self.staff["collector"]}
        )
        # What is asked for and what was declined grants nothing.
        self.assertEqual(self._position_of("partly").own_limit, 2_500)
        self.assertEqual(self._position_of("uncovered").own_limit, 12_000)
        self.assertEqual(self._position_of("never").limit, 1_000)
        due = limits.filtered("review_due")
        self.assertEqual(due.partner_id, self.partners["on_time"])
        self.assertTrue(due.activity_ids)

    @freeze_time(f"{TODAY} 12:00:00")
    def test_credit_of_a_debtor_has_every_layer_somewhere(self):
        portal = self._position_of("portal")
        self.assertEqual((portal.own_limit, portal.temporary), (6_000, 4_000))
        self.assertGreater(portal.orders, 0)
        self.assertEqual(portal.limit, 6_000 + 4_000 + 3_000 * 0.9)
        self.assertGreater(self._position_of("uncovered").insured, 0)
        self.assertGreater(self._position_of("courtesy").factored, 0)
        self.assertGreater(self._position_of("resumed").guaranteed, 0)
        self.assertTrue(self._position_of("firm").cover_lapsed)
        self.assertLess(self._position_of("terms").available, 0)
        belgian, french = self._position_of("belgian"), self._position_of("french")
        self.assertTrue(belgian.group_id)
        self.assertEqual(belgian.group_id, french.group_id)
        left = credit_cast.GROUP.limit.amount - belgian.exposure - french.exposure
        self.assertAlmostEqual(float(belgian.group_left), left, places=2)

    @freeze_time(f"{TODAY} 12:00:00")
    def test_covers_and_checks_have_something_to_do(self):
        covers = self.env["credit.cover"].search([("company_id", "=", self.company.id)])
        self.assertEqual(set(covers.mapped("state")), {"valid", "ending", "lapsed"})
        self.assertEqual(set(covers.mapped("kind")), {"insurance", "factoring", "guarantee"})
        near = covers.filtered(lambda cover: cover.partner_id == self.partners["uncovered"])
        self.assertEqual(near.report_days_left, 7)
        self.assertGreater(near.report_amount, 0)
        self.assertTrue(near.activity_ids)
        [report] = covers.report_ids
        self.assertEqual(report.partner_id, self.partners["never"])
        self.assertGreater(report.amount, 0)
        self.assertLess(max(report.move_line_ids.mapped("date_maturity")), report.date)
        checks = self.env["credit.assessment"].search([("company_id", "=", self.company.id)])
        self.assertEqual(set(checks.mapped("state")), {"valid", "ending", "lapsed"})
        ending = checks.filtered(lambda check: check.state == "ending")
        self.assertEqual(ending.partner_id, self.partners["portal"])
        self.assertTrue(ending.activity_ids)
        own = checks.filtered(lambda check: check.provider == "own_history")
        self.assertEqual(
            set(own.partner_id), {self.partners[key] for key in credit_cast.OWN_HISTORY}
        )
        self.assertFalse(self.partners["prospect"].credit_assessment_ids)

    @freeze_time(f"{TODAY} 12:00:00")
    def test_risk_classes_follow_from_how_the_debtors_pay(self):
        behaviors = self.env["credit.behavior"].search([("company_id", "=", self.company.id)])
        classes = {row.partner_id: row.risk_class_id.name for row in behaviors}
        expected = {
            "early": "Good",
            "portal": "Normal",
            "belgian": "Elevated",
            "final": "Bad",
            "never": "Long overdue",
            "fresh": "Unknown",
        }
        for key, name in expected.items():
            with self.subTest(debtor=key):
                self.assertEqual(classes[self.partners[key]], name)
        worse = behaviors.filtered("worsened_date").partner_id
        self.assertTrue(worse)
        self.assertNotIn(self.partners["early"], worse)
        for debtor in worse:
            self.assertIn("credit_worsened", debtor.activity_ids.mapped("dunning_task"))

    @freeze_time(f"{TODAY} 12:00:00")
    def test_orders_show_each_outcome_of_the_gate(self):
        states = {
            key: [order.credit_state or order.state for order in self._orders_of(key)]
            for key in ("early", "french", "never", "final", "prospect", "on_time")
        }
        self.assertEqual(states.pop("on_time"), ["ok"])
        for key, held in states.items():
            with self.subTest(debtor=key):
                self.assertEqual(held, ["approve"], self._orders_of(key).credit_message)
        confirmed, under_release = self._orders_of("terms")
        self.assertEqual(confirmed.state, "sale")
        self.assertTrue(confirmed.credit_figures)
        self.assertEqual(under_release.credit_state, "released")
        # The rules of the demo ask half in advance of bad payers, and a check of new customers.
        self.assertTrue(self._orders_of("final").require_payment)
        self.assertEqual(self._orders_of("final").prepayment_percent, 0.5)
        self.assertNotEqual(self._orders_of("early").prepayment_percent, 0.5)
        self.assertIn("credit check", self._orders_of("prospect").credit_message)
        self.assertTrue(self.partners["dispute"].with_company(self.company).credit_hold_manual)

    @freeze_time(f"{TODAY} 12:00:00")
    def test_releases_wait_were_used_in_part_or_declined(self):
        releases = self.env["credit.release"].search([("company_id", "=", self.company.id)])
        by_debtor = {release.partner_id: release for release in releases}
        self.assertEqual(len(releases), 4)
        self.assertEqual(by_debtor[self.partners["prospect"]].state, "requested")
        self.assertLess(max(releases.mapped("create_date")).date(), TODAY)
        waiting = by_debtor[self.partners["early"]]
        self.assertEqual(waiting.state, "requested")
        self.assertEqual(waiting.requested_by_id, self.staff["salesperson"])
        self.assertEqual(waiting.activity_ids.user_id, self.staff["manager"])
        declined = by_debtor[self.partners["never"]]
        self.assertEqual(declined.state, "declined")
        self.assertEqual(declined.order_id.state, "sent")
        released = by_debtor[self.partners["terms"]]
        self.assertEqual((released.state, released.mode), ("released", "amount"))
        self.assertAlmostEqual(released.amount_used, self._orders_of("terms")[0].amount_total)
        self.assertLess(released.amount_used, released.amount_limit)


@tagged("post_install", "-at_install")
class TestDemoInstallation(CreditManagementCommon):
    """Where the story is told, by whom, and that it is told once."""

    def test_two_installations_of_one_day_are_alike(self):
        first, second = plan.tell(TODAY), plan.tell(TODAY)
        self.assertEqual(first, second)
        debtors, documents = first
        self.assertTrue(45 <= len(debtors) <= 75)
        self.assertTrue(300 <= len(documents) <= 500)
        self.assertLessEqual(max(document.issued for document in documents), TODAY)
        self.assertEqual(len({debtor.key for debtor in debtors}), len(debtors))
        later = plan.tell(date(2025, 2, 13))[1]
        self.assertEqual(
            {
                (later.due - earlier.due).days
                for later, earlier in zip(later, documents, strict=True)
            },
            {1},
        )

    def test_untouched_main_company_is_used(self):
        main = self.env.ref("base.main_company")
        main.name = "My Company"
        with patch.object(type(main), "_existing_accounting", return_value=False):
            self.assertEqual(setting.find_company(self.env(su=True)), main)

    def test_company_in_use_is_left_alone(self):
        main = self.env.ref("base.main_company")
        main.name = "My Company"
        with patch.object(type(main), "_existing_accounting", lambda company: company == main):
            self.assertNotEqual(setting.find_company(self.env(su=True)), main)
        self.assertEqual(main.name, "My Company")

    def test_configured_company_is_left_alone(self):
        main = self.env.ref("base.main_company")
        main.name = "Somebody's Business"
        with patch.object(type(main), "_existing_accounting", return_value=False):
            self.assertNotEqual(setting.find_company(self.env(su=True)), main)
        self.assertEqual(main.name, "Somebody's Business")

    def test_company_gets_a_name_a_chart_and_a_bank_account(self):
        company = self.env(su=True)["res.company"].create({"name": "Demo"})
        company = company.with_context(allowed_company_ids=company.ids)
        setting.furnish_company(company)
        self.assertEqual(company.chart_template, setting.get_chart(self.env))
        self.assertEqual(company.currency_id, self.env.ref("base.EUR"))
        self.assertEqual(company.name, props.COMPANY["name"])
        bank = setting.get_bank_journal(company)
        self.assertEqual(bank.bank_account_id.sanitized_acc_number, props.COMPANY_IBAN)

    def test_dutch_company_on_the_generic_chart_keeps_its_books_in_euros(self):
        company = self.env(su=True)["res.company"].create({"name": "Demo"})
        company = company.with_context(allowed_company_ids=company.ids)
        with patch.object(setting, "get_chart", return_value="generic_coa"):
            setting.furnish_company(company)
        self.assertEqual(company.chart_template, "generic_coa")
        self.assertEqual(company.currency_id, self.env.ref("base.EUR"))

    def test_second_loading_changes_nothing(self):
        demo = self.env["credit.management.demo"]
        demo._name_records({"company": self.company})
        companies = self.env["res.company"].search_count([])
        entries = self.env["account.move"].search_count([])
        demo._install()
        self.assertEqual(self.env["res.company"].search_count([]), companies)
        self.assertEqual(self.env["account.move"].search_count([]), entries)

    def test_staff_has_a_user_per_role_and_taken_logins_are_left_alone(self):
        taken = self.env["res.users"].search([("login", "in", list(props.USERS))])
        users = setting.create_users(self.company.with_context(no_reset_password=True))
        self.assertEqual(set(users) | set(taken.mapped("login")), set(props.USERS))
        for login, (_name, groups) in props.USERS.items():
            for group in groups if login in users else ():
                self.assertTrue(users[login].has_group(group), f"{login} lacks {group}")
        if "salesperson" in users:
            salesperson = users["salesperson"]
            self.assertTrue(salesperson.has_group("account_credit_management.group_viewer"))
            self.assertFalse(salesperson.has_group("account_credit_management.group_collector"))
        self.assertEqual(setting.create_users(self.company), {})

    def test_provider_of_the_company_can_take_payments(self):
        provider = setting.prepare_payment_provider(self.company.sudo())
        self.assertEqual(provider.company_id, self.company)
        if provider.code == "demo":
            self.assertEqual(provider.state, "test")
            self.assertTrue(provider.is_published)
            self.assertEqual(provider.journal_id.company_id, self.company)
