from itertools import chain

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import SQL, format_date, html_escape

from .dunning_decision import SENT_STATES


class AccountMove(models.Model):
    """What dunning did with a document, what it will do, and why: live, from the decision."""

    _inherit = "account.move"

    # === FIELDS ===#
    dunning_policy_id = fields.Many2one(
        "dunning.policy",
        check_company=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        groups="account_credit_management.group_collector",
        domain="['|', ('company_id', '=', False), ('company_id', 'parent_of', company_id)]",
        help="For this document only. Empty: the policy of the debtor.",
    )
    dunning_level_id = fields.Many2one(
        "dunning.level",
        "Last Level",
        compute="_compute_dunning_history",
        search="_search_dunning_level_id",
        compute_sudo=True,
        help="The firmest level of which a reminder was really sent.",
    )
    dunning_last_date = fields.Date(
        "Last Reminder", compute="_compute_dunning_history", compute_sudo=True
    )
    dunning_next_level_id = fields.Many2one(
        "dunning.level", "Next Level", compute="_compute_dunning_next", compute_sudo=True
    )
    dunning_next_date = fields.Date(
        "Next Reminder", compute="_compute_dunning_next", compute_sudo=True
    )
    dunning_explanation = fields.Html(
        "Why",
        compute="_compute_dunning_next",
        compute_sudo=True,
        sanitize=False,
        help="What dunning does with this document next, and if nothing, why.",
    )
    dunning_notice_count = fields.Integer(
        "Reminders", compute="_compute_dunning_history", compute_sudo=True
    )
    has_dunning = fields.Boolean(
        compute="_compute_has_dunning",
        compute_sudo=True,
        help="Documents of this type are reminded: customer invoices, and the credit notes of "
        "suppliers where the company wants that.",
    )

    # === COMPUTE ===#
    @api.depends("move_type", "company_id.dunning_supplier_debits")
    def _compute_has_dunning(self):
        for move in self:
            move.has_dunning = move._is_dunning_document()

    def _compute_dunning_history(self):
        lines = (
            self.env["dunning.notice.line"]
            .sudo()
            .search(
                [("move_line_id.move_id", "in", self.ids), ("state", "in", SENT_STATES)],
                order="severity desc, sent_date desc, id desc",
            )
        )
        by_move = lines.grouped("move_id")
        for move in self:
            history = by_move.get(move._origin, lines.browse())
            move.dunning_level_id = history[:1].level_id
            move.dunning_last_date = max(history.mapped("sent_date"), default=False)
            move.dunning_notice_count = len(history.notice_id)

    @api.model
    def _search_dunning_level_id(self, operator, value):
        """Search by the last level that was sent; ``= False`` finds what was never reminded."""
        if operator not in ("in", "any"):
            return NotImplemented
        last_levels = SQL(
            """(
            SELECT DISTINCT ON (item.move_id) item.move_id, line.level_id
              FROM dunning_notice_line line
              JOIN account_move_line item ON item.id = line.move_line_id
             WHERE line.state IN %s
             ORDER BY item.move_id, line.severity DESC, line.sent_date DESC NULLS LAST,
                      line.id DESC)""",
            SENT_STATES,
        )
        levels = value if operator == "in" else self.env["dunning.level"]._search(value)
        wanted = [level for level in levels if level]
        self.env["dunning.notice.line"].flush_model(["state", "severity", "sent_date", "level_id"])
        found = SQL(
            "(SELECT move_id FROM %s AS last_level WHERE level_id IN %s)",
            last_levels,
            tuple(wanted) or (0,),
        )
        domain = fields.Domain("id", "in", found)
        if operator == "in" and len(wanted) < len(list(levels)):
            domain |= fields.Domain(
                "id", "not in", SQL("(SELECT move_id FROM %s AS last_level)", last_levels)
            )
        return domain

    @api.depends("payment_state", "state", "line_ids.date_maturity", "is_move_sent")
    @api.depends_context("lang")
    def _compute_dunning_next(self):
        self.dunning_next_level_id = False
        self.dunning_next_date = False
        self.dunning_explanation = False
        receivables = self.filtered(
            lambda move: move.state == "posted" and move._is_dunning_document() and move._origin
        )
        today = fields.Date.context_today(self)
        rules = self.env["dunning.decision"]
        for company, moves in receivables.grouped("company_id").items():
            by_move = {move_id: [] for move_id in moves._origin.ids}
            for decision in rules._decide(company, today, moves.commercial_partner_id):
                if decision.move_id in by_move:
                    by_move[decision.move_id].append(decision)
            rules._fetch_for_explanations(list(chain.from_iterable(by_move.values())))
            for move in moves:
                move._set_dunning_next(by_move[move._origin.id])

    def _set_dunning_next(self, decisions):
        """Fill the fields of one document from the decisions on its items."""
        self.ensure_one()
        if not decisions:
            self.dunning_explanation = self.env._("Nothing is open on this document.")
            return
        planned = [decision for decision in decisions if decision.level_id and decision.date]
        if planned:
            first = min(planned, key=lambda decision: decision.date)
            self.dunning_next_level_id = first.level_id
            if first.outcome == "remind" or first.reason in ("not_yet", "pending"):
                self.dunning_next_date = first.date
        explain = self.env["dunning.decision"]._explain
        if len(decisions) == 1:
            self.dunning_explanation = html_escape(explain(decisions[0]))
            return
        line = Markup("<div>%s, %s: %s</div>")
        self.dunning_explanation = Markup().join(
            line
            % (
                format_date(self.env, decision.due),
                self.currency_id.format(decision.amount),
                explain(decision),
            )
            for decision in decisions
        )

    # === ACTIONS ===#
    def action_mark_as_sent(self):
        """Record that invoices were delivered by other means than Odoo, so that they count as
        delivered for reminders."""
        documents = self.filtered(
            lambda move: (
                move.is_sale_document(include_receipts=True)
                and move.state == "posted"
                and not move.is_move_sent
            )
        )
        documents.is_move_sent = True
        documents._message_log_batch(
            bodies=dict.fromkeys(documents.ids, self.env._("Marked as sent by other means."))
        )

    def action_open_dunning_notices(self):
        self.ensure_one()
        return self.env["dunning.notice"]._get_list_action(
            [("line_ids.move_line_id.move_id", "=", self.id)]
        )

    def action_pause_dunning(self):
        """Open the form of a new pause for the open items of this document."""
        self.ensure_one()
        return self.env["dunning.block"]._get_pause_action(
            self.company_id, self.commercial_partner_id, self._get_dunning_items()
        )

    # === BUSINESS ===#
    def _is_dunning_document(self):
        """Whether what is open on a document of this type is an item."""
        self.ensure_one()
        if self.move_type == "in_refund":
            return self.company_id.dunning_supplier_debits
        return self.move_type in ("out_invoice", "out_receipt")

    def _get_dunning_items(self):
        """The open lines of these documents that the debtor owes."""
        return self.line_ids.filtered(
            lambda line: (
                line.account_type in ("asset_receivable", "liability_payable")
                and not line.reconciled
                and line.amount_residual_currency > 0
            )
        )
