import os

from hypothesis import HealthCheck, Phase, given, note, settings

from odoo import Command
from odoo.tests import tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from .oracle import database, ledgers, rules

# Random ledgers of up to twelve debtors. ACM_ORACLE_EXAMPLES=5000 looks much longer, and at others.
EXAMPLES = int(os.environ.get("ACM_ORACLE_EXAMPLES", 0))
LONG = {"max_examples": EXAMPLES, "derandomize": False}
SHORT = {"max_examples": 300, "derandomize": True}

# Held for a reason of its own, whatever its turn would be.
HELD = (
    "own_group",
    "no_policy",
    "no_followup",
    "payment_blocked",
    "direct_debit",
    "under_way",
    "block",
    "before_start",
)


@tagged("post_install", "-at_install")
class TestOracle(AccountTestInvoicingCommon):
    """The decision statement and a slow, obvious reading of the rules agree on every item."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        foreign = cls.setup_other_currency("EUR")
        debtor = cls.env["res.partner"].create({"name": "Disputes"})
        cls.world = database.World(
            cls.env,
            cls.company_data,
            cls.setup_other_company(name="Elsewhere"),
            foreign,
            cls._make_dispute(debtor),
        )

    @classmethod
    def _make_dispute(cls, debtor):
        invoice = cls.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": debtor.id,
                "invoice_date": "2026-01-01",
                "invoice_line_ids": [
                    Command.create({"name": "Goods", "price_unit": 10, "tax_ids": []})
                ],
            }
        )
        invoice.action_post()
        return cls.env["dispute.dossier"].create(
            {
                "partner_id": debtor.id,
                "company_id": cls.company_data["company"].id,
                "reason_id": cls.env["dispute.reason"].search([], limit=1).id,
                "line_ids": [Command.create({"move_id": invoice.id})],
            }
        )

    @settings(
        **(LONG if EXAMPLES else SHORT),
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(ledger=ledgers.ledgers())
    def test_rules_and_statement_agree_on_every_item(self, ledger):
        expected = rules.decide(ledger)
        savepoint = self.env.cr.savepoint(flush=False)
        try:
            self.world.store(ledger)
            found = self.world.decide()
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all(flush=False)
        self.assertEqual(sorted(found), sorted(expected), "other items")
        for key, verdict in expected.items():
            self._compare(ledger, key, verdict, found[key])

    def _compare(self, ledger, key, verdict, decided):
        differences = self._differ(ledger, verdict, decided)
        if differences:
            note("Debtor %s, item %s: rules and statement say %s" % (*key, differences))
            note(f"Rules: {verdict}\nStatement: {decided}")
        self.assertFalse(differences)

    def _differ(self, ledger, verdict, decided):
        """What the rules and the statement say where they do not say the same.

        Of what is held whatever its turn, and climbs together with others, no plan is compared:
        it depends on when it is let go.
        """
        names = ["reason", "outcome", "amount", "credit", "last_level", "last_day", "message"]
        if verdict.reason == "block":
            names.append("block")
        climbs = verdict.level and ledger.policies[verdict.level[0]].by_debtor
        if not (verdict.reason in HELD and climbs):
            names += ["level", "day"]
        if verdict.level and "level" in names:
            names += ["contact", "channels"]
        return {
            name: (getattr(verdict, name), getattr(decided, name))
            for name in names
            if getattr(verdict, name) != getattr(decided, name)
        }
