"""Writes a ledger of the oracle into the database, and reads what is decided about it.

The rows are written by SQL, with what the decision looks at and little else: so thousands of
ledgers take a minute.
"""

from datetime import timedelta

from odoo.tools import SQL

from .facts import CHANNELS, CONTACTS, INVOICES, SENT, Contact, Verdict, round_to_cents
from .ledgers import MOST_DEBTORS, MOST_POLICIES

MOST_LEVELS = 8
# Items, documents and messages have ids that nothing else reaches: theirs plus this.
FIRST_ID = 1_500_000_000
PER_DEBTOR = 1000


class World:
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

    # === WHAT IS THERE ONCE ===#
    def _make_policies(self):
        self.policies = self.env["dunning.policy"].create(
            [{"name": f"Policy {number}"} for number in range(MOST_POLICIES)]
        )
        self.parking = self.env["dunning.policy"].create({"name": "Not used", "active": False})
        self.levels = [
            self.env["dunning.level"].create(
                [
                    {"policy_id": policy.id, "name": f"{policy.name}.{number}", "delay_days": 0}
                    for number in range(MOST_LEVELS)
                ]
            )
            for policy in self.policies
        ]

    def _make_partners(self):
        partners = self.env["res.partner"]
        self.partners = []
        for number in range(MOST_DEBTORS):
            debtor = partners.create({"name": f"Debtor {number}", "is_company": True})
            roles = {"debtor": debtor}
            for role in CONTACTS[1:]:
                values = {"name": f"{role} {number}"}
                if role in ("invoice", "reminder"):
                    values |= {"parent_id": debtor.id, "type": role}
                roles[role] = partners.create(values)
            self.partners.append({role: partner.id for role, partner in roles.items()})
        self.env["mail.blacklist"].create({"email": "blacklisted@buyer.example"})
        self.env["phone.blacklist"].create({"number": "+31612345678"})

    def _make_bank(self, accounting):
        line = self.env["account.bank.statement.line"].create(
            {
                "journal_id": accounting["default_journal_bank"].id,
                "date": "2026-01-01",
                "amount": 1,
                "payment_ref": "Interest",
            }
        )
        self.bank_move = line.move_id

    def _make_payments(self):
        self.provider = self.env["payment.provider"].create({"name": "Oracle", "code": "none"})
        self.method = self.env.ref("payment.payment_method_unknown")

    # === WRITING ===#
    def write(self, ledger):
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

    def _date(self, day):
        return None if day is None else self.ledger.date + timedelta(days=day)

    def _insert(self, table, rows):
        if rows:
            columns = SQL(", ").join(map(SQL.identifier, rows[0]))
            values = SQL(", ").join(
                SQL("(%s)", SQL(", ").join(SQL("%s", value) for value in row.values()))
                for row in rows
            )
            self.env.cr.execute(
                SQL("INSERT INTO %s (%s) VALUES %s", SQL.identifier(table), columns, values)
            )

    def _update(self, table, record_id, **values):
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET %s WHERE id = %s",
                SQL.identifier(table),
                SQL(", ").join(
                    SQL("%s = %s", SQL.identifier(name), value) for name, value in values.items()
                ),
                record_id,
            )
        )

    def _write_company(self):
        ledger = self.ledger
        self._update(
            "res_company",
            self.company.id,
            dunning_policy_id=None if ledger.default is None else self.policies[ledger.default].id,
            dunning_begin=ledger.begin,
            dunning_start_date=self._date(ledger.start),
            dunning_weekly_cap=ledger.weekly_cap,
            dunning_bank_max_age=ledger.bank_max_age,
            dunning_supplier_debits=ledger.supplier_debits,
            dunning_saturday=ledger.saturday,
        )
        if ledger.debtors[0].own_group:
            self._update("res_company", self.other.id, partner_id=self.partners[0]["debtor"])
        is_booked = ledger.bank_booked is not None
        self._update(
            "account_move",
            self.bank_move.id,
            state="posted" if is_booked else "draft",
            date=self._date(ledger.bank_booked or 0),
            company_id=self.company.id,
        )

    def _write_policies(self):
        """Levels get their firmness by the product itself."""
        used = self.env["dunning.level"]
        for number, policy in enumerate(self.policies):
            is_used = number < len(self.ledger.policies)
            facts = self.ledger.policies[number] if is_used else None
            if not is_used:
                self._update("dunning_policy", policy.id, active=False)
            else:
                self._update(
                    "dunning_policy",
                    policy.id,
                    active=facts.active,
                    escalation="debtor" if facts.by_debtor else "item",
                    minimum_amount=facts.minimum,
                    require_sent=facts.only_delivered,
                    days_after_invoice=facts.quiet_days,
                    unallocated_hold_days=facts.hold_days,
                    include_entries=facts.entries,
                    debtor_domain=repr([("ref", "like", facts.target_group)])
                    if facts.target_group
                    else "[]",
                )
            ladder = facts.levels if is_used else []
            for place, level in enumerate(self.levels[number]):
                if place < len(ladder):
                    self._write_level(level, policy, place, ladder[place])
                    used |= level
                else:
                    self._update("dunning_level", level.id, policy_id=self.parking.id)
        self.env.invalidate_all(flush=False)
        for name in ("severity", "channel_mask"):
            self.env.add_to_compute(used._fields[name], used)
        self.env.add_to_compute(used._fields["preferred_mask"], used)
        used.flush_recordset()

    def _write_level(self, level, policy, place, facts):
        self._update(
            "dunning_level",
            level.id,
            policy_id=policy.id,
            sequence=place,
            stage=facts.stage,
            delay_days=facts.delay,
            min_days_after_previous=facts.gap,
            active=facts.active,
            preferred_channel=facts.tried_first,
            channel_mode="all" if facts.all_channels else "first",
            contact_role=facts.addressed_to,
            **{f"use_{channel}": channel in facts.channels for channel in CHANNELS},
        )

    def _write_partners(self):
        for number, debtor in enumerate(self.ledger.debtors):
            ids = self.partners[number]
            contacts = debtor.contacts
            self._write_address(ids["debtor"], debtor.address)
            for role in CONTACTS[1:]:
                self._write_address(ids[role], contacts.get(role, Contact(active=False)))
            policy = None if debtor.policy is None else self.policies[debtor.policy].id
            self._update(
                "res_partner",
                ids["debtor"],
                ref=debtor.reference or None,
                debtor_status="bankruptcy" if debtor.has_status else None,
                debtor_status_contact_id=ids["in_charge"] if "in_charge" in contacts else None,
                dunning_addressee_id=ids["office"] if "office" in contacts else None,
                dunning_policy_id=policy
                and SQL("jsonb_build_object(%s, %s)", str(self.company.id), policy),
            )

    def _write_address(self, partner_id, contact):
        email = f"{partner_id}@buyer.example"
        if contact.email == "blacklisted":
            email = "blacklisted@buyer.example"
        self._update(
            "res_partner",
            partner_id,
            active=contact.active,
            email_normalized=None if contact.email == "missing" else email,
            dunning_bounced_email=email.title() if contact.email == "bounced" else None,
            street="Main Street 1",
            city=None if contact.post == "incomplete" else "Amsterdam",
            dunning_mail_returned=contact.post == "returned",
            phone=None if contact.phone == "missing" else "0612345678",
            phone_sanitized="+31612345678" if contact.phone == "blacklisted" else "+31687654321",
        )

    # === WRITING: DOCUMENTS AND MONEY ===#
    def _add_documents(self, rows, number, debtor, first):
        ids = self.partners[number]
        item_id = first
        for position, document in enumerate(debtor.documents):
            partner_id = ids["invoice" if document.to_contact else "debtor"]
            has_date = document.kind in (*INVOICES, "in_refund")
            rows["account_move"].append(
                self._prepare_move(
                    first + position,
                    document,
                    move_type="entry" if document.kind == "bank" else document.kind,
                    partner_id=partner_id,
                    state="posted" if document.posted else "draft",
                    invoice_date=self._date(document.day) if has_date else None,
                    payment_state=document.payment_state,
                    is_move_sent=document.delivered,
                    direct_debit_state=document.direct_debit,
                    dunning_policy_id=None
                    if document.policy is None
                    else self.policies[document.policy].id,
                )
            )
            for item in document.items:
                rows["account_move_line"].append(
                    self._prepare_line(
                        item_id,
                        first + position,
                        document,
                        partner_id=partner_id,
                        is_payable=document.kind == "in_refund",
                        parent_state="posted" if document.posted else "draft",
                        date_maturity=self._date(item.due),
                        amount_residual=round_to_cents(item.amount * document.rate),
                        amount_residual_currency=item.amount,
                        no_followup=item.no_followup,
                        reconciled=item.reconciled,
                    )
                )
                item_id += 1

    def _add_money(self, rows, number, debtor, first):
        types = {"credit_note": "out_refund", "settlement": "out_refund", "bill": "in_invoice"}
        for position, money in enumerate(debtor.money, start=PER_DEBTOR // 2):
            partner_id = self.partners[number]["debtor"]
            rows["account_move"].append(
                self._prepare_move(
                    first + position,
                    money,
                    move_type=types.get(money.kind, "entry"),
                    partner_id=partner_id,
                    dispute_id=self.dispute if money.kind == "settlement" else None,
                )
            )
            rows["account_move_line"].append(
                self._prepare_line(
                    first + position,
                    first + position,
                    money,
                    partner_id=partner_id,
                    is_payable=money.kind == "bill",
                    date_maturity=self._date(money.day),
                    amount_residual=-money.amount,
                    amount_residual_currency=-money.amount,
                )
            )

    def _prepare_move(self, move_id, facts, **values):
        return {
            "id": move_id,
            "name": f"ORACLE{move_id}",
            "journal_id": self.journals[facts.kind],
            "company_id": (self.other if facts.elsewhere else self.company).id,
            "currency_id": self.currencies[facts.currency],
            "date": self._date(facts.day),
            "auto_post": "no",
            "state": "posted",
            "invoice_date": None,
            "payment_state": "not_paid",
            "is_move_sent": True,
            "direct_debit_state": None,
            "dunning_policy_id": None,
            "dispute_id": None,
            **values,
        }

    def _prepare_line(self, line_id, move_id, facts, is_payable, **values):
        return {
            "id": line_id,
            "move_id": move_id,
            "account_id": self.accounts[is_payable],
            "company_id": (self.other if facts.elsewhere else self.company).id,
            "currency_id": self.currencies[facts.currency],
            "display_type": "payment_term",
            "date": self._date(facts.day),
            "parent_state": "posted",
            "balance": 0,
            "amount_currency": 0,
            "no_followup": False,
            "reconciled": False,
            **values,
        }

    # === WRITING: MESSAGES, BLOCKS, PAYMENTS ===#
    def _add_messages(self, rows, number, debtor, first):
        stages = self.env["dunning.level"]
        dues = {
            item_number: document.day if item.due is None else item.due
            for item_number, document, item in debtor.numbered_items()
        }
        for position, message in enumerate(debtor.messages):
            is_sent = message.state in (*SENT, "corrected")
            level = self.levels[message.policy][message.level]
            shared = {
                "company_id": (self.other if message.elsewhere else self.company).id,
                "level_id": level.id,
                "sent_date": self._date(message.day) if is_sent else None,
            }
            notice_id = first + position
            if message.is_rechecked:
                self.rechecked.append(notice_id)
            rows["dunning_notice"].append(
                {
                    **shared,
                    "id": notice_id,
                    "name": f"ORACLE{notice_id}",
                    "partner_id": self.partners[number]["debtor"],
                    "contact_id": self.partners[number]["debtor"],
                    "currency_id": self.currencies["own"],
                    "state": message.state,
                    "date": self._date(message.day),
                }
            )
            for item in (*message.items, *message.dropped):
                has_term = is_sent and message.days_to_pay is not None
                rows["dunning_notice_line"].append(
                    {
                        **shared,
                        "notice_id": notice_id,
                        "move_line_id": first + item,
                        "severity": stages._get_stage_severity(message.stage_then)
                        + message.place_then,
                        "state": "cancelled" if item in message.dropped else message.state,
                        "term_date": self._date(message.day + message.days_to_pay)
                        if has_term
                        else None,
                        "move_name": "Oracle",
                        "date_maturity": self._date(dues[item]),
                    }
                )

    def _add_blocks(self, rows, blocks, first, partner_id):
        companies = {
            "own": self.company,
            "parent": self.root,
            "other": self.other if self.ledger.is_branch else self.branch,
        }
        for position, block in enumerate(blocks):
            rows["dunning_block"].append(
                {
                    "id": first + position,
                    "kind": block.kind,
                    "company_id": companies[block.company].id,
                    "partner_id": partner_id,
                    "move_line_id": None if block.item is None else first + block.item,
                    "reason": "Oracle",
                    "date_from": self._date(block.start),
                    "date_to": self._date(block.end),
                    "items_until": self._date(block.invoiced_until),
                    "amount": block.amount,
                    "lifted_date": self._date(-1) if block.lifted else None,
                }
            )

    def _add_payments(self, rows, number, debtor, first):
        for position, payment in enumerate(debtor.payments):
            rows["payment_transaction"].append(
                {
                    "id": first + position,
                    "provider_id": self.provider.id,
                    "payment_method_id": self.method.id,
                    "currency_id": self.currencies["own"],
                    "partner_id": self.partners[number]["debtor"],
                    "reference": f"ORACLE{first + position}",
                    "amount": 1,
                    "state": payment.state,
                    "is_post_processed": payment.processed,
                    "last_state_change": self._date(payment.day),
                    "dunning_notice_id": None
                    if payment.message is None
                    else first + payment.message,
                }
            )
            if payment.document is not None:
                rows["account_invoice_transaction_rel"].append(
                    {
                        "transaction_id": first + position,
                        "invoice_id": first + payment.document,
                    }
                )

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
