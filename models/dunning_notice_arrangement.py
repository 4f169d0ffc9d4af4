from odoo import models
from odoo.exceptions import UserError


class DunningNotice(models.Model):
    """A reminder and installments: what is arranged is not asked for on its page, and the rest can
    be asked to be paid in installments."""

    _inherit = "dunning.notice"

    # === BUSINESS ===#
    def _get_arrangements(self):
        """Arrangements of items of this reminder that the debtor has agreed to, or can."""
        self.ensure_one()
        items = (
            self.env["installment.arrangement.item"]
            .sudo()
            .search(
                [
                    ("move_line_id", "in", self._get_valid_lines().move_line_id.ids),
                    ("arrangement_id.state", "in", ("offered", "active")),
                ]
            )
        )
        return items.arrangement_id

    def _get_portal_rows(self):
        # EXTENDS: what is held by an arrangement says so
        rows = super()._get_portal_rows()
        arranged = self._get_arrangements().item_ids.move_line_id
        for row in rows:
            if row["line"].move_line_id in arranged:
                row["arranged"] = True
                if row["status"] == "held":
                    row["status"] = "arranged"
        return rows

    def _get_arrangement_page_values(self):
        """What the page shows of installments: those there are, or the form to ask for them."""
        self.ensure_one()
        arrangements = self._get_arrangements().filtered(
            lambda arrangement: arrangement._is_visible() and not arrangement._is_expired()
        )
        requests = self.env["installment.arrangement"]
        company = self.company_id
        open_request = requests._get_open_request(self.partner_id, company)
        return {
            "arrangements": arrangements,
            "can_ask": bool(
                company.arrangement_portal != "off"
                and not open_request
                and not self._is_of_supplier()
                and self._get_payment_status() == "due"
                and self._get_payable_amounts()
            ),
            "is_asked": bool(open_request and open_request.state == "draft"),
            "ask_values": requests._get_request_values(company),
            "ask_error": False,
            "entered": {},
        }

    def _request_arrangement(self, entered):
        """Ask to pay in installments what is left to pay of this reminder.

        :param dict entered: as the browser sent it
        :raise UserError: in words for the debtor
        """
        self.ensure_one()
        status = self._get_payment_status()
        if self._is_of_supplier() or status != "due" or not self._get_payable_amounts():
            raise UserError(self.env._("There is nothing to pay here now."))
        return self.env["installment.arrangement"]._request_online(
            self.partner_id, self._get_payable_amounts(), entered, self.contact_id
        )
