from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .dunning_decision import SENT_STATES


class ResPartner(models.Model):
    """Whether new orders of a debtor have to wait: from the reminders that really went out."""

    _inherit = "res.partner"

    # === FIELDS ===#
    dunning_order_hold = fields.Boolean(
        "Orders on Hold",
        compute="_compute_dunning_order_hold",
        search="_search_dunning_order_hold",
        compute_sudo=True,
        groups="account_credit_management.group_viewer",
        help="An open item of the debtor was reminded at a level that holds new orders.",
    )
    dunning_hold_level_id = fields.Many2one(
        "dunning.level",
        "Held by Level",
        compute="_compute_dunning_order_hold",
        compute_sudo=True,
        groups="account_credit_management.group_viewer",
    )
    dunning_hold_date = fields.Date(
        "Held Since",
        compute="_compute_dunning_order_hold",
        compute_sudo=True,
        groups="account_credit_management.group_viewer",
    )
    dunning_hold_document = fields.Char(
        "Held for",
        compute="_compute_dunning_order_hold",
        compute_sudo=True,
        groups="account_credit_management.group_viewer",
    )

    # === COMPUTE ===#
    @api.depends("commercial_partner_id")
    @api.depends_context("company")
    def _compute_dunning_order_hold(self):
        query = self._get_order_hold_sql(self.env.company, self.commercial_partner_id.ids)
        holds = {row[0]: row[1:] for row in self.env.execute_query(query)}
        for partner in self:
            level, date, document = holds.get(
                partner.commercial_partner_id._origin.id, (False, False, False)
            )
            partner.dunning_order_hold = bool(level)
            partner.dunning_hold_level_id = level
            partner.dunning_hold_date = date
            partner.dunning_hold_document = document

    @api.model
    def _search_dunning_order_hold(self, operator, value):
        if operator != "in":
            return NotImplemented
        query = self._get_order_hold_sql(self.env.company)
        held = SQL("(SELECT partner_id FROM (%s) AS hold)", query)
        return Domain("commercial_partner_id", "in" if True in value else "not in", held)

    # === BUSINESS ===#
    @api.model
    def _get_order_hold_sql(self, company, partner_ids=None):
        """The firmest reminder per commercial partner that holds orders: partner_id, level_id,
        sent_date, move_name. Holding begins at a level and goes on at those after it.

        :param res.company company: whose items
        :param list partner_ids: commercial partners to restrict to, None for all
        """
        lines = self.env["dunning.notice.line"]._fields
        items = self.env["account.move.line"]._fields
        return SQL(
            """
            SELECT DISTINCT ON (person.commercial_partner_id)
                   person.commercial_partner_id AS partner_id, line.level_id, line.sent_date,
                   line.move_name
              FROM dunning_notice_line line
              JOIN dunning_level level ON level.id = line.level_id AND level.hold_orders
              JOIN account_move_line item ON item.id = line.move_line_id
              JOIN res_partner person ON person.id = item.partner_id
             WHERE line.state IN %(sent)s
               AND line.company_id = %(company_id)s
               AND item.parent_state = 'posted'
               AND item.reconciled IS NOT TRUE
               AND item.amount_residual_currency > 0
               %(partners)s
             ORDER BY person.commercial_partner_id, line.severity DESC, line.sent_date DESC,
                      line.id DESC""",
            sent=SENT_STATES,
            company_id=company.id,
            partners=SQL("AND person.commercial_partner_id IN %s", tuple(partner_ids) or (0,))
            if partner_ids is not None
            else SQL(),
            to_flush=[
                self.env["dunning.level"]._fields["hold_orders"],
                self._fields["commercial_partner_id"],
                *(
                    lines[name]
                    for name in (
                        "company_id",
                        "level_id",
                        "move_line_id",
                        "sent_date",
                        "severity",
                        "state",
                    )
                ),
                *(
                    items[name]
                    for name in (
                        "amount_residual_currency",
                        "parent_state",
                        "partner_id",
                        "reconciled",
                    )
                ),
            ],
        )
