from datetime import timedelta

from odoo import api, models
from odoo.exceptions import AccessError, UserError

from .dispute_dossier import HOLDING_STATES, OUTCOMES
from .dispute_dossier_state import CREDIT

# With these outcomes the debtor gets a credit note.
CREDIT_OUTCOMES = ("accepted", "partly")
# After these outcomes the debtor pays (the rest) after all: he gets time to.
TERM_OUTCOMES = ("partly", "rejected", "replaced", "corrected", "arranged")


class DisputeDossier(models.Model):
    """How a dispute is settled."""

    _inherit = "dispute.dossier"

    # === BUSINESS ===#
    def _resolve(
        self,
        outcome,
        reason=None,
        amount=None,
        parts=None,
        post=False,
        replace=False,
        due_date=None,
        tell=True,
    ):
        """Settle a dispute.

        :param str outcome: one of ``OUTCOMES``, or ``withdrawn``
        :param str reason: answer to the debtor; a rejection has one
        :param float amount: what is credited, taxes included, in the currency of the invoices;
            empty for what is disputed
        :param list parts: dicts with ``move_id`` and ``amount``, or with ``invoice_line_id`` and
            ``quantity``: what is credited, instead of ``amount``
        :param bool post: post the credit notes at once; what they are about waits until then
        :param bool replace: of a corrected invoice, credit it and make a new draft of it
        :param datetime.date due_date: last day to pay what is left, instead of the fresh term of
            the company
        :param bool tell: send the debtor an e-mail
        :return: ``account.move``: credit notes and corrected invoices that were made
        :raise AccessError: when the user may not make the credit notes that it takes
        """
        self.ensure_one()
        self.check_access("write")
        if outcome == "withdrawn":
            self._withdraw()
            return self.env["account.move"]
        self._check_resolution(outcome, reason, amount, parts, due_date)
        self._lock()
        made = self.env["account.move"]
        if outcome in CREDIT_OUTCOMES:
            made = self._credit(self._plan_credits(amount, parts), reason, post)
            left = self.amount_claimed - sum(
                self._get_credit_notes("draft", "posted").mapped("amount_total")
            )
            if (amount or parts) and self.currency_id.compare_amounts(left, 0) > 0:
                outcome = "partly"
        elif outcome == "corrected" and replace:
            made = self._replace_invoices(reason, due_date)
        self._transition(
            "resolved",
            outcome=outcome,
            outcome_reason=reason,
            closed_date=self._get_today(),
            term_until=self._get_term_until(outcome, due_date),
        )
        self._ask_to_post()
        label = dict(self._fields["outcome"]._description_selection(self.env))[outcome]
        text = self.env._("%(dispute)s is settled: %(outcome)s.", dispute=self.name, outcome=label)
        self._tell_settled(f"{text} {reason or ''}".strip())
        if tell and outcome != "arranged":
            self._tell_debtor("rejected" if outcome == "rejected" else "accepted")
        return made

    def _check_resolution(self, outcome, reason, amount, parts, due_date):
        """Refuse what does not go together."""
        if outcome not in dict(OUTCOMES):
            raise UserError(self.env._("There is no outcome “%s”.", outcome))
        if self.state not in HOLDING_STATES:
            raise UserError(self.env._("%s is settled: reopen it first.", self.name))
        if self.state == "approval":
            self._check_may_approve()
        if outcome == "rejected" and not reason:
            raise UserError(self.env._("Tell the debtor why it is rejected."))
        if outcome == "partly" and amount is None and not parts:
            raise UserError(self.env._("Say which part is accepted."))
        asked = [amount] if amount is not None else []
        asked += [part["amount"] for part in parts or () if part.get("amount")]
        if any(self.currency_id.compare_amounts(one, 0) <= 0 for one in asked):
            raise UserError(self.env._("Say which amount is credited."))
        if due_date and due_date < self._get_today():
            raise UserError(self.env._("The new due date is in the past."))

    def _get_term_until(self, outcome, due_date):
        """Last day on which reminders of what was disputed wait; none when nothing is left."""
        if outcome not in TERM_OUTCOMES:
            return False
        days = self.company_id.sudo().dispute_term_days
        return due_date or (days > 0 and self._get_today() + timedelta(days=days))

    # === BUSINESS: CREDIT NOTES ===#
    def _check_may_credit(self):
        if not self.env["account.move"].has_access("create"):
            raise AccessError(
                self.env._("Credit notes are made by people with rights on invoices: ask one.")
            )

    def _plan_credits(self, amount=None, parts=None):
        """What to credit of which invoice.

        :return: dict by invoice of ``amount`` (taxes included) or ``quantities`` by invoice line
        """
        self.ensure_one()
        if parts:
            return self._plan_parts(parts)
        lines_by_move = self.sudo().line_ids.grouped("move_id")
        if amount is None:
            return {move: self._plan_whole(move, lines) for move, lines in lines_by_move.items()}
        plan = {}
        for move, lines in lines_by_move.items():
            most = self._get_creditable(move)
            claimed = sum(lines.mapped("amount_claimed"))
            is_last = move == list(lines_by_move)[-1]
            taken = min(amount, most if is_last else min(claimed, most))
            amount = self.currency_id.round(amount - taken)
            if self.currency_id.compare_amounts(taken, 0) > 0:
                plan[move] = {"amount": taken}
        if self.currency_id.compare_amounts(amount, 0) > 0:
            raise UserError(
                self.env._("That is %s more than the invoices.", self.currency_id.format(amount))
            )
        return plan

    def _plan_whole(self, move, lines):
        """Credit what is disputed of an invoice, and was not credited yet."""
        credited = self._get_credit_notes("draft", "posted").filtered(
            lambda credit: move in self._get_moves_of_credit(credit)
        )
        if not credited and all(line.invoice_line_id and not line.amount for line in lines):
            return {
                "quantities": {
                    line.invoice_line_id: line.quantity or line.invoice_line_id.quantity
                    for line in lines
                }
            }
        residual = sum(lines[:1]._get_items().mapped("amount_residual_currency"))
        claimed = sum(lines.mapped("amount_claimed")) - sum(credited.mapped("amount_total"))
        is_whole = any(lines.mapped("is_whole"))
        if is_whole and self.currency_id.compare_amounts(residual, 0) > 0:
            claimed = min(claimed, residual)
        return {"amount": self.currency_id.round(min(claimed, self._get_creditable(move)))}

    def _plan_parts(self, parts):
        """Credit chosen lines and quantities, or an amount, of each invoice."""
        plan = {}
        lines = self.env["account.move.line"].sudo()
        for part in parts:
            line = lines.browse(part.get("invoice_line_id") or [])
            move = line.move_id or self.env["account.move"].sudo().browse(part["move_id"])
            if move not in self.sudo().line_ids.move_id:
                raise UserError(
                    self.env._(
                        "%(invoice)s is not disputed in %(dispute)s.",
                        invoice=move.display_name,
                        dispute=self.name,
                    )
                )
            entry = plan.setdefault(move, {"amount": 0.0, "quantities": {}})
            if line and not part.get("amount"):
                quantity = part.get("quantity") or line.quantity
                if quantity * line.quantity <= 0 or abs(quantity) > abs(line.quantity):
                    raise UserError(
                        self.env._("More is credited than was invoiced: %s.", line.name)
                    )
                entry["quantities"][line] = quantity
            else:
                entry["amount"] += part.get("amount") or 0.0
        for move, entry in plan.items():
            if entry["amount"] and entry["quantities"]:
                raise UserError(
                    self.env._("Credit lines of %s, or an amount of it.", move.display_name)
                )
        return plan

    def _get_creditable(self, move):
        """What was not credited yet of an invoice, drafts included."""
        credited = move.sudo().reversal_move_ids.filtered(lambda credit: credit.state != "cancel")
        return self.currency_id.round(move.amount_total - sum(credited.mapped("amount_total")))

    def _credit(self, plan, reason, post):
        """Make the credit notes with Odoo's own wizard, with the rights of the user."""
        self._check_may_credit()
        moves = self.env["account.move"].union(*plan).with_env(self.env)
        if any(move.move_type not in ("out_invoice", "out_receipt") for move in moves):
            raise UserError(self.env._("Only customer invoices get a credit note from here."))
        credits = self.env["account.move"]
        for move in moves:
            entry = plan[move.sudo()] if move.sudo() in plan else plan[move]
            amount = entry.get("amount")
            if amount and self.currency_id.compare_amounts(amount, self._get_creditable(move)) > 0:
                raise UserError(
                    self.env._(
                        "Of %(invoice)s no more than %(amount)s can be credited.",
                        invoice=move.display_name,
                        amount=self.currency_id.format(self._get_creditable(move)),
                    )
                )
            credit = self._reverse(move, reason)
            credit._limit_dispute_credit(move, amount, entry.get("quantities"))
            credits |= credit
        if post:
            credits.action_post()
        return credits

    def _reverse(self, move, reason, replace=False):
        """Run the wizard for one invoice.

        :return: the credit note; with ``replace`` the credit note and the new invoice
        """
        wizard = (
            self.env["account.move.reversal"]
            .with_company(move.company_id)
            .with_context(active_model="account.move", active_ids=move.ids)
            .create(
                {
                    "date": self._get_today(),
                    "dispute_id": self.id,
                    "journal_id": move.journal_id.id,
                    "reason": reason or self.name,
                }
            )
        )
        wizard.reverse_moves(is_modify=replace)
        if not replace:
            return wizard.new_move_ids
        return wizard.new_move_ids | move.reversal_move_ids.filtered(
            lambda credit: credit.dispute_id == self
        )

    def _replace_invoices(self, reason, due_date):
        """Credit the invoices and make drafts of them, to be corrected and sent again."""
        self._check_may_credit()
        made = self.env["account.move"]
        for move in self.sudo().line_ids.move_id.with_env(self.env):
            documents = self._reverse(move, reason, replace=True)
            new = documents.filtered(lambda document: document.state == "draft")
            if due_date:
                new.write({"invoice_payment_term_id": False, "invoice_date_due": due_date})
            made |= documents
        return made

    def _ask_to_post(self):
        """What a draft is about waits: somebody has to post it."""
        for dossier in self:
            drafts = dossier._get_credit_notes("draft")
            if drafts:
                dossier._schedule(
                    CREDIT,
                    dossier.env.user
                    if dossier.env.user._is_internal()
                    else dossier._get_responsible(),
                    self.env._("Post the credit note, or cancel it"),
                    self.env._("What it is about waits until then."),
                    dossier._get_today(),
                )

    # === BUSINESS: CREDIT NOTES AFTERWARDS ===#
    @api.model
    def _on_credit_posted(self, moves):
        for dossier in moves.sudo().dispute_id:
            if not dossier._get_credit_notes("draft"):
                dossier.activity_unlink([CREDIT])

    @api.model
    def _on_credit_reset(self, moves):
        """A credit note that is a draft again holds what it is about."""
        for dossier in moves.sudo().dispute_id:
            if dossier.state not in HOLDING_STATES:
                dossier.activity_unlink([CREDIT])
                dossier._ask_to_post()

    @api.model
    def _on_credit_gone(self, moves):
        for dossier in moves.sudo().dispute_id:
            dossier._lose_credit(moves._get_credit_names(dossier))

    def _lose_credit(self, names):
        """What the debtor was granted is gone: the dispute goes on.

        :param str names: of the credit notes
        """
        for dossier in self.exists().filtered(lambda dossier: dossier.state == "resolved"):
            if dossier.outcome in (*CREDIT_OUTCOMES, "corrected"):
                dossier._reopen(
                    self.env._(
                        "%(dispute)s is reopened: its credit note %(credit)s was cancelled.",
                        dispute=dossier.name,
                        credit=names,
                    )
                )
