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

    _name = "account.move"
    _inherit = ["account.move", "credit.gated.document"]

    # === FIELDS ===#
    credit_release_ids = fields.One2many("credit.release", "move_id", "Releases", groups=VIEWER)

    # === COMPUTE ===#
    @api.depends(
        "amount_total",
        "company_id",
        "credit_release_ids.state",
        "invoice_line_ids",
        "move_type",
        "partner_id",
        "state",
    )
    def _compute_credit_state(self):
        res = super()._compute_credit_state()
        for move in self:
            if move.credit_state in ("approve", "refuse") and move._is_credit_order_invoice():
                move.credit_state = "inform"
        return res

    @api.depends("amount_total", "company_id", "move_type", "partner_id", "state")
    def _compute_credit_room(self):
        return super()._compute_credit_room()

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
    def _get_alerts(self):
        # EXTENDS 'account': what the hold rules say is not said again; nor that a limit is exceeded
        # which was increased for a time or by cover.
        alerts = super()._get_alerts()
        name = "account_partner_credit_warning"
        if name in alerts and self.env.user.has_group(VIEWER) and self._is_limit_told():
            del alerts[name]
        return alerts

    def _is_limit_told(self):
        compare = self.company_id.currency_id.compare_amounts
        return "limit" in (self.credit_criteria or "") or (
            self.credit_has_limit and compare(self.credit_left_after, 0) >= 0
        )

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
        checks = invoices._get_credit_checks(together=True)
        own = invoices.filtered(lambda move: not move._is_credit_order_invoice())
        for move, check in checks.items():
            if check.causes and (move not in own or not check.is_held):
                move._message_log(body=check.message)
        own._pass_credit_gate(checks)

    def _pass_credit_gate(self, checks):
        """Let invoices pass that are not held or released, and raise for the others."""
        rises = {move: move._get_credit_rise() for move in self}
        releases = self._find_credit_releases(checks, rises)
        lines = []
        for move in self:
            if release := releases.get(move):
                release._use(rises[move], move)
            elif checks[move].is_held:
                lines.append(f"{move.display_name}: {checks[move].message}")
        if lines:
            raise UserError(
                self.env._(
                    "This needs a release before it is posted: open the invoice and choose Ask for "
                    "Release.\n%s",
                    "\n".join(lines),
                )
            )
        self.env["credit.check"]._lock([(move._get_credit_debtor(), checks[move]) for move in self])

    def _get_credit_debtor(self):
        """Who is to pay."""
        self.ensure_one()
        return self.sudo().commercial_partner_id._origin

    def _is_asked_for_credit(self):
        # OVERRIDE
        return bool(self._filter_credit_relevant(soft=False))

    def _is_credit_room_shown(self):
        # OVERRIDE: of those that are written now.
        is_written = self.move_type in GATED_TYPES and self.state == "draft"
        return is_written and bool(self._get_credit_debtor())

    def _filter_credit_relevant(self, soft):
        """Customer invoices that are posted now and of which something has to be paid."""
        return self.filtered(
            lambda move: (
                move.move_type in GATED_TYPES
                and move.company_id.credit_hold_invoices
                and move.state == "draft"
                and move._get_credit_debtor()
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
        # OVERRIDE
        self.ensure_one()
        return abs(self.amount_total_signed)

    def _prepare_credit_request(self, amounts=None):
        # OVERRIDE: draft invoices count as exposure already, unless the company chose otherwise.
        self.ensure_one()
        is_counted = self.company_id.credit_count_drafts and isinstance(self.id, int)
        amount = 0.0 if is_counted else self._get_credit_rise()
        return CreditRequest(
            self._get_credit_debtor(),
            amount if amounts is None else amounts.get(self, 0.0),
            move=self.sudo(),
        )
