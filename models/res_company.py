from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..calc import reference

DEBTOR_CODE_SEQUENCE = "res.partner.debtor.code"


class ResCompany(models.Model):
    _inherit = "res.company"

    # === FIELDS ===#

    debtor_code_check_digit = fields.Boolean(
        string="Check Digit in Debtor Codes",
        help="New debtor codes end with a check digit over their digits (Luhn), so that a "
        "mistyped code is not taken for another customer. Existing codes stay as they are.",
    )

    dunning_policy_id = fields.Many2one(
        "dunning.policy",
        string="Default Dunning Policy",
        ondelete="restrict",
        domain="['|', ('company_id', '=', False), ('company_id', 'parent_of', id)]",
        help="For debtors without a policy of their own. Empty: the first policy of the list.",
    )
    dunning_user_id = fields.Many2one(
        "res.users",
        string="Contact for Debtors",
        help="Named in reminders as the person to call. Empty: the salesperson of the debtor.",
    )
    dunning_reply_email = fields.Char(
        string="Replies to Reminders",
        help="E-mail address that answers of debtors go to. Empty: the one for incoming mail, "
        "else that of the contact for debtors.",
    )
    dunning_letter_window = fields.Selection(
        [("left", "Left"), ("right", "Right")],
        string="Address Window",
        default="left",
        required=True,
        help="Side of the window in your envelopes: usually left in the Netherlands and Germany, "
        "right in Belgium and France.",
    )
    dunning_post_letters = fields.Boolean(
        string="Post Letters with Snailmail",
        help="The postal service of Odoo prints and posts the letters. Without it they are printed "
        "and posted by hand.",
    )
    dunning_block_review_days = fields.Integer(
        string="Review Pauses After",
        default=60,
        help="Days after which someone is asked whether reminders still have to be held.",
    )
    dunning_weekly_cap = fields.Integer(
        string="Messages per Week",
        help="No debtor gets more messages than this within seven days, over all kinds. "
        "Zero: no limit.",
    )
    dunning_saturday = fields.Boolean(
        string="Saturday Is a Working Day",
        help="The daily reminders run on working days: Monday to Friday, without the public "
        "holidays of the company's country. For your own closed days, such as a construction "
        "holiday or the year end, pause the whole company.",
    )
    dunning_send_from = fields.Float(
        string="Send From",
        default=0.0,
        help="Messages leave the house on working days between these hours, in the time zone of "
        "the company. From 0 until 24: at any moment.",
    )
    dunning_send_until = fields.Float(string="Send Until", default=24.0)
    dunning_emails_per_minute = fields.Integer(
        string="E-mails per Minute",
        help="As many e-mails as the mail server takes from you in a minute; the others wait for "
        "the next one. Zero: no limit.",
    )
    dunning_bank_max_age = fields.Integer(
        string="Bank Booked Until",
        help="Reminders wait when the newest bank transaction is older than so many days. "
        "Zero: they never wait for it.",
    )
    dunning_begin = fields.Selection(
        [
            ("first", "Everyone at the first level"),
            ("age", "At the level that the age of an item calls for, with one message"),
            ("date", "Only what falls due from the start date on"),
        ],
        string="Begin",
        required=True,
        default="first",
        help="What happens to items that were overdue already on the start date and were never "
        "reminded.",
    )
    dunning_start_date = fields.Date(string="Start Date")
    dunning_test_mode = fields.Boolean(
        string="Test Mode",
        help="Nothing leaves the house: reminders are made, shown and then cancelled.",
    )
    dunning_test_email = fields.Char(
        string="Test Address", help="In test mode this address gets the e-mails instead."
    )
    dunning_run_mail = fields.Boolean(
        string="Summary of a Run",
        default=True,
        help="Whoever released a run, else the contact for debtors, gets a mail when all of it "
        "has been sent in the background.",
    )
    dunning_supplier_debits = fields.Boolean(
        string="Remind Suppliers Who Owe Us",
        help="Vendor credit notes that are open count as items, as far as they exceed what we owe "
        "that supplier.",
    )
    dunning_setup_done = fields.Boolean(copy=False)
    dunning_serial = fields.Integer(
        help="Counts proposals, to keep two of them from running at once.", copy=False
    )

    # === CONSTRAINTS ===#
    @api.constrains(
        "dunning_weekly_cap",
        "dunning_emails_per_minute",
        "dunning_bank_max_age",
        "dunning_block_review_days",
    )
    def _check_dunning_limits(self):
        for company in self:
            if company.dunning_emails_per_minute < 0:
                raise ValidationError(
                    self.env._("E-mails per minute cannot be negative; zero means no limit.")
                )
            if company.dunning_weekly_cap < 0:
                raise ValidationError(
                    self.env._("Messages per week cannot be negative; zero means no limit.")
                )
            if company.dunning_bank_max_age < 0:
                raise ValidationError(
                    self.env._(
                        "The age of bank transactions cannot be negative; zero means that "
                        "reminders never wait for the bank."
                    )
                )
            if company.dunning_block_review_days < 0:
                raise ValidationError(
                    self.env._("The days after which pauses are reviewed cannot be negative.")
                )

    # === BUSINESS METHODS: DEBTOR CODES ===#

    def _get_debtor_code_sequence(self):
        """The sequence that numbers the debtors of this company: its own, else that of the
        nearest company above it, else the common one. Empty when an administrator archived
        them all, which switches automatic codes off."""
        self.ensure_one()
        company_ids = self.sudo().parent_ids.ids
        sequences = (
            self.env["ir.sequence"]
            .sudo()
            .search(
                [
                    ("code", "=", DEBTOR_CODE_SEQUENCE),
                    ("company_id", "in", [*company_ids, False]),
                ]
            )
        )
        return sequences.sorted(
            lambda sequence: (
                company_ids.index(sequence.company_id.id) if sequence.company_id else -1
            ),
            reverse=True,
        )[:1]

    def _next_debtor_codes(self, count):
        """Draw ``count`` codes that no debtor has, archived ones included.

        Numbers that were taken by hand or by an import are skipped. The codes in use are only
        read as a whole once a number turns out to be taken: a ledger that was imported with the
        numbers 1 to 20,000 then costs one query and not 20,000.

        :return: ``count`` codes, or none at all without a sequence
        :rtype: list[str]
        """
        self.ensure_one()
        sequence = self._get_debtor_code_sequence()
        if not sequence or count < 1:
            return []
        drawn = [self._draw_debtor_code(sequence) for _index in range(count)]
        used = self.env["res.partner"]._get_used_debtor_codes(drawn)
        codes = [code for code in drawn if code.upper() not in used]
        if len(codes) < count:
            used = self.env["res.partner"]._get_used_debtor_codes()
        while len(codes) < count:
            code = self._draw_debtor_code(sequence)
            if code.upper() not in used:
                codes.append(code)
        return codes

    def _draw_debtor_code(self, sequence):
        code = sequence.next_by_id()
        if self.debtor_code_check_digit:
            digits = "".join(character for character in code if character in "0123456789")
            code += reference.luhn_digit(digits)
        return code
