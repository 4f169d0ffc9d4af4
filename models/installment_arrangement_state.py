from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from .installment_arrangement import HOLDING_STATES, TRANSITIONS
from .state_machine import check_transition


class InstallmentArrangement(models.Model):
    """From proposal to end: one gate between the states, and what follows from each of them."""

    _inherit = "installment.arrangement"

    # === BUSINESS: GATE ===#
    def _transition(self, state, **values):
        """Change the state: the only gate. Arrangements that are there already are skipped.

        :return: those that went
        :raise UserError: when the table of transitions does not allow it
        """
        todo = self.filtered(lambda arrangement: arrangement.state != state)
        check_transition(todo, state, TRANSITIONS)
        todo._with_gate_open().write({"state": state, **values})
        return todo

    def _lock(self):
        """Let a second decision about the same debtor wait, and start over.

        Transactions read a snapshot: changing a row makes the database restart the one that
        decides on facts from before.
        """
        self.partner_id._lock_credit()

    # === BUSINESS: PROPOSAL ===#
    def _offer(self):
        """Offer what the user may grant. Offering twice is harmless.

        :raise AccessError: when a credit manager has to agree first
        :raise UserError: when the plan is not complete, or something in it has changed
        """
        self._lock()
        for arrangement in self.filtered(lambda record: record.state != "offered"):
            check_transition(arrangement, "offered", TRANSITIONS)
            arrangement._check_plan()
            arrangement._check_granted()
            arrangement._take_snapshot()
            today = arrangement._get_today()
            arrangement._transition(
                "offered",
                offered_date=today,
                offer_valid_until=arrangement._get_offer_end(today),
            )
            arrangement._sync_blocks()

    def _get_offer_end(self, today):
        """Last day to agree: as chosen, else after the days of the company, and no later than the
        first payment."""
        days = max(self.company_id.sudo().arrangement_offer_days, 0)
        end = self.offer_valid_until or fields.Date.add(today, days=days)
        return max(today, min(end, self._get_ordered_lines()[:1].date_due))

    def _check_plan(self):
        """Refuse a plan that does not add up, begins in the past, or is about what cannot be
        arranged any more."""
        self.ensure_one()
        if not self.item_ids or not self.line_ids:
            raise UserError(self.env._("%s has no items or no installments.", self.name))
        planned = sum(self._to_units(line.amount) for line in self.line_ids)
        if planned != self._to_units(self.amount_total):
            raise UserError(
                self.env._(
                    "The installments of %(name)s add up to %(planned)s, but %(total)s is to be "
                    "paid.",
                    name=self.name,
                    planned=self.currency_id.format(self._from_units(planned)),
                    total=self.currency_id.format(self.amount_total),
                )
            )
        if any(self._to_units(line.amount) <= 0 for line in self.line_ids):
            raise UserError(self.env._("Every installment of %s has an amount.", self.name))
        if min(self.line_ids.mapped("date_due")) < self._get_today():
            raise UserError(self.env._("The first installment of %s is in the past.", self.name))
        self.item_ids._check_item()
        self._check_free()

    def _check_free(self):
        """Refuse items that are in another arrangement, unless this one takes its place."""
        taken = self.item_ids.sudo().search(
            [
                ("move_line_id", "in", self.item_ids.move_line_id.ids),
                ("arrangement_id", "not in", (self | self.previous_id).ids),
                ("arrangement_id.state", "in", HOLDING_STATES),
            ],
            limit=1,
        )
        if taken:
            raise UserError(
                self.env._(
                    "%(item)s is in %(other)s already.",
                    item=taken.move_line_id.display_name,
                    other=taken.arrangement_id.name,
                )
            )

    def _take_snapshot(self):
        """From here on payments count, and the plan is what was agreed on first."""
        arrangement = self._with_gate_open()
        for item in arrangement.item_ids:
            item.residual_start = item.move_line_id.amount_residual_currency
        for line in arrangement.line_ids:
            line.amount_agreed = line.amount
        arrangement.amount_seen = 0.0

    def _reset(self):
        """Take offers back to change them; their items are reminded meanwhile."""
        self._lock()
        for arrangement in self.filtered(lambda record: record.state != "draft"):
            if arrangement.active_date:
                raise UserError(
                    self.env._("%s was active: make a new arrangement.", arrangement.name)
                )
            arrangement._transition(
                "draft",
                approved_by_id=False,
                closed_date=False,
                closed_reason=False,
                offer_valid_until=False,
            )
            arrangement._sync_blocks()

    # === BUSINESS: AGREEMENT ===#
    def _activate(self):
        """The debtor agreed. Activating twice is harmless.

        :raise AccessError: when nobody who may has granted it
        :raise UserError: when the offer has expired, or something in it has changed
        """
        self._lock()
        for arrangement in self.filtered(lambda record: record.state != "active"):
            check_transition(arrangement, "active", TRANSITIONS)
            if arrangement.state == "draft":
                arrangement._check_plan()
                arrangement._check_granted()
                arrangement._take_snapshot()
            arrangement._check_acceptable()
            today = arrangement._get_today()
            arrangement._transition("active", active_date=today)
            arrangement._replace_previous()
            arrangement._invoice_charges()
            arrangement._sync_blocks()
            self.env["collection.promise"]._withdraw_about(arrangement.item_ids.move_line_id)
            arrangement._check_payments()

    def _check_acceptable(self):
        """Refuse to agree to an offer that is over, or of which something is gone."""
        self.ensure_one()
        if self.state == "offered" and self.offer_valid_until < self._get_today():
            raise UserError(
                self.env._(
                    "The offer %(name)s was valid until %(date)s.",
                    name=self.name,
                    date=format_date(self.env, self.offer_valid_until),
                )
            )
        if any(item.move_line_id.parent_state != "posted" for item in self.sudo().item_ids):
            raise UserError(self.env._("An invoice of %s is not posted.", self.name))
        self._check_free()
        if self.previous_id:
            self.previous_id._check_replaceable()

    def _sign(self, name, signature, ip):
        """The debtor signed an offer: it holds from now on.

        :param str name: who signed
        :param signature: image in base64
        :param str ip: from where
        """
        self.ensure_one()
        if self.state != "offered":
            raise UserError(self.env._("%s cannot be signed any more.", self.name))
        self._check_acceptable()
        self._with_gate_open().write(
            {
                "signed_by": name,
                "signature": signature,
                "signed_ip": ip,
                "signed_on": fields.Datetime.now(),
            }
        )
        self._activate()

    # === BUSINESS: RENEGOTIATION ===#
    def _check_replaceable(self):
        self.ensure_one()
        if self.state != "active":
            raise UserError(self.env._("%s is not active: make a new arrangement.", self.name))

    def _renegotiate(self):
        """Make a draft of a new version about what is left of this one, which goes on until the
        debtor has agreed to the new one.

        :return: the new version, without installments
        """
        self.ensure_one()
        self._check_replaceable()
        return self.create(
            {
                "previous_id": self.id,
                "partner_id": self.partner_id.id,
                "contact_id": self.contact_id.id,
                "company_id": self.company_id.id,
                "currency_id": self.currency_id.id,
                "user_id": self.user_id.id,
                "date": self._get_today(),
                "note": self.note,
                "overpayment": self.overpayment,
                "grace_days": self.grace_days,
                "remind_days": self.remind_days,
                "item_ids": [
                    fields.Command.create({"move_line_id": item.move_line_id.id, "amount": left})
                    for item in self._get_open_items()
                    for left in [item.amount_left]
                ],
            }
        )

    def _replace_previous(self):
        for arrangement in self.filtered("previous_id"):
            previous = arrangement.previous_id
            previous._end("cancelled", self.env._("Replaced by %s", arrangement.name))

    # === BUSINESS: END ===#
    def _end(self, state, reason):
        """Close arrangements, and let reminders go on."""
        ended = self._transition(
            state, closed_date=self[:1]._get_today(), closed_reason=reason, settle_date=False
        )
        ended._sync_blocks()
        if state != "broken":
            ended._close_calls()
        offers = self.sudo().search([("previous_id", "in", ended.ids), ("state", "=", "offered")])
        if offers:
            offers._end("cancelled", self.env._("%s has ended.", ended[:1].name))
        return ended

    def _cancel(self, reason):
        """End without blame; drafts too."""
        self.check_access("write")
        self._lock()
        for arrangement in self:
            arrangement._end("cancelled", reason)

    def _fulfill(self):
        """Everything was paid."""
        for arrangement in self._end("fulfilled", self.env._("Everything was paid.")):
            arrangement._tell_colleagues(self.env._("%s was fulfilled.", arrangement.name))

    def _reopen(self):
        """A payment was undone after all: the arrangement goes on where it was."""
        for arrangement in self:
            arrangement._transition("active", closed_date=False, closed_reason=False)
            arrangement._tell_colleagues(
                self.env._("A payment was undone: %s goes on.", arrangement.name)
            )

    def _break(self, reason, level=None):
        """The debtor did not keep it: reminders go on at the level that is next for each item, or
        at a firmer one.

        :param str reason: in a sentence
        :param dunning.level level: what is to come next; empty for what would come anyway
        """
        self.check_access("write")
        self._lock()
        for arrangement in self.filtered(lambda record: record.state != "broken"):
            arrangement._end("broken", reason)
            if level:
                arrangement._go_on_with(level)
            arrangement._tell_broken(reason)
