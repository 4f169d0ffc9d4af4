from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .dispute_dossier import HOLDING_STATES


class DunningBlock(models.Model):
    """Blocks of what is disputed: the one place where disputed amounts are read."""

    _inherit = "dunning.block"

    # === CRUD ===#
    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS: disputed amounts follow
        blocks = super().create(vals_list)
        blocks._forget_disputed_amounts()
        return blocks

    def write(self, vals):
        # EXTENDS: disputed amounts follow
        res = super().write(vals)
        self._forget_disputed_amounts()
        return res

    def unlink(self):
        # EXTENDS: disputed amounts follow
        disputes = self.filtered(lambda block: block.kind == "dispute")
        res = super().unlink()
        if disputes:
            self._forget_amounts()
        return res

    # === ACTIONS ===#
    def action_lift(self):
        # EXTENDS: whoever wants to remind what is disputed settles the dispute
        for block in self.filtered(lambda block: not block.lifted_date):
            dossier = block._get_dispute().sudo()
            if dossier.state in HOLDING_STATES or (dossier and not block.date_to):
                raise UserError(
                    self.env._("It is disputed: settle or withdraw %s instead.", dossier.name)
                )
        return super().action_lift()

    # === BUSINESS ===#
    def _get_dispute(self):
        """The dispute that this block holds an item for; empty for any other block."""
        dossiers = self.env["dispute.dossier"]
        if self.kind != "dispute" or self.res_model != dossiers._name:
            return dossiers
        return dossiers.browse(self.res_id).exists()

    def _is_fresh_term(self):
        """Whether this only gives time to pay what was disputed: it can be paid meanwhile."""
        self.ensure_one()
        return bool(self.kind == "dispute" and self.res_model == "dispute.dossier" and self.date_to)

    def _forget_disputed_amounts(self):
        if any(block.kind == "dispute" for block in self):
            self._forget_amounts()

    def _forget_amounts(self):
        self.env["account.move"].invalidate_model(["disputed_amount"])
        self.env["res.partner"].invalidate_model(["disputed_amount"])
        self.env["dispute.dossier"].invalidate_model(
            ["amount_disputed", "amount_undisputed", "warning"]
        )

    @api.model
    def _get_disputed_amounts(self, moves=None, dossiers=None, items=None):
        """What is disputed now, of invoices, in dossiers or of items, in the currency of the items.

        :rtype: dict[int, float]
        """
        of_dossier = SQL("block.res_model = 'dispute.dossier' AND block.res_id")
        key, column, records = next(
            choice
            for choice in (
                ("move_id", SQL("line.move_id"), moves),
                ("item_id", SQL("line.id"), items),
                ("dossier_id", of_dossier, dossiers),
            )
            if choice[2] is not None
        )
        if not records.ids:
            return {}
        query = SQL(
            "SELECT %s, SUM(amount) FROM %s AS held GROUP BY 1",
            SQL.identifier(key),
            self._get_disputed_sql(SQL("%s IN %s", column, tuple(records.ids)), key),
        )
        return {key: float(amount) for key, amount in self.env.execute_query(query)}

    @api.model
    def _get_disputed_sql(self, condition, key="move_id"):
        """Return a subselect of what is disputed, one row per item and ``key``.

        Columns: ``item_id``, ``move_id``, ``partner_id``, ``company_id``, ``date_due``,
        ``dossier_id`` (when it is the key), ``amount`` in the currency of the item and
        ``amount_company`` in that of the company. Never more than what is open. The fresh term
        after a dispute does not count.
        """
        dossier = SQL("block.res_id") if key == "dossier_id" else SQL("NULL::integer")
        return SQL(
            """(
            SELECT line.id AS item_id, line.move_id, line.partner_id, line.company_id,
                   COALESCE(line.date_maturity, line.date) AS date_due,
                   %(dossier)s AS dossier_id,
                   LEAST(line.amount_residual_currency,
                         CASE WHEN BOOL_OR(COALESCE(block.amount, 0) = 0)
                              THEN line.amount_residual_currency
                              ELSE SUM(block.amount) END) AS amount,
                   LEAST(line.amount_residual_currency,
                         CASE WHEN BOOL_OR(COALESCE(block.amount, 0) = 0)
                              THEN line.amount_residual_currency
                              ELSE SUM(block.amount) END)
                   * line.amount_residual / line.amount_residual_currency AS amount_company
              FROM dunning_block block
              JOIN account_move_line line ON line.id = block.move_line_id
             WHERE block.kind = 'dispute'
               AND block.lifted_date IS NULL
               AND CASE WHEN block.res_model = 'dispute.dossier' THEN block.date_to IS NULL
                        ELSE block.date_from <= %(day)s
                             AND (block.date_to IS NULL OR block.date_to >= %(day)s)
                   END
               AND line.parent_state = 'posted'
               AND line.amount_residual_currency > 0
               AND %(condition)s
             GROUP BY line.id, %(dossier)s)""",
            dossier=dossier,
            day=fields.Date.context_today(self),
            condition=condition,
            to_flush=[
                *(
                    self._fields[name]
                    for name in (
                        "amount",
                        "date_from",
                        "date_to",
                        "kind",
                        "lifted_date",
                        "move_line_id",
                        "res_id",
                        "res_model",
                    )
                ),
                *(
                    self.env["account.move.line"]._fields[name]
                    for name in (
                        "amount_residual",
                        "amount_residual_currency",
                        "company_id",
                        "date",
                        "date_maturity",
                        "move_id",
                        "parent_state",
                        "partner_id",
                    )
                ),
            ],
        )
