from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import CreditManagementCommon


@tagged("post_install", "-at_install")
class TestDunningTargetGroup(CreditManagementCommon):
    """Which policy a debtor gets: by hand, by target group in order, or by default."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.consumer = cls._new_debtor("Consumer", is_company=False)
        cls.belgian = cls._new_debtor("Belgian", country_id=cls.env.ref("base.be").id)

    def _new_policy(self, name, domain, **values):
        return self.env["dunning.policy"].create(
            {
                "name": name,
                "sequence": 5,
                "debtor_domain": domain,
                "level_ids": [Command.create({"name": f"{name} reminder", "delay_days": 2})],
                **values,
            }
        )

    def _policy(self, partner, day="2026-04-05"):
        """The policy that the decision uses for a partner's invoice."""
        level = self._decision(self._new_invoice("2026-03-31", partner=partner), day).level_id
        return self.env["dunning.level"].browse(level).policy_id

    def assertInForce(self, partner, policy, source):
        """The decision and the form agree, and the form tells who decided."""
        self.assertEqual(self._policy(partner), policy)
        partner = partner.with_company(self.company)
        partner.invalidate_recordset()
        self.assertEqual(partner.dunning_effective_policy_id, policy)
        self.assertEqual(partner.dunning_policy_source, source)

    def test_target_group_gives_the_policy(self):
        consumers = self._new_policy("Consumers", "[('is_company', '=', False)]")
        self.assertInForce(self.consumer, consumers, "target group of the policy")
        self.assertInForce(self.debtor, self.policy, "default of the company")

    def test_first_matching_policy_wins(self):
        belgians = self._new_policy("Belgians", "[('country_id.code', '=', 'BE')]", sequence=2)
        everyone = self._new_policy("Everyone", "[('id', '>', 0)]", sequence=3)
        self.assertInForce(self.belgian, belgians, "target group of the policy")
        self.assertInForce(self.debtor, everyone, "target group of the policy")
        everyone.sequence = 1
        self.assertInForce(self.belgian, everyone, "target group of the policy")
        everyone.active = False
        self.assertInForce(self.belgian, belgians, "target group of the policy")

    def test_by_hand_beats_the_target_group_and_the_invoice_beats_the_debtor(self):
        self._new_policy("Everyone", "[('id', '>', 0)]")
        chosen = self._new_policy("Chosen", "[]")
        self.debtor.with_company(self.company).dunning_policy_id = chosen
        self.assertInForce(self.debtor, chosen, "chosen by hand")
        special = self._new_policy("Special", "[]")
        invoice = self._new_invoice("2026-03-31")
        other = self._new_invoice("2026-03-30")
        invoice.dunning_policy_id = special
        self.assertEqual(self._decision(invoice, "2026-04-05").level_id, special.level_ids.id)
        self.assertEqual(self._decision(other, "2026-04-05").level_id, chosen.level_ids.id)

    def test_policy_without_conditions_is_nobodys_by_itself(self):
        self._new_policy("Empty", "[]")
        self.assertInForce(self.debtor, self.policy, "default of the company")

    def test_conditions_on_tag_salesperson_and_amount(self):
        tag = self.env["res.partner.category"].create({"name": "Slow"})
        self.debtor.category_id = tag
        slow = self._new_policy("Slow", f"[('category_id', '=', {tag.id})]", sequence=1)
        mine = self._new_policy("Mine", f"[('user_id', '=', {self.salesman.id})]", sequence=2)
        large = self._new_policy("Large", "[('overdue_amount', '>', 500)]", sequence=3)
        self.belgian.user_id = self.salesman
        with self._frozen("2026-04-05"):
            self.assertInForce(self.debtor, slow, "target group of the policy")
            self.assertInForce(self.belgian, mine, "target group of the policy")
            self.assertInForce(self.consumer, self.policy, "default of the company")
            self._new_invoice("2026-03-01", partner=self.consumer, amount=900)
            self.assertEqual(self._policy_of_all(self.consumer), large)

    def test_conditions_that_the_form_offers(self):
        team = (
            self.env["crm.team"].sudo().create({"name": "North", "member_ids": [self.salesman.id]})
        )
        self.salesman.invalidate_recordset(["sale_team_id"])
        self.belgian.write(
            {
                "user_id": self.salesman.id,
                "debtor_status": "suspension",
                "debtor_status_date": "2026-01-01",
            }
        )
        self.consumer.debtor_kind = "government"
        domains = (
            ("debtor_kind", "[('debtor_kind', '=', 'government')]", self.consumer),
            ("debtor_status", "[('debtor_status', '=', 'suspension')]", self.belgian),
            ("country_id", "[('country_id.code', '=', 'BE')]", self.belgian),
            ("user_id", f"[('user_id.sale_team_id', '=', {team.id})]", self.belgian),
            ("category_id", "[('category_id', '!=', False)]", self.env["res.partner"]),
            ("overdue_amount", "[('overdue_amount', '>', 0)]", self.env["res.partner"]),
        )
        offered = self.env["res.partner"].with_user(self.manager).fields_get()
        debtors = self.debtor | self.consumer | self.belgian
        for field, domain, expected in domains:
            with self.subTest(field):
                self.assertTrue(offered[field]["searchable"])
                policy = self._new_policy(field, domain)
                found = debtors.filtered_domain(policy._get_debtor_domain())
                self.assertEqual(found, expected)

    def _policy_of_all(self, partner):
        levels = {row.level_id for row in self._decisions("2026-04-05", partner).values()}
        return self.env["dunning.level"].browse(levels).policy_id

    def test_contact_has_the_policy_of_its_company(self):
        contact = self.env["res.partner"].create({"name": "P", "parent_id": self.belgian.id})
        belgians = self._new_policy("Belgians", "[('country_id.code', '=', 'BE')]")
        self.assertInForce(contact, belgians, "target group of the policy")

    def test_policy_of_another_company_is_not_given_out(self):
        other = self.setup_other_company(name="Other Seller")["company"]
        self._new_policy("Theirs", "[('id', '>', 0)]", company_id=other.id)
        self.assertInForce(self.debtor, self.policy, "default of the company")

    def test_unreadable_target_group_is_refused(self):
        for domain in ("[('no_such_field', '=', 1)]", "[(", "print(1)"):
            with self.subTest(domain), self.assertRaisesRegex(ValidationError, "target group"):
                self._new_policy("Broken", domain)
