"""Writes a ledger of the oracle into the database, and reads what is decided about it.

The rows are written by SQL, with what the decision looks at and little else: so thousands of
ledgers take a minute.
"""

from .documents import FIRST_ID, PER_DEBTOR, Documents
from .facts import CHANNELS, Verdict
from .setting import Setting


class World(Setting, Documents):
    """Companies, policies and partners that exist once and take the shape of any ledger.

    :param odoo.api.Environment env: of a test
    :param dict accounting: ``company_data`` of the company
    :param dict elsewhere: that of another company
    """

    def __init__(self, env, accounting, elsewhere, foreign, dispute):
        self.env = env
        self.root = accounting["company"]
        self.other = elsewhere["company"]
        self.accounts = {
            False: accounting["default_account_receivable"].id,
            True: accounting["default_account_payable"].id,
        }
        self.journals = {
            kind: accounting[f"default_journal_{name}"].id
            for kind, name in (
                ("out_invoice", "sale"),
                ("out_receipt", "sale"),
                ("credit_note", "sale"),
                ("settlement", "sale"),
                ("entry", "misc"),
                ("payment", "bank"),
                ("bank", "bank"),
                ("in_refund", "purchase"),
                ("bill", "purchase"),
            )
        }
        self.currencies = {"own": self.root.currency_id.id, "foreign": foreign.id}
        self.dispute = dispute.id
        self.branch = env["res.company"].create({"name": "Branch", "parent_id": self.root.id})
        (self.root | self.branch).country_id = env.ref("base.nl")
        env["dunning.policy"].search([]).active = False
        self._make_policies()
        self._make_partners()
        self._make_bank(accounting)
        self._make_payments()
        env.flush_all()
        env.invalidate_all()

    # === WRITING ===#
    def store(self, ledger):
        self.ledger = ledger
        self.company = self.branch if ledger.is_branch else self.root
        self._write_company()
        self._write_policies()
        self._write_partners()
        self.rechecked = []
        rows = {
            "account_move": [],
            "account_move_line": [],
            "dunning_notice": [],
            "dunning_notice_line": [],
            "dunning_block": [],
            "payment_transaction": [],
            "account_invoice_transaction_rel": [],
        }
        for number, debtor in enumerate(ledger.debtors):
            first = FIRST_ID + number * PER_DEBTOR
            self._add_documents(rows, number, debtor, first)
            self._add_money(rows, number, debtor, first)
            self._add_messages(rows, number, debtor, first)
            self._add_blocks(rows, debtor.blocks, first, self.partners[number]["debtor"])
            self._add_payments(rows, number, debtor, first)
        self._add_blocks(rows, ledger.blocks, FIRST_ID - PER_DEBTOR, None)
        for table, values in rows.items():
            self._insert(table, values)
        self.env.invalidate_all(flush=False)

    # === READING ===#
    def decide(self):
        """What the product decides, in the words of the oracle."""
        debtors = [roles["debtor"] for roles in self.partners[: len(self.ledger.debtors)]]
        decisions = self.env["dunning.decision"]._decide(
            self.company,
            self.ledger.date,
            self.env["res.partner"].browse(debtors),
            exclude_notices=self.env["dunning.notice"].browse(self.rechecked),
        )
        return {
            divmod(decision.item_id - FIRST_ID, PER_DEBTOR): self._read(decision)
            for decision in decisions
        }

    def _read(self, decision):
        number, _item = divmod(decision.item_id - FIRST_ID, PER_DEBTOR)
        roles = {partner_id: role for role, partner_id in self.partners[number].items()}
        return Verdict(
            reason=decision.reason,
            outcome=decision.outcome,
            level=self._read_level(decision.level_id),
            day=decision.date and (decision.date - self.ledger.date).days,
            contact=roles[decision.contact_id],
            channels=tuple(
                channel
                for bit, channel in enumerate(CHANNELS)
                if decision.channels and decision.channels >> bit & 1
            ),
            amount=decision.amount,
            credit=round(float(decision.credit), 4),
            last_level=self._read_level(decision.last_level_id),
            last_day=decision.last_date and (decision.last_date - self.ledger.date).days,
            message=decision.notice_id and (decision.notice_id - FIRST_ID) % PER_DEBTOR,
            block=decision.block_id and self._read_block(decision.block_id),
        )

    def _read_level(self, level_id):
        for policy, levels in enumerate(self.levels):
            if level_id in levels.ids:
                return policy, levels.ids.index(level_id)
        return None

    def _read_block(self, block_id):
        owner = "company" if block_id < FIRST_ID else "debtor"
        return owner, (block_id - FIRST_ID) % PER_DEBTOR
