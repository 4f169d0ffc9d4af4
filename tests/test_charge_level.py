from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, TransactionCase, tagged

from .common import CreditManagementCommon


@tagged("post_install", "-at_install")
class TestChargeDefault(TransactionCase):
    """What a fresh database does with costs and interest."""

    def _claims(self, policy):
        return {
            level.stage: (level.cost_scheme, level.charge_interest, level.statutory_letter)
            for level in policy.level_ids
            if level.cost_scheme != "none" or level.charge_interest or level.statutory_letter
        }

    def test_standard_policy_announces_with_the_final_notice_and_asks_nothing(self):
        policy = self.env.ref("account_credit_management.dunning_policy_default")
        self.assertEqual(self._claims(policy), {"final": ("statutory", True, False)})
        self.assertEqual(set(policy.level_ids.mapped("charge_mode")), {"announced"})
        self.assertFalse(policy.consumer_clause)

    def test_profiles_of_the_setup_assistant(self):
        company = self.env["res.company"].create({"name": "Fresh"})
        expected = {
            "nl_business": {"final": ("statutory", True, False)},
            "nl_consumer": {"final": ("nl_consumer", False, True)},
            "be_business": {"final": ("statutory", True, False)},
            "be_consumer": {"reminder": ("be_consumer", False, False)},
            "eu": {},
            "plain": {},
        }
        policies = self.env["dunning.policy"]._apply_profiles(company, list(expected), "formal")
        self.assertEqual({p.profile: self._claims(p) for p in policies}, expected)
        self.assertEqual(set(policies.level_ids.mapped("charge_mode")), {"announced"})
        self.assertFalse(any(policies.mapped("consumer_clause")))
        # What was changed by hand comes back with the reset only.
        final = policies.filtered(lambda p: p.profile == "nl_business").level_ids[3]
        final.write({"cost_scheme": "eu_40", "charge_mode": "posted"})
        self.env["dunning.policy"]._apply_profiles(company, list(expected), "formal")
        self.assertEqual(final.cost_scheme, "eu_40")
        self.env["dunning.policy"]._apply_profiles(company, list(expected), "formal", reset=True)
        self.assertEqual((final.cost_scheme, final.charge_mode), ("statutory", "announced"))


@tagged("post_install", "-at_install")
class TestChargeLevel(CreditManagementCommon):
    """How a manager sets costs and interest."""

    def test_form_of_a_level(self):
        level = self.levels["firm"].with_user(self.manager)
        with Form(level) as form:
            form.cost_scheme = "fixed"
            form.fee_amount = 12.5
            form.fee_basis = "item"
            form.charge_interest = True
            form.charge_mode = "memo"
        self.assertRecordValues(
            level,
            [
                {
                    "cost_scheme": "fixed",
                    "fee_amount": 12.5,
                    "fee_basis": "item",
                    "charge_interest": True,
                    "charge_mode": "memo",
                }
            ],
        )
        with Form(level) as form:
            form.cost_scheme = "tiers"
            form.cost_minimum = 40
            with form.cost_tier_ids.new() as tier:
                tier.up_to = 2500
                tier.percentage = 15
            with form.cost_tier_ids.new() as tier:
                tier.percentage = 10
        self.assertEqual(level.cost_tier_ids.mapped("up_to"), [2500, 0])

    def test_a_change_is_told_on_the_policy(self):
        self.levels["firm"].write({"cost_scheme": "eu_40", "charge_interest": True})
        message = self.policy.message_ids[0].body
        self.assertIn("Costs", message)
        self.assertIn("European Union", message)
        self.assertIn("Interest", message)

    def test_a_copy_of_a_policy_has_its_tiers(self):
        self.levels["firm"].write(
            {
                "cost_scheme": "tiers",
                "cost_tier_ids": [Command.create({"up_to": 1000, "percentage": 10})],
            }
        )
        copy = self.policy.copy()
        level = copy.level_ids.filtered(lambda level: level.stage == "firm")
        self.assertEqual(level.cost_scheme, "tiers")
        self.assertEqual(level.cost_tier_ids.mapped("percentage"), [10])
        self.assertNotEqual(level.cost_tier_ids, self.levels["firm"].cost_tier_ids)

    def test_only_managers_change_it(self):
        self.levels["firm"].write(
            {
                "cost_scheme": "tiers",
                "cost_tier_ids": [Command.create({"up_to": 1000, "percentage": 10})],
            }
        )
        tier = self.levels["firm"].cost_tier_ids
        self.assertEqual(tier.with_user(self.collector).percentage, 10)
        for record, values in (
            (self.levels["firm"], {"cost_scheme": "none"}),
            (tier, {"percentage": 99}),
            (self.policy, {"consumer_clause": True}),
        ):
            with self.assertRaises(AccessError):
                record.with_user(self.collector).write(values)
        tier.with_user(self.manager).percentage = 12
        self.assertEqual(tier.percentage, 12)

    def test_settings_of_the_company(self):
        settings = self.env["res.config.settings"].create({})
        with Form(settings) as form:
            form.payment_allocation = "law"
            form.charge_vat = True
            form.charge_vat_percentage = 9
            form.charge_extend_term = False
        form.record.execute()
        self.assertRecordValues(
            self.env.company,
            [
                {
                    "payment_allocation": "law",
                    "charge_vat": True,
                    "charge_vat_percentage": 9,
                    "charge_extend_term": False,
                }
            ],
        )

    def test_kind_of_a_debtor_is_corrected_by_hand(self):
        debtor = self._new_debtor("Sole Trader", is_company=False)
        self.assertEqual(debtor.debtor_kind, "consumer")
        with Form(debtor) as form:
            form.debtor_kind = "business"
        self.assertEqual(debtor.debtor_kind, "business")
        self.assertTrue(debtor.debtor_kind_corrected)
