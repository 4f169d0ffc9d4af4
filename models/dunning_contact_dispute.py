from odoo import fields, models


class DunningContact(models.Model):
    """A talk in which a debtor disputed something opens a dossier about it."""

    _inherit = "dunning.contact"

    # === FIELDS ===#
    dispute_reason_id = fields.Many2one("dispute.reason", "Reason of the Dispute")
    dispute_ids = fields.One2many("dispute.dossier", "dunning_contact_id", "Disputes")

    # === BUSINESS ===#
    def _open_disputes(self):
        """Open a dispute about the items, one per currency.

        :return: the disputes
        """
        self.ensure_one()
        parts = self._split(self.dispute_amount)
        disputes = self.env["dispute.dossier"]
        items = self.env["account.move.line"].union(*(item for item, _amount in parts))
        for of_currency in items.grouped("currency_id").values():
            disputes |= disputes._open(
                of_currency.move_id,
                self.dispute_reason_id,
                self._prepare_disputed_parts(
                    [(item, amount) for item, amount in parts if item in of_currency]
                ),
                company_id=self.company_id.id,
                partner_id=self.partner_id.id,
                origin="contact",
                date=self.date,
                description=self.note,
                dunning_contact_id=self.id,
            )
        return disputes

    def _prepare_disputed_parts(self, parts):
        """Values of the disputed invoices: as a whole when all that is open was meant.

        :param list parts: of an item and the part of it, 0 for all of it
        """
        values = []
        for move in self.env["account.move"].union(*(item.move_id for item, _part in parts)):
            own = [(item, part) for item, part in parts if item.move_id == move]
            items = move._get_dunning_items().filtered(
                lambda item: item.partner_id.commercial_partner_id == self.partner_id
            )
            whole = len(own) == len(items) and not any(part for _item, part in own)
            amount = sum(part or item.amount_residual_currency for item, part in own)
            values.append({"move_id": move.id, "amount": 0.0 if whole else amount})
        return values
