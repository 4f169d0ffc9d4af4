from collections import defaultdict

from odoo import api, fields, models

VIEWER = "account_credit_management.group_viewer"


class ResPartner(models.Model):
    """What a debtor promised, and how often he kept it."""

    _inherit = "res.partner"

    # === FIELDS ===#
    promise_count = fields.Integer(
        "Promises", compute="_compute_promise_count", compute_sudo=True, groups=VIEWER
    )
    promise_settled_count = fields.Integer(
        "Settled Promises",
        compute="_compute_promise_count",
        compute_sudo=True,
        groups=VIEWER,
        help="Promises that were kept, partly kept or broken.",
    )
    promise_kept_rate = fields.Float(
        "Promises Kept (%)",
        compute="_compute_promise_count",
        compute_sudo=True,
        groups=VIEWER,
        help="Of the promises that were settled, by this company. One that was kept in part or "
        "too late was not kept.",
    )

    # === COMPUTE ===#
    @api.depends("commercial_partner_id")
    @api.depends_context("company")
    def _compute_promise_count(self):
        counts = defaultdict(dict)
        for debtor, state, count in self.env["collection.promise"]._read_group(
            [
                ("company_id", "=", self.env.company.id),
                ("partner_id", "in", self.commercial_partner_id._origin.ids),
            ],
            ["partner_id", "state"],
            ["__count"],
        ):
            counts[debtor.id][state] = count
        for partner in self:
            by_state = counts[partner.commercial_partner_id._origin.id]
            kept = by_state.get("kept", 0)
            settled = kept + by_state.get("partly", 0) + by_state.get("broken", 0)
            partner.promise_count = sum(by_state.values())
            partner.promise_settled_count = settled
            partner.promise_kept_rate = 100.0 * kept / settled if settled else 0.0

    # === ACTIONS ===#
    def action_open_promises(self):
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "account_credit_management.action_collection_promise"
        )
        return action | {
            "domain": [("partner_id", "=", self.commercial_partner_id.id)],
            "context": {},
        }

    def action_promise_to_pay(self):
        """Note a promise about everything that is overdue."""
        self.ensure_one()
        return self.env["collection.promise.make"]._get_open_action(
            partner=self.commercial_partner_id
        )
