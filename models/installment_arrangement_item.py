from odoo import api, fields, models
from odoo.exceptions import ValidationError


class InstallmentArrangementItem(models.Model):
    """An open item, or a part of one, that is paid in installments."""

    _name = "installment.arrangement.item"
    _description = "Item of an Installment Arrangement"
    _inherit = ["receivable.part"]
    _order = "arrangement_id, is_charge, id"
    _check_company_auto = True

    # === FIELDS ===#
    arrangement_id = fields.Many2one(
        "installment.arrangement", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="arrangement_id.company_id", store=True, index=True, precompute=True
    )
    is_charge = fields.Boolean(
        readonly=True, help="The invoice of interest and costs that the plan itself brought."
    )

    _amount_positive = models.Constraint("CHECK (amount > 0)", "Nothing is left to arrange of it.")
    _item_once = models.UniqueIndex(
        "(arrangement_id, move_line_id)", "An item is in an arrangement once."
    )

    # === CONSTRAINTS ===#
    @api.constrains("amount", "arrangement_id", "move_line_id")
    def _check_item(self):
        for item in self:
            arrangement, line = item.arrangement_id, item.move_line_id.sudo()
            if (
                line.account_type != "asset_receivable"
                or line.parent_state != "posted"
                or line.company_id != arrangement.company_id
                or line.partner_id.commercial_partner_id != arrangement.partner_id
            ):
                if arrangement.state == "draft":
                    raise ValidationError(
                        self.env._(
                            "%(item)s is no open item of %(debtor)s in this company.",
                            item=line.display_name,
                            debtor=arrangement.partner_id.display_name,
                        )
                    )
            elif line.currency_id != arrangement.currency_id:
                raise ValidationError(
                    self.env._(
                        "%(item)s is in %(currency)s: an arrangement has one currency.",
                        item=line.display_name,
                        currency=line.currency_id.name,
                    )
                )
            if arrangement.state == "draft":
                item._check_open()

    # === CRUD ===#
    @api.model_create_multi
    def create(self, vals_list):
        """What is open now is the start from which payments count; all of it unless said."""
        lines = self.env["account.move.line"].sudo()
        gate = self.env["installment.arrangement"]._is_gate_open()
        values = []
        for vals in vals_list:
            residual = lines.browse(vals.get("move_line_id")).amount_residual_currency
            start = {"amount": residual, **vals, "residual_start": residual}
            values.append(start if gate else {**start, "is_charge": False})
        items = super().create(values)
        items._check_editable()
        return items

    def write(self, vals):
        self._check_editable()
        if {"is_charge", "residual_start"} & vals.keys() and not self._is_gate_open():
            vals = {key: vals[key] for key in vals.keys() - {"is_charge", "residual_start"}}
        res = super().write(vals)
        if "arrangement_id" in vals:
            self._check_editable()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_agreed(self):
        self._check_editable()

    # === BUSINESS ===#
    def _is_gate_open(self):
        return self.env["installment.arrangement"].with_env(self.env)._is_gate_open()

    def _check_editable(self):
        """Items are those that were offered, unless the arrangement itself changes them."""
        if self._is_gate_open():
            return
        for arrangement in self.arrangement_id:
            arrangement._check_writable({"item_ids": True})
            if arrangement.approved_by_id:
                arrangement._with_gate_open().approved_by_id = False

    def _check_open(self):
        """Refuse to arrange more than is open by now."""
        for item in self:
            line = item.move_line_id.sudo()
            residual = 0.0 if line.parent_state != "posted" else line.amount_residual_currency
            if item.currency_id.compare_amounts(item.amount, residual) > 0:
                raise ValidationError(
                    self.env._(
                        "Of %(item)s only %(residual)s is open: plan again.",
                        item=line.display_name,
                        residual=item.currency_id.format(residual),
                    )
                )
