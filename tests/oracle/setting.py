"""Companies, policies and partners of the oracle: made once, and given the shape of a ledger."""

from datetime import timedelta

from odoo.tools import SQL

from .facts import CHANNELS, CONTACTS, Contact
from .ledgers import MOST_DEBTORS, MOST_POLICIES

MOST_LEVELS = 8
# Contacts as they are until a ledger has others.
USUAL = {role: Contact(active=role in ("debtor", "invoice")) for role in CONTACTS}


class Setting:
    """The part of the world that is there before there are documents."""

    # === WHAT IS THERE ONCE ===#
    def _make_policies(self):
        """None is in use, and no level belongs to any."""
        self.policies = self.env["dunning.policy"].create(
            [{"name": f"Policy {number}", "active": False} for number in range(MOST_POLICIES)]
        )
        nowhere = self.env["dunning.policy"].create({"name": "Not used", "active": False})
        self.levels = [
            self.env["dunning.level"].create(
                [
                    {"policy_id": nowhere.id, "name": f"{policy.name}.{number}", "delay_days": 0}
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
        self.env.flush_all()
        for roles in self.partners:
            for role, partner_id in roles.items():
                self._write_address(partner_id, USUAL[role])
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
        for policy, levels, facts in zip(
            self.policies, self.levels, self.ledger.policies, strict=False
        ):
            group = [("ref", "like", facts.target_group)] if facts.target_group else []
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
                debtor_domain=repr(group),
            )
            for place, (level, step) in enumerate(zip(levels, facts.levels, strict=False)):
                self._write_level(level, policy, place, step)
                used |= level
        self.env.invalidate_all(flush=False)
        for name in ("severity", "channel_mask", "preferred_mask"):
            self.env.add_to_compute(used._fields[name], used)
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
            for role, contact in {"debtor": debtor.address, **debtor.contacts}.items():
                if repr(contact) != repr(USUAL[role]):
                    self._write_address(ids[role], contact)
            policy = None if debtor.policy is None else self.policies[debtor.policy].id
            self._update(
                "res_partner",
                ids["debtor"],
                ref=debtor.reference or None,
                debtor_status="bankruptcy" if debtor.has_status else None,
                debtor_status_contact_id=ids["in_charge"]
                if "in_charge" in debtor.contacts
                else None,
                dunning_addressee_id=ids["office"] if "office" in debtor.contacts else None,
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
