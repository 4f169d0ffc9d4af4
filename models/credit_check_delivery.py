from odoo import api, models
from odoo.exceptions import UserError

from .credit_check import DELIVERY_CRITERIA, CreditRequest


class CreditCheckEngine(models.AbstractModel):
    """The gate of deliveries, where the inventory is installed.

    The module does not depend on it, so its method is wrapped once the models are there.
    """

    _inherit = "credit.check"

    # === HOOKS ===#
    def _register_hook(self):
        super()._register_hook()
        if "stock.picking" not in self.env:
            return
        picking_class = self.env.registry["stock.picking"]
        origin = picking_class._action_done
        if hasattr(origin, "credit_origin"):
            return

        def _action_done(pickings):
            pickings.env["credit.check"]._gate_pickings(pickings)
            return origin(pickings)

        _action_done.credit_origin = origin
        picking_class._action_done = _action_done

    def _unregister_hook(self):
        res = super()._unregister_hook()
        if "stock.picking" in self.env:
            picking_class = self.env.registry["stock.picking"]
            if hasattr(picking_class.__dict__.get("_action_done"), "credit_origin"):
                del picking_class._action_done
        return res

    # === BUSINESS ===#
    @api.model
    def _gate_pickings(self, pickings):
        """Raise when goods are about to leave to a debtor who is held and not released, or that
        were to be paid before. The limit is not asked again: it was, when the order was
        confirmed."""
        outgoing = pickings.sudo().filtered(
            lambda picking: (
                picking.picking_type_id.code == "outgoing"
                and picking.partner_id
                and picking.location_dest_id.usage == "customer"
            )
        )
        lines = []
        for company, group in outgoing.grouped("company_id").items():
            requests = [self._prepare_delivery_request(picking) for picking in group]
            checks = self._check_many(company, requests)
            debtors = self.env["res.partner"].union(*(request.debtor for request in requests))
            releases = self.env["credit.release"]
            if any(check.outcome == "approve" for check in checks):
                releases = releases._get_in_force(company, debtors)
            day = company._get_dunning_today()
            for picking, request, check in zip(group, requests, checks, strict=True):
                is_released = check.outcome == "approve" and releases._find_covering(
                    request, check.criteria, 0.0, day
                )
                if check.is_held and not is_released:
                    lines.append(f"{picking.display_name}: {check.message}")
        if lines:
            raise UserError(
                self.env._(
                    "This is not delivered without a release: ask for it on the order or the "
                    "customer.\n%s",
                    "\n".join(lines),
                )
            )

    def _prepare_delivery_request(self, picking):
        order = picking.sale_id if "sale_id" in picking._fields else self.env["sale.order"]
        debtor = order._get_hold_debtor() if order else picking.partner_id.commercial_partner_id
        return CreditRequest(debtor, order=order or None, criteria=DELIVERY_CRITERIA)
