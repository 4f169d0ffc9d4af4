from odoo import api, fields, models
from odoo.exceptions import UserError

from .credit_check import CreditRequest, Passed
from .groups import VIEWER

GATED_TYPES = ("out_invoice", "out_receipt")


class AccountMove(models.Model):
    """The gate of invoices that stand on their own, where the company wants one.

    Invoices of orders and of delivered goods are never refused: not to invoice what was delivered
    helps nobody. What there is to know about the debtor is noted on them.
    """

    _inherit = "account.move"

    # === FIELDS ===#
    credit_needs_release = fields.Boolean(
        compute="_compute_credit_needs_release",
        compute_sudo=True,
        groups=VIEWER,
    )

    # === COMPUTE ===#
    @api.depends("amount_total", "company_id", "move_type", "partner_id", "state")
    def _compute_credit_needs_release(self):
        relevant = self._filter_credit_relevant(soft=False).filtered(
            lambda move: not move._is_credit_order_invoice()
        )
        self.credit_needs_release = False
        for company, moves in relevant.grouped("company_id").items():
            requests = [move._prepare_credit_request() for move in moves]
            checks = self.env["credit.check"]._check_many(company, requests)
            for move, check in zip(moves, checks, strict=True):
                move.credit_needs_release = check.outcome == "approve"

    # === CRUD ===#
    def write(self, vals):
        # EXTENDS 'account': other ways to post than the button, as RPC has them.
        if vals.get("state") == "posted" and self.env.registry.ready:
            passed = self.env.context.get("credit_posted")
            passed = passed if isinstance(passed, Passed) else ()
            self.filtered(lambda move: move.id not in passed)._gate_credit(soft=False)
        return super().write(vals)

    # === ACTIONS ===#
    def action_ask_credit_release(self):
        """Open the dialog in which a release of this invoice is asked for."""
        self.ensure_one()
        return self.env["credit.release.ask"]._get_open_action(move=self)

    # === BUSINESS ===#
    def _post(self, soft=True):
        # EXTENDS 'account'
        if not self.env.registry.ready:
            return super()._post(soft)
        self._gate_credit(soft)
        moves = self.with_context(credit_posted=Passed(self.ids))
        return super(AccountMove, moves)._post(soft)

    def _gate_credit(self, soft):
        """Raise when an invoice that stands on its own is held and not released."""
        invoices = self._filter_credit_relevant(soft)
        for company, moves in invoices.grouped("company_id").items():
            requests = [move._prepare_credit_request() for move in moves]
            checks = self.env["credit.check"]._check_many(company, requests, together=True)
            found = dict(zip(moves, zip(requests, checks, strict=True), strict=True))
            for move, (_request, check) in found.items():
                if check.causes and (move._is_credit_order_invoice() or not check.is_held):
                    move._message_log(body=check.message)
            own = {
                move: pair for move, pair in found.items() if not move._is_credit_order_invoice()
            }
            self._pass_credit_gate(company, own)

    def _pass_credit_gate(self, company, found):
        """Let invoices pass that are not held or released, and raise for the others.

        :param dict found: (CreditRequest, CreditCheck) by invoice
        """
        held = {move: pair for move, pair in found.items() if pair[1].is_held}
        releases = self.env["credit.release"]
        if held:
            debtors = self.env["res.partner"].union(*(pair[0].debtor for pair in held.values()))
            releases = releases._get_in_force(company, debtors)
        day = company._get_dunning_today()
        lines = []
        for move, (request, check) in held.items():
            rise = move._get_credit_rise()
            release = check.outcome == "approve" and releases._find_covering(
                request, check.criteria, rise, day
            )
            if release:
                release._use(rise, move)
            else:
                lines.append(f"{move.display_name}: {check.message}")
        if lines:
            raise UserError(
                self.env._(
                    "This needs a release before it is posted: open the invoice and choose Ask for "
                    "Release.\n%s",
                    "\n".join(lines),
                )
            )
        self.env["credit.check"]._lock(
            [(request.debtor, check) for request, check in found.values()]
        )

    def _filter_credit_relevant(self, soft):
        """Customer invoices that are posted now and of which something has to be paid."""
        return self.filtered(
            lambda move: (
                move.move_type in GATED_TYPES
                and move.company_id.credit_hold_invoices
                and move.state == "draft"
                and move.commercial_partner_id._origin
                and move.currency_id.compare_amounts(move.amount_total, 0) > 0
                and not (soft and move.date > move.company_id._get_dunning_today())
            )
        )

    def _is_credit_order_invoice(self):
        """Whether the goods were ordered, and so went through a gate before; or were paid for."""
        self.ensure_one()
        move = self.sudo()
        paid = sum(
            transaction.amount
            for transaction in move.transaction_ids
            if transaction.state in ("authorized", "done")
        )
        return bool(
            move.invoice_line_ids.sale_line_ids
            # Sold at the counter, where nobody asks for credit.
            or ("pos_order_ids" in move._fields and move.pos_order_ids)
            or move.currency_id.compare_amounts(paid, move.amount_total) >= 0
        )

    def _get_credit_rise(self):
        """Amount of the invoice in the currency of the company."""
        self.ensure_one()
        return abs(self.amount_total_signed)

    def _prepare_credit_request(self):
        """Draft invoices count as exposure already, unless the company chose otherwise."""
        self.ensure_one()
        is_counted = self.company_id.credit_count_drafts and isinstance(self.id, int)
        return CreditRequest(
            self.sudo().commercial_partner_id._origin,
            0.0 if is_counted else self._get_credit_rise(),
            move=self.sudo(),
        )
