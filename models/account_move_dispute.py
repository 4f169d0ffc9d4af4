from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

VIEWER = "account_credit_management.group_viewer"
COMPARISONS = {"<": SQL("<"), "<=": SQL("<="), ">": SQL(">"), ">=": SQL(">=")}


class AccountMove(models.Model):
    """The disputes an invoice is in, and the one a credit note settles."""

    _inherit = "account.move"

    # === FIELDS ===#
    dispute_id = fields.Many2one(
        "dispute.dossier",
        "Settles Dispute",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
    dispute_line_ids = fields.One2many("dispute.dossier.line", "move_id", groups=VIEWER, copy=False)
    dispute_ids = fields.Many2many(
        "dispute.dossier",
        string="Disputes",
        compute="_compute_dispute_ids",
        search="_search_dispute_ids",
        compute_sudo=True,
        groups=VIEWER,
    )
    dispute_count = fields.Integer(
        "Number of Disputes", compute="_compute_dispute_ids", compute_sudo=True, groups=VIEWER
    )
    disputed_amount = fields.Monetary(
        compute="_compute_disputed_amount",
        search="_search_disputed_amount",
        compute_sudo=True,
        help="What is open and disputed now, in the currency of the document.",
    )

    # === COMPUTE ===#
    @api.depends("dispute_line_ids.dossier_id")
    def _compute_dispute_ids(self):
        for move in self:
            move.dispute_ids = move.dispute_line_ids.dossier_id
            move.dispute_count = len(move.dispute_ids)

    @api.model
    def _search_dispute_ids(self, operator, value):
        if operator not in ("in", "any"):
            return NotImplemented
        found = fields.Domain("dispute_line_ids.dossier_id", operator, value)
        if operator == "in" and False in value:
            found |= fields.Domain("dispute_line_ids", "=", False)
        return found

    @api.depends("amount_residual", "dispute_line_ids.dossier_id.state")
    def _compute_disputed_amount(self):
        amounts = self.env["dunning.block"]._get_disputed_amounts(moves=self._origin)
        for move in self:
            move.disputed_amount = amounts.get(move._origin.id, 0.0)

    @api.model
    def _search_disputed_amount(self, operator, value):
        """Search by what is disputed; nothing is disputed of most documents."""
        if operator != "in" and operator not in COMPARISONS:
            return NotImplemented
        if operator == "in":
            compare = SQL("IN %s", tuple(value))
        else:
            compare = SQL("%s %s", COMPARISONS[operator], value)
        held = self.env["dunning.block"]._get_disputed_sql(SQL("TRUE"))
        totals = SQL("(SELECT move_id, SUM(amount) AS amount FROM %s AS item GROUP BY 1)", held)
        found = fields.Domain(
            "id",
            "in",
            SQL("(SELECT move_id FROM %s AS disputed WHERE amount %s)", totals, compare),
        )
        zero_fits = {
            "in": lambda: any(number == 0 for number in value),
            "<": lambda: value > 0,
            "<=": lambda: value >= 0,
            ">": lambda: value < 0,
            ">=": lambda: value <= 0,
        }
        if zero_fits[operator]():
            found |= fields.Domain(
                "id", "not in", SQL("(SELECT move_id FROM %s AS disputed)", totals)
            )
        return found

    # === CRUD ===#
    def write(self, vals):
        # EXTENDS 'account'
        if "state" not in vals:
            return super().write(vals)
        changed = self.filtered(lambda move: move.state != vals["state"])
        posted = changed.filtered(lambda move: move.state == "posted")
        res = super().write(vals)
        disputes = self.env["dispute.dossier"]
        disputes._on_moves_changed(changed)
        if vals["state"] == "cancel":
            disputes._on_credit_gone(changed)
        elif vals["state"] == "draft":
            disputes._on_credit_reset(posted)
        else:
            disputes._on_credit_posted(changed)
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_disputed(self):
        """Say in words what the database would refuse."""
        line = (
            self.env["dispute.dossier.line"].sudo().search([("move_id", "in", self.ids)], limit=1)
        )
        if line:
            raise UserError(
                self.env._(
                    "%(invoice)s is disputed (%(dispute)s): cancel or credit it instead.",
                    invoice=line.move_id.display_name,
                    dispute=line.dossier_id.name,
                )
            )

    def unlink(self):
        # EXTENDS 'account'
        dossiers = self.sudo().dispute_id
        names = {dossier: self._get_credit_names(dossier) for dossier in dossiers}
        res = super().unlink()
        for dossier, name in names.items():
            dossier._lose_credit(name)
        return res

    # === BUSINESS ===#
    def _get_credit_names(self, dossier):
        """What to call the credit notes of a dispute among these documents."""
        credits = self.sudo().filtered(lambda move: move.dispute_id == dossier)
        return ", ".join(move.name or self.env._("Draft") for move in credits)
