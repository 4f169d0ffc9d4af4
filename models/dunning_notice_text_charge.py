from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError

from .receivable_charge import OWED_STATES
from .statutory_letter import LETTER_LAWS
from .statutory_letter_term import COUNTING_STATES

# What the words about costs and interest depend on.
CHARGE_WORDS = (
    "statutory_law",
    "pay_before",
    "amount_total",
    "amount_interest",
    "amount_costs",
    "amount_interest_announced",
    "amount_costs_announced",
)
# Stages whose texts speak of no costs: a service before the due date, and no message at all.
SILENT_STAGES = ("courtesy", "handover")
# Of the items in a letter, fewer leave room for what is said about costs; of those in an annex, for
# the rows of costs and interest above the total.
CHARGED_LETTER_ITEMS = 3
CHARGED_ANNEX_ROWS = 37
# The words of the law take more room, and in Belgium each item takes a second line.
STATUTORY_LETTER_ITEMS = 2
DESCRIBED_ANNEX_ROWS = 22


class DunningNotice(models.Model):
    """Texts about costs and interest: what is asked, what will be, and the words of the law.

    The fields are placeholders for the mail templates. Everything that the law wants a reminder to
    a consumer to say is in ``charge_block`` alone, so that it is complete wherever it is placed.
    Its words are in ``dunning_notice_text_law.py``.
    """

    _inherit = "dunning.notice"

    # === FIELDS ===#
    statutory_law = fields.Selection(
        LETTER_LAWS,
        compute="_compute_statutory_law",
        compute_sudo=True,
        help="The law that tells what this reminder to a consumer must say. Then `charge_block` "
        "states the term. Empty: an ordinary reminder.",
    )
    charge_block = fields.Html(
        compute="_compute_charge_block",
        compute_sudo=True,
        sanitize=False,
        help="Costs and interest in words, for use in a text; to consumers with the term and all "
        "else that the law wants. Empty when there are none.",
    )
    charge_block_informal = fields.Html(
        compute="_compute_charge_block_informal",
        compute_sudo=True,
        sanitize=False,
        help="The same in an informal tone.",
    )

    # === COMPUTE ===#
    @api.depends("partner_id", "company_id", "level_id", "line_ids.state", "statutory_letter_ids")
    def _compute_statutory_law(self):
        for notice in self:
            notice.statutory_law = notice._get_statutory_law()

    @api.depends(*CHARGE_WORDS)
    @api.depends_context("lang", "dunning_paper", "dunning_page")
    def _compute_charge_block(self):
        for notice in self:
            notice.charge_block = notice._render_charges(informal=False)

    @api.depends(*CHARGE_WORDS)
    @api.depends_context("lang", "dunning_paper", "dunning_page")
    def _compute_charge_block_informal(self):
        for notice in self:
            notice.charge_block_informal = notice._render_charges(informal=True)

    # === BUSINESS ===#
    def _get_statutory_law(self):
        """The law of the statutory letter that this notice is, was, or is to become."""
        self.ensure_one()
        if self.statutory_letter_ids:
            return self.statutory_letter_ids[:1].law
        if self.stage in SILENT_STAGES or self.state == "corrected":
            return False
        law = self.env["statutory.letter"]._get_law(self.partner_id, self.company_id)
        if not law or not self._is_statutory_for(law):
            return False
        # An example that was invented has no items, but the words of a real one.
        if not self._get_valid_lines().move_line_id:
            return law
        _overdue, fresh = self._get_statutory_lines(self._get_text_date())
        return law if fresh else False

    def _get_earlier_letters(self):
        """The statutory letters about these items before this notice that count."""
        self.ensure_one()
        return self.env["statutory.letter"].search(
            [
                ("item_ids.move_line_id", "in", self._get_valid_lines().move_line_id.ids),
                ("state", "in", COUNTING_STATES),
                ("notice_id", "!=", self._origin.id),
            ],
            order="sent_date desc",
        )

    def _get_clause_rate(self):
        """Percent of the interest that a Belgian consumer owes by the contract at the most; nothing
        where none is charged, or the rate of that day is not known."""
        self.ensure_one()
        policy = self.level_id.policy_id
        if not policy.consumer_clause or not any(policy.level_ids.mapped("charge_interest")):
            return False
        day = self._get_text_date()
        try:
            rates = self.env["statutory.rate"]._get_rates("be_commercial", day, day)
        except UserError:
            return False
        return self._format_percentage(rates[-1:]._get_percent())

    def _get_declared_vat(self):
        """Percent of VAT in the costs, which the law wants to be declared; 0 when there is none."""
        self.ensure_one()
        company = self.company_id
        scheme, _note = self.env["statutory.cost"]._resolve(self.level_id, self.partner_id, company)
        has_vat = company.charge_vat and scheme in ("nl_business", "nl_consumer")
        if not has_vat and not self.currency_id.is_zero(self.amount_costs):
            # Those of an earlier letter, whatever this level says.
            charges = self.env["receivable.charge"]
            items = self._get_valid_lines().move_line_id
            owed = charges._find_charges(items, OWED_STATES, "costs")
            has_vat = any(owed.mapped("amount_vat"))
        return company.charge_vat_percentage if has_vat else 0.0

    # === BUSINESS: INTEREST ===#
    def _get_interest_statement(self):
        """Return the statement of the interest that this notice asks or announces, not stored.

        Empty when there is no interest, or none of this level.
        """
        self.ensure_one()
        statements = self.env["interest.statement"]
        amounts = (self.amount_interest, self.amount_interest_announced)
        items = self._get_valid_lines().move_line_id
        if not (self.level_id.charge_interest and items and any(amounts)):
            return statements
        statement = statements.new(
            {
                "partner_id": self.partner_id.id,
                "company_id": self.company_id.id,
                "date_until": self._get_text_date(),
                "item_ids": items.ids,
            }
        )
        return statement if any(claim.lines for claim in statement._get_claims()) else statements

    # === BUSINESS: LETTER ===#
    def _get_max_letter_items(self):
        # EXTENDS
        if self.statutory_law:
            return 1 if self._get_declared_vat() else STATUTORY_LETTER_ITEMS
        return CHARGED_LETTER_ITEMS if self.charge_block else super()._get_max_letter_items()

    def _get_annex_rows(self):
        # EXTENDS
        if self.statutory_law == "be":
            return DESCRIBED_ANNEX_ROWS
        return CHARGED_ANNEX_ROWS if self._has_charge_rows() else super()._get_annex_rows()

    def _get_letter_css(self, report_type):
        # EXTENDS: a longer text stays on one page
        css = super()._get_letter_css(report_type)
        if not self.charge_block:
            return css
        return css + Markup(
            """
            .acm_first { padding-bottom: 9.5mm; }
            .acm_letter h1 { margin-bottom: 3.5mm; }
            .acm_letter .acm_text { font-size: 9pt; line-height: 1.35; }
            .acm_letter .acm_text p { margin-bottom: 1.6mm; }
            .acm_letter .acm_text table.acm_items { margin: 2.5mm 0; font-size: 8.5pt; }
            .acm_letter .acm_text .acm_items td { line-height: 3.8mm; }
            .acm_letter .acm_text table.acm_payment { margin: 2.5mm 0; font-size: 9pt; }
            .acm_letter .acm_text td.acm_payment_bank { padding: 2.5mm 4mm; }
            .acm_letter .acm_text td.acm_payment_qr { padding: 2.5mm 4mm 1.5mm 0; }
            .acm_letter .acm_payment_qr img { width: 20mm; height: 20mm; }
            """
        )

    def _has_charge_rows(self):
        """Whether anything is asked beside the items, so that their sum is not the total."""
        return not all(map(self.currency_id.is_zero, (self.amount_interest, self.amount_costs)))

    def _render_charges(self, informal):
        """Render what is said about costs and interest; nothing when there is nothing to say."""
        self.ensure_one()
        amounts = (
            self.amount_interest,
            self.amount_costs,
            self.amount_interest_announced,
            self.amount_costs_announced,
        )
        silent = self.stage in SILENT_STAGES or self.state == "corrected"
        if silent or not (self.statutory_law or any(amounts)):
            return False
        return self._render_text_view(
            "dunning_charges", paragraphs=self._get_charge_paragraphs(informal)
        )
