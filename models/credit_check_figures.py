from odoo import api, fields, models
from odoo.tools import format_amount, format_date


class CreditCheckEngine(models.AbstractModel):
    """The figures of a check that are kept with what was decided on them, for people to read."""

    _inherit = "credit.check"

    # === BUSINESS ===#
    @api.model
    def _render_figures(self, figures, company, release=None):
        """Show what was decided on.

        :param dict figures: as kept with an order or a release
        :param credit.release release: by which it passed, if any
        :return: markup; False without figures
        """
        if not figures:
            return False
        tables = (
            (self.env._("Decided on"), self._get_basis_rows(figures, company, release)),
            (self.env._("What counted"), self._get_counted_rows(figures, company)),
            (self.env._("Who bears it"), self._get_layer_rows(figures, company)),
        )
        return self.env["ir.qweb"]._render(
            "account_credit_management.credit_figures",
            {"tables": [(caption, rows) for caption, rows in tables if rows]},
        )

    def _get_basis_rows(self, figures, company, release):
        names = self.env["credit.hold.rule"]._fields["criterion"]
        labels = dict(names._description_selection(self.env))
        rows = (
            (self.env._("Day"), format_date(self.env, fields.Date.to_date(figures.get("date")))),
            *self._get_amount_rows(
                # Nothing used, and nothing added, is worth saying too.
                {"exposure": 0.0, "amount": 0.0, **figures},
                company,
                {
                    "limit": self.env._("Limit"),
                    "cover": self.env._("Cover in it"),
                    "exposure": self.env._("Used"),
                    "available": self.env._("Available"),
                    "group_left": self.env._("Left of the limit of the group"),
                    "amount": self.env._("Added by this"),
                    "overdue": self.env._("Overdue"),
                },
            ),
            (self.env._("Days overdue"), figures.get("oldest_days")),
            (
                self.env._("Causes"),
                ", ".join(labels.get(name, name) for name in figures.get("criteria", ())),
            ),
            (self.env._("Release"), release and release.display_name),
        )
        return [(label, text) for label, text in rows if text]

    def _get_counted_rows(self, figures, company):
        money = {"unallocated": -figures["unallocated"]} if "unallocated" in figures else {}
        return self._get_amount_rows(
            {**figures, **money},
            company,
            {
                "open_amount": self.env._("Open invoices"),
                "orders": self.env._("Orders to invoice"),
                "drafts": self.env._("Draft invoices"),
                "quotations": self.env._("Quotations sent"),
                "unallocated": self.env._("Money not allocated"),
            },
        )

    def _get_layer_rows(self, figures, company):
        return self._get_amount_rows(
            figures,
            company,
            {
                "guaranteed": self.env._("Guaranteed"),
                "insured": self.env._("Insured"),
                "factored": self.env._("Factored"),
                "own_risk": self.env._("Own risk"),
            },
        )

    def _get_amount_rows(self, figures, company, labels):
        """Labels and amounts in words, of those figures that there are."""
        return [
            (label, format_amount(self.env, figures[name], company.currency_id))
            for name, label in labels.items()
            if name in figures
        ]
