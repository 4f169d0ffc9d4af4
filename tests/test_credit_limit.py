from contextlib import contextmanager
from datetime import date

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .common import CreditManagementCommon


@tagged("post_install", "-at_install")
class TestCreditLimit(CreditManagementCommon):
    """Who gets which limit from whom, and what the journal says of it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager_two = cls._new_user(
            "credit_manager_two", "account_credit_management.group_manager"
        )
        # Who may change contacts: their limit is another matter.
        users = cls.salesman + cls.collector + cls.manager + cls.manager_two
        users.group_ids = [Command.link(cls.env.ref("base.group_partner_manager").id)]
        cls.company.credit_max_collector = 1000
        cls.company.credit_max_manager = 10000
        cls.company.credit_user_id = cls.manager

    def setUp(self):
        super().setUp()
        freezer = freeze_time("2026-05-01 09:00:00")
        freezer.start()
        self.addCleanup(freezer.stop)

    # === HELPERS ===#
    def _ask(self, amount, user=None, partner=None, **values):
        """Ask as the screen does."""
        partner = (partner or self.debtor).with_user(user or self.salesman)
        action = partner.action_ask_credit_limit()
        wizard = (
            self.env["credit.limit.request"]
            .with_user(user or self.salesman)
            .with_context(**action["context"])
            .create({"amount": amount, "reason": "Large order", **values})
        )
        wizard.action_request()
        return self._journal(partner)[:1]

    def _journal(self, partner=None):
        return (
            self.env["credit.limit"]
            .sudo()
            .search([("partner_id", "=", (partner or self.debtor).id)], order="id desc")
        )

    def _limit(self, partner=None, company=None):
        partner = (partner or self.debtor).sudo().with_company(company or self.company)
        partner.invalidate_recordset(["credit_limit"])
        return partner.credit_limit

    def _position(self, day="2026-05-01", partner=None):
        partner = partner or self.debtor
        return self.env["credit.exposure"]._get_positions(
            self.company, partner, fields.Date.to_date(day)
        )[partner.id]

    def _activity_users(self, limit):
        return limit.sudo().activity_ids.user_id

    @contextmanager
    def assertUnchanged(self, error, partner=None):
        """The block is refused, the limit stays and nothing enters the journal."""
        before = (self._limit(partner), self._journal(partner))
        with self.assertRaises(error), self.cr.savepoint():
            yield
        self.env.invalidate_all()
        self.assertEqual((self._limit(partner), self._journal(partner)), before)

    # === ASKING AND APPROVING ===#
    def test_a_salesperson_asks_and_a_manager_approves(self):
        limit = self._ask(5000)
        self.assertEqual(limit.state, "requested")
        self.assertEqual(limit.requested_by_id, self.salesman)
        self.assertEqual(self._limit(), 0)
        self.assertEqual(self._activity_users(limit), self.manager)
        limit.with_user(self.manager).action_approve()
        self.assertEqual(limit.state, "approved")
        self.assertEqual((limit.previous_amount, limit.decided_by_id), (0, self.manager))
        self.assertEqual(self._limit(), 5000)
        self.assertTrue(self.debtor.sudo().use_partner_credit_limit)
        self.assertFalse(limit.sudo().activity_ids)
        told = limit.message_ids.notified_partner_ids
        self.assertIn(self.salesman.partner_id, told)

    def test_a_salesperson_cannot_raise_a_limit_by_any_way(self):
        limit = self._ask(5000)
        as_salesman = limit.with_user(self.salesman)
        with self.assertUnchanged(AccessError):
            as_salesman.action_approve()
        with self.assertUnchanged(AccessError):
            as_salesman.sudo().action_approve()
        for model in (as_salesman, as_salesman.sudo()):
            with self.assertUnchanged(AccessError):
                model.write({"state": "approved"})
            with self.assertUnchanged(AccessError):
                model.with_context(credit_limit_approved=True).write({"state": "approved"})
        values = {
            "partner_id": self.debtor.id,
            "amount": 9000,
            "reason": "Mine",
            "state": "approved",
            "company_id": self.company.id,
        }
        limits = self.env["credit.limit"].with_user(self.salesman)
        with self.assertUnchanged(AccessError):
            limits.create(values)
        with self.assertUnchanged(AccessError):
            limits.sudo().create(values)
        debtor = self.debtor.with_user(self.salesman)
        with self.assertUnchanged(AccessError):
            debtor.credit_limit = 9000
        with self.assertUnchanged(AccessError):
            debtor.sudo().credit_limit = 9000
        with self.assertUnchanged(AccessError):
            debtor.sudo().with_context(credit_limit_approved=True).credit_limit = 9000
        with self.assertUnchanged(AccessError):
            debtor.sudo().with_context(import_file=True).credit_limit = 9000
        with self.assertRaises(AccessError):
            self.env["res.partner"].with_user(self.salesman).sudo().create(
                {"name": "New", "credit_limit": 10}
            )

    def test_defaults_of_a_context_decide_nothing(self):
        limit = (
            self.env["credit.limit"]
            .with_user(self.collector)
            .with_context(default_state="approved", default_requested_by_id=self.salesman.id)
            .create({"partner_id": self.debtor.id, "amount": 9000, "reason": "Trick"})
        )
        self.assertEqual((limit.state, limit.requested_by_id), ("draft", self.collector))
        self.assertEqual(self._limit(), 0)

    def test_a_collector_grants_within_his_amount_only(self):
        limit = self._ask(1000, self.collector)
        self.assertEqual((limit.state, self._limit()), ("approved", 1000))
        self.assertEqual((limit.requested_by_id, limit.decided_by_id), (self.collector,) * 2)
        higher = self._ask(1000.01, self.collector)
        self.assertEqual(higher.state, "requested")
        with self.assertUnchanged(AccessError):
            higher.with_user(self.collector).action_approve()
        with self.assertUnchanged(AccessError):
            higher.with_user(self.collector).sudo().action_approve()
        higher.with_user(self.manager).action_approve()
        self.assertEqual(self._limit(), 1000.01)

    def test_a_manager_grants_alone_up_to_an_amount(self):
        limit = self._ask(10000, self.manager)
        self.assertEqual((limit.state, self._limit()), ("approved", 10000))

    def test_above_the_threshold_another_manager_approves(self):
        limit = self._ask(10000.01, self.manager)
        self.assertEqual(limit.state, "requested")
        self.assertNotIn(self.manager, self._activity_users(limit))
        self.assertIn(self.manager_two, self._activity_users(limit))
        own = limit.with_user(self.manager)
        self.assertFalse(own.can_approve)
        for record in (own, own.sudo(), own.with_context(credit_limit_approved=True)):
            with self.assertUnchanged(AccessError):
                record.action_approve()
        self.assertTrue(limit.with_user(self.manager_two).can_approve)
        limit.with_user(self.manager_two).action_approve()
        self.assertEqual((limit.state, self._limit()), ("approved", 10000.01))

    def test_a_salesperson_does_not_replace_the_second_manager(self):
        limit = self._ask(50000)
        first = limit.with_user(self.manager)
        first.action_approve()
        self.assertEqual((limit.state, limit.first_approver_id), ("requested", self.manager))
        self.assertEqual(self._limit(), 0)
        self.assertNotIn(self.manager, self._activity_users(limit))
        first.action_approve()
        self.assertEqual(limit.state, "requested")
        with self.assertUnchanged(AccessError):
            limit.with_user(self.collector).action_approve()
        limit.with_user(self.manager_two).action_approve()
        self.assertEqual((limit.state, self._limit()), ("approved", 50000))

    def test_approving_twice_changes_nothing(self):
        limit = self._ask(5000)
        limit.with_user(self.manager).action_approve()
        self.debtor.with_user(self.manager).credit_limit = 4000
        limit.with_user(self.manager_two).action_approve()
        self.assertEqual(self._limit(), 4000)
        self.assertEqual(limit.decided_by_id, self.manager)

    def test_declining_needs_a_note_and_is_final(self):
        limit = self._ask(5000)
        with self.assertUnchanged(AccessError):
            limit.with_user(self.salesman).action_decline()
        as_manager = limit.with_user(self.manager)
        with self.assertUnchanged(UserError):
            as_manager.action_decline()
        as_manager.decision_note = "Pays late"
        as_manager.action_decline()
        self.assertEqual((limit.state, limit.decided_by_id), ("declined", self.manager))
        self.assertIn(self.salesman.partner_id, limit.message_ids.notified_partner_ids)
        with self.assertUnchanged(UserError):
            as_manager.action_approve()
        with self.assertUnchanged(UserError):
            as_manager.unlink()

    def test_who_asked_cancels_and_nobody_else_but_a_manager(self):
        limit = self._ask(5000)
        with self.assertRaises(AccessError):
            limit.with_user(self.collector).action_cancel()
        limit.with_user(self.salesman).action_cancel()
        self.assertEqual(limit.state, "cancelled")
        self.assertFalse(limit.sudo().activity_ids)
        with self.assertUnchanged(UserError):
            limit.with_user(self.manager).action_approve()

    def test_what_was_asked_for_does_not_change_under_the_hands(self):
        limit = self._ask(500)
        with self.assertUnchanged(UserError):
            limit.with_user(self.collector).amount = 900
        with self.assertUnchanged(AccessError):
            limit.with_user(self.manager).requested_by_id = self.manager_two
        limit.with_user(self.collector).action_approve()
        with self.assertUnchanged(UserError):
            limit.with_user(self.manager).sudo().amount = 9000

    def test_lowering_takes_one_manager_and_taking_away_takes_two(self):
        self._ask(50000, self.manager).with_user(self.manager_two).action_approve()
        lower = self._ask(20000, self.manager)
        self.assertEqual((lower.state, self._limit()), ("approved", 20000))
        with self.assertUnchanged(AccessError):
            self.debtor.with_user(self.manager).credit_limit = 0
        none = (
            self.env["credit.limit"]
            .with_user(self.manager)
            .create({"partner_id": self.debtor.id, "amount": 0, "reason": "Government"})
        )
        none.action_request()
        with self.assertUnchanged(AccessError):
            none.action_approve()
        none.with_user(self.manager_two).action_approve()
        self.assertEqual(self._limit(), 0)
        self.assertIsNone(self._position().limit)

    # === INCREASES ===#
    def test_an_increase_ends_by_itself(self):
        self._ask(5000, self.manager)
        increase = self._ask(
            2000,
            self.manager,
            is_temporary=True,
            date_from="2026-05-10",
            date_to="2026-05-31",
        )
        self.assertEqual((increase.kind, increase.state), ("temporary", "approved"))
        self.assertEqual(self._limit(), 5000)
        limits = {
            day: self._position(day).limit
            for day in ("2026-05-09", "2026-05-10", "2026-05-31", "2026-06-01")
        }
        self.assertEqual(list(limits.values()), [5000, 7000, 7000, 5000])
        with freeze_time("2026-05-20 12:00:00"):
            self.debtor.invalidate_recordset()
            self.assertEqual(self.debtor.sudo().credit_limit_in_force, 7000)
        with freeze_time("2026-06-01 12:00:00"):
            self.debtor.invalidate_recordset()
            self.assertEqual(self.debtor.sudo().credit_limit_in_force, 5000)

    def test_small_increases_do_not_add_up_to_a_large_one(self):
        self._ask(9000, self.manager)
        dates = {"is_temporary": True, "date_from": "2026-05-01", "date_to": "2026-05-31"}
        self.assertEqual(self._ask(1000, self.manager, **dates).state, "approved")
        increase = self._ask(1000, self.manager, **dates)
        self.assertEqual(increase.state, "requested")
        with self.assertUnchanged(AccessError):
            increase.with_user(self.manager).action_approve()
        with self.assertUnchanged(AccessError):
            self.debtor.with_user(self.manager).credit_limit = 10000
        self.assertEqual(self._position().limit, 10000)

    def test_an_increase_needs_a_last_day_and_a_limit(self):
        self.debtor.with_user(self.manager).credit_limit = 100
        with self.assertUnchanged(ValidationError):
            self._ask(50, self.manager, is_temporary=True)
        with self.assertUnchanged(UserError):
            self._ask(50, is_temporary=True, date_from="2026-04-01", date_to="2026-04-30")
        other = self._new_debtor("Debtor Two")
        with self.assertUnchanged(UserError, other):
            self._ask(50, partner=other, is_temporary=True, date_to="2026-05-31")

    def test_an_increase_can_end_before_its_time(self):
        self._ask(500, self.manager)
        dates = {"is_temporary": True, "date_to": "2026-05-31"}
        begun = self._ask(100, self.manager, date_from="2026-04-20", **dates)
        planned = self._ask(200, self.manager, date_from="2026-05-10", **dates)
        self.assertEqual(self._position("2026-05-20").limit, 800)
        with self.assertRaises(AccessError):
            begun.with_user(self.salesman).action_end()
        (begun + planned).with_user(self.collector).action_end()
        self.assertEqual((begun.state, begun.date_to), ("approved", date(2026, 4, 30)))
        self.assertEqual(planned.state, "cancelled")
        self.assertEqual(self._position("2026-05-20").limit, 500)
        self.assertEqual(self._position("2026-04-25").limit, 600)
        with self.assertRaises(UserError):
            planned.with_user(self.manager).unlink()

    # === CHANGES WITHOUT A REQUEST ===#
    def test_a_direct_change_is_in_the_journal(self):
        self.debtor.with_user(self.manager).credit_limit = 4000
        row = self._journal()
        self.assertEqual(
            (row.state, row.previous_amount, row.amount, row.decided_by_id, row.reason),
            ("approved", 0, 4000, self.manager, "Changed directly"),
        )
        self.debtor.with_user(self.manager).credit_limit = 4000
        self.assertEqual(self._journal(), row)
        self.debtor.with_user(self.manager).write({"credit_limit": 3000, "comment": "Late"})
        self.assertEqual(self._journal()[:1].previous_amount, 4000)
        self.assertEqual(self.debtor.with_user(self.manager).credit_limit_count, 2)

    def test_a_direct_change_above_the_amount_is_refused(self):
        for user, amount in ((self.manager, 10001), (self.collector, 1001)):
            with self.assertUnchanged(AccessError):
                self.debtor.with_user(user).sudo().credit_limit = amount
        with self.assertUnchanged(ValidationError):
            self.debtor.with_user(self.manager).credit_limit = -1
        self.debtor.with_user(self.collector).sudo().credit_limit = 1000
        self.assertEqual(self._limit(), 1000)

    def test_accountants_without_credit_rights_are_refused_too(self):
        accountant = self._new_user("bookkeeper", "account.group_account_invoice")
        accountant.group_ids += self.env.ref("base.group_partner_manager")
        with self.assertUnchanged(AccessError):
            self.debtor.with_user(accountant).credit_limit = 10

    def test_an_administrator_imports_limits_into_the_journal(self):
        admin = self._new_user("admin", "account_credit_management.group_manager")
        admin.group_ids += self.env.ref("base.group_system")
        partners = self.env["res.partner"].with_user(admin).with_context(import_file=True)
        result = partners.load(["name", "credit_limit"], [["One", "50000"], ["Two", "0"]])
        self.assertFalse(result["messages"])
        one, two = partners.browse(result["ids"])
        self.assertEqual(
            (self._journal(one).amount, self._journal(one).reason), (50000, "Imported")
        )
        self.assertFalse(self._journal(two))
        with self.assertUnchanged(AccessError, two):
            two.with_context(import_file=False).credit_limit = 50000
        with self.assertUnchanged(AccessError, two):
            two.with_user(self.manager).credit_limit = 50000

    def test_contacts_follow_and_take_no_limit_along(self):
        contact = self.env["res.partner"].create({"name": "Buyer", "parent_id": self.debtor.id})
        self._ask(50000, self.manager).with_user(self.manager_two).action_approve()
        self.assertEqual(self._limit(contact), 50000)
        self.assertFalse(self._journal(contact))
        with self.assertRaises(UserError):
            contact.with_user(self.manager).credit_limit = 10
        contact.with_user(self.salesman).parent_id = False
        self.assertEqual(self._limit(contact), 0)
        other = self.env["res.partner"].create({"name": "Branch", "parent_id": self.debtor.id})
        self.assertEqual(self._limit(other), 50000)
        other.with_user(self.salesman).is_company = True
        self.assertEqual(self._limit(other), 0)
        self.assertEqual(self._limit(), 50000)

    def test_asking_at_a_contact_asks_for_its_company(self):
        contact = self.env["res.partner"].create({"name": "Buyer", "parent_id": self.debtor.id})
        self._ask(5000, partner=contact)
        self.assertEqual(self._journal().amount, 5000)
        with self.assertRaises(ValidationError):
            self.env["credit.limit"].create(
                {"partner_id": contact.id, "amount": 10, "reason": "Contact"}
            )

    # === COMPANIES ===#
    def test_each_company_has_its_own_limits(self):
        other = self.setup_other_company(name="Other")["company"]
        self._ask(5000, self.manager)
        self.assertEqual((self._limit(), self._limit(company=other)), (5000, 0))
        with self.assertRaises(AccessError):
            self.env["credit.limit"].with_user(self.manager).create(
                {
                    "partner_id": self.debtor.id,
                    "amount": 10,
                    "reason": "Elsewhere",
                    "company_id": other.id,
                }
            )
        with self.assertRaises(AccessError):
            self._ask(10, company_id=other.id)
        elsewhere = self.env["credit.limit"].create(
            {
                "partner_id": self.debtor.id,
                "amount": 10,
                "reason": "Elsewhere",
                "company_id": other.id,
                "state": "approved",
            }
        )
        self.assertEqual((self._limit(), self._limit(company=other)), (5000, 10))
        with self.assertRaises(AccessError):
            elsewhere.with_user(self.manager).read(["amount"])

    # === GROUPS ===#
    def _group(self, *partners, **values):
        return (
            self.env["credit.group"]
            .with_user(self.manager)
            .create(
                {
                    "name": "Smith Holding",
                    "partner_ids": [Command.set([partner.id for partner in partners])],
                    **values,
                }
            )
        )

    def test_a_group_shares_its_limit(self):
        two = self._new_debtor("Debtor Two")
        group = self._group(self.debtor, two)
        self._new_invoice("2026-04-30", amount=600)
        self._new_invoice("2026-04-30", two, amount=300)
        group.invalidate_recordset()
        self.assertEqual((group.credit_exposure, group.credit_available), (900, 0))
        action = group.with_user(self.salesman).action_ask_credit_limit()
        wizard = (
            self.env["credit.limit.request"]
            .with_user(self.salesman)
            .with_context(**action["context"])
            .create({"amount": 1000, "reason": "One owner"})
        )
        wizard.action_request()
        limit = group.limit_ids
        self.assertEqual((limit.kind, limit.state, group.credit_limit), ("group", "requested", 0))
        limit.with_user(self.manager).action_approve()
        self.assertEqual((group.credit_limit, group.credit_available), (1000, 100))
        self.assertEqual(self._position(partner=two).available, 100)
        self.assertFalse(self._limit())

    def test_who_shares_a_limit_is_locked_with_it(self):
        """Orders of one and a limit of the other are decided one after the other."""
        two, alone = self._new_debtor("Debtor Two"), self._new_debtor("Debtor Three")
        self._group(self.debtor, two)

        def serials():
            self.env.invalidate_all()
            return (self.debtor + two + alone).sudo().mapped("credit_serial")

        self.assertEqual(serials(), [0, 0, 0])
        self.debtor._lock_credit()
        self.assertEqual(serials(), [1, 1, 0])
        limit = self.env["credit.limit"].create(
            {"partner_id": two.id, "company_id": self.company.id, "amount": 5, "reason": "New"}
        )
        limit._lock()
        self.assertEqual(serials(), [2, 2, 0])
        alone._lock_credit()
        self.debtor.browse()._lock_credit()
        self.assertEqual(serials(), [2, 2, 1])

    def test_the_limit_of_a_group_takes_the_same_rights(self):
        group = self._group(self.debtor)
        with self.assertRaises(AccessError), self.cr.savepoint():
            group.with_user(self.collector).sudo().credit_limit = 1001
        with self.assertRaises(AccessError), self.cr.savepoint():
            group.credit_limit = 10001
        with self.assertRaises(AccessError), self.cr.savepoint():
            self._group(self.debtor, credit_limit=10001)
        self.assertFalse(group.limit_ids)
        group.credit_limit = 10000
        self.assertEqual(group.limit_ids.mapped("amount"), [10000])
        with self.assertRaises(AccessError), self.cr.savepoint():
            group.credit_limit = 0
        self.assertEqual(group.credit_limit, 10000)

    def test_a_group_takes_each_debtor_once_and_only_its_own(self):
        group = self._group(self.debtor)
        group.partner_ids = [Command.link(self.debtor.id)]
        self.assertEqual(len(group.partner_ids), 1)
        contact = self.env["res.partner"].create({"name": "Buyer", "parent_id": self.debtor.id})
        with self.assertRaises(ValidationError):
            group.partner_ids = [Command.link(contact.id)]
        other = self.setup_other_company(name="Other")["company"]
        foreign = self._new_debtor("Foreign", company_id=other.id)
        with self.assertRaises(UserError):
            group.sudo().partner_ids = [Command.link(foreign.id)]

    # === REVIEW ===#
    def test_a_limit_is_reviewed_on_its_day_and_once(self):
        limit = self._ask(5000, self.manager, date_review="2026-06-01")
        limits = self.env["credit.limit"].sudo()
        limits._review_credit(self.company, date(2026, 5, 31))
        self.assertFalse(limit.sudo().activity_ids)
        for _time in range(2):
            limits._review_credit(self.company, date(2026, 6, 1))
        self.assertEqual(len(limit.sudo().activity_ids), 1)
        self.assertEqual(self._activity_users(limit), self.manager)
        with freeze_time("2026-06-02 09:00:00"):
            self.assertTrue(limit.review_due)
            limit.with_user(self.manager).action_reviewed()
        self.assertFalse(limit.sudo().activity_ids)
        self.assertEqual(limit.date_review, date(2027, 6, 2))
        limits._review_credit(self.company, date(2026, 6, 3))
        self.assertFalse(limit.sudo().activity_ids)

    def test_a_new_limit_takes_over_the_review(self):
        old = self._ask(5000, self.manager, date_review="2026-06-01")
        self.debtor.with_user(self.manager).credit_limit = 4000
        direct = self._journal()[:1]
        self.assertEqual((old.date_review, direct.date_review), (False, date(2026, 6, 1)))
        new = self._ask(6000, self.manager, date_review="2026-12-01")
        self.assertEqual((direct.date_review, new.date_review), (False, date(2026, 12, 1)))

    # === MERGE ===#
    def _merge(self, sources, destination, user=None):
        wizard = self.env["base.partner.merge.automatic.wizard"].with_user(user or self.env.user)
        wizard._merge(
            (sources + destination).ids, destination.with_user(wizard.env.user), extra_checks=False
        )
        self.env.invalidate_all()

    def test_a_merged_debtor_keeps_its_own_limit(self):
        two = self._new_debtor("Debtor Two")
        self._ask(50000, self.manager, two).with_user(self.manager_two).action_approve()
        increase = self._ask(
            100, self.manager, two, is_temporary=True, date_to="2026-05-31"
        ).with_user(self.manager_two)
        increase.action_approve()
        self._ask(3000, self.manager)
        self._merge(two, self.debtor)
        self.assertEqual(self._limit(), 3000)
        self.assertEqual(self._position().limit, 3000)
        row = self._journal()[:1]
        self.assertEqual((row.amount, row.previous_amount), (3000, 3000))
        self.assertEqual(row.reason, "Merged with Debtor Two")
        self.assertEqual(len(self._journal()), 4)

    def test_a_merged_debtor_without_limit_gets_the_other_one(self):
        two = self._new_debtor("Debtor Two")
        self._ask(3000, self.manager, two)
        self._ask(100, self.manager, two, is_temporary=True, date_to="2026-05-31")
        self._merge(two, self.debtor)
        self.assertEqual(self._limit(), 3000)
        self.assertEqual(self._position().limit, 3100)
        row = self._journal()[:1]
        self.assertEqual((row.amount, row.previous_amount), (3000, 0))

    def test_a_person_merged_into_a_contact_brings_no_limit(self):
        contact = self.env["res.partner"].create({"name": "Buyer", "parent_id": self.debtor.id})
        two = self._new_debtor("Debtor Two", is_company=False)
        self._ask(3000, self.manager, two)
        self._ask(500, self.manager)
        group = self._group(two)
        self._merge(two, contact)
        self.assertEqual(contact.commercial_partner_id, self.debtor)
        self.assertEqual((self._limit(), self._limit(contact)), (500, 500))
        self.assertFalse(self._journal(contact))
        self.assertEqual(len(self._journal()), 3)
        self.assertEqual(group.partner_ids, self.debtor)

    def test_a_company_merged_into_a_contact_keeps_its_limit_and_no_other(self):
        contact = self.env["res.partner"].create({"name": "Buyer", "parent_id": self.debtor.id})
        two = self._new_debtor("Debtor Two")
        self._ask(3000, self.manager, two)
        self._ask(5000, self.manager)
        self._merge(two, contact, self.salesman)
        self.assertEqual(contact.commercial_partner_id, contact)
        self.assertEqual((self._limit(), self._limit(contact)), (5000, 3000))
        row = self._journal(contact)[:1]
        self.assertEqual((row.previous_amount, row.amount), (0, 3000))
        self.assertEqual(row.decided_by_id, self.salesman)

    # === SCREENS ===#
    def test_the_form_says_who_has_to_approve(self):
        collector = self.env["credit.limit.request"].with_user(self.collector)
        form = Form(collector.with_context(default_partner_id=self.debtor.id))
        form.amount = 1000
        self.assertTrue(form.can_grant)
        form.amount = 1001
        self.assertFalse(form.can_grant)
        self.assertIn("credit manager", form.waits_for)
        limit = self._ask(20000)
        self.assertIn("collector", limit.with_user(self.salesman).waits_for)
        self.assertFalse(limit.with_user(self.salesman).can_approve)
        self.assertTrue(limit.with_user(self.salesman).can_cancel)
        self.assertTrue(limit.with_user(self.manager).can_approve)
