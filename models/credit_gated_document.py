from odoo import api, fields, models

from .groups import VIEWER

CREDIT_STATES = [
    ("ok", "In order"),
    ("inform", "To know"),
    ("approve", "Waits for approval"),
    ("refuse", "Refused"),
    ("released", "Released"),
]


class CreditGatedDocument(models.AbstractModel):
    """A document that makes a debtor owe more: what the hold rules say about it, and what it
    leaves of the credit, for who writes it.

    Models that take part have ``company_id`` and ``credit_release_ids`` and tell how they are asked
    about, see the hooks. They name what these figures depend on by extending the two compute
    methods.
    """

    _name = "credit.gated.document"
    _description = "Document on Account"

    # === FIELDS ===#
    credit_state = fields.Selection(
        CREDIT_STATES,
        "Credit",
        compute="_compute_credit_state",
        compute_sudo=True,
        groups=VIEWER,
    )
    credit_message = fields.Char(
        compute="_compute_credit_state",
        compute_sudo=True,
        groups=VIEWER,
        help="Why it has to wait, or what is good to know of the debtor.",
    )
    credit_criteria = fields.Char(
        compute="_compute_credit_state",
        compute_sudo=True,
        groups=VIEWER,
        help="Technical names of what the message is about.",
    )
    credit_is_requested = fields.Boolean(
        "Release Asked For", compute="_compute_credit_state", compute_sudo=True, groups=VIEWER
    )
    credit_currency_id = fields.Many2one(
        "res.currency",
        "Currency of the Company",
        compute="_compute_credit_room",
        compute_sudo=True,
        groups=VIEWER,
    )
    credit_has_limit = fields.Boolean(
        compute="_compute_credit_room",
        compute_sudo=True,
        groups=VIEWER,
        help="Of the customer or of its group.",
    )
    credit_limit_in_force = fields.Monetary(
        "Credit Limit",
        compute="_compute_credit_room",
        compute_sudo=True,
        currency_field="credit_currency_id",
        groups=VIEWER,
    )
    credit_used_after = fields.Monetary(
        "Credit Used with It",
        compute="_compute_credit_room",
        compute_sudo=True,
        currency_field="credit_currency_id",
        groups=VIEWER,
    )
    credit_left_after = fields.Monetary(
        "Credit Left with It",
        compute="_compute_credit_room",
        compute_sudo=True,
        currency_field="credit_currency_id",
        groups=VIEWER,
        help="Negative when it exceeds the limit of the customer or of its group.",
    )

    # === COMPUTE ===#
    @api.depends_context("lang")
    def _compute_credit_state(self):
        asked = self.filtered(lambda document: document._is_asked_for_credit())
        for document in self - asked:
            document.credit_state = False
            document.credit_message = False
            document.credit_criteria = False
            document.credit_is_requested = False
        checks = asked._get_credit_checks()
        releases = asked._find_credit_releases(checks)
        for document in asked:
            check = checks[document]
            is_released = check.outcome == "approve" and releases.get(document)
            states = {"pass": "ok", "approve": "released" if is_released else "approve"}
            document.credit_state = states.get(check.outcome, check.outcome)
            document.credit_message = check.message or False
            told = sorted(criterion for criterion, _action, _text in check.causes)
            document.credit_criteria = ",".join(told) or False
            document.credit_is_requested = check.outcome == "approve" and (
                "requested" in document.credit_release_ids.mapped("state")
            )

    def _compute_credit_room(self):
        exposures = self.env["credit.exposure"]
        for company, documents in self.grouped("company_id").items():
            asked = {
                document: document._prepare_credit_request()
                for document in documents
                if company and document._is_credit_room_shown()
            }
            debtors = self.env["res.partner"].union(*(request.debtor for request in asked.values()))
            positions = exposures._get_positions(company, debtors) if debtors else {}
            for document in documents:
                request = asked.get(document)
                document.credit_currency_id = company.currency_id
                document._set_credit_room(
                    request and positions.get(request.debtor.id), request and request.amount
                )

    def _set_credit_room(self, position, rise):
        """Show a position of the debtor with what this document adds to it."""
        self.ensure_one()
        has_limit = bool(position) and position.available is not None
        self.credit_has_limit = has_limit
        self.credit_limit_in_force = (position and position.limit) or 0.0
        self.credit_used_after = position.exposure + rise if position else 0.0
        self.credit_left_after = position.available - rise if has_limit else 0.0

    # === BUSINESS ===#
    def _get_credit_checks(self, amounts=None, together=False):
        """Apply the hold rules to each of these documents.

        :param dict amounts: by which the exposure rises, by document, when it is not what
            confirming or posting them adds
        :param bool together: whether they are granted one after the other
        :return: ``CreditCheck`` by document
        """
        checks = {}
        engine = self.env["credit.check"].sudo()
        for company, documents in self.grouped("company_id").items():
            asked = [document._prepare_credit_request(amounts) for document in documents]
            found = engine._check_many(company, asked, together=together)
            checks.update(zip(documents, found, strict=True))
        return checks

    def _find_credit_releases(self, checks, rises=None):
        """Releases that let held documents pass: ``{document: credit.release}``.

        :param dict rises: by which the exposure rises with each, in company currency
        """
        releases = {}
        held = self.filtered(lambda document: checks[document].outcome == "approve")
        for company, documents in held.grouped("company_id").items():
            asked = {document: document._prepare_credit_request({}) for document in documents}
            debtors = self.env["res.partner"].union(*(request.debtor for request in asked.values()))
            found = self.env["credit.release"]._get_in_force(company, debtors)
            day = company._get_dunning_today()
            for document, request in asked.items():
                rise = document._get_credit_rise() if rises is None else rises[document]
                criteria = checks[document].criteria
                releases[document] = found._find_covering(request, criteria, rise, day)
        return releases

    # === HOOKS ===#
    def _is_asked_for_credit(self):
        """Whether the hold rules have a say about this document now."""
        raise NotImplementedError

    def _is_credit_room_shown(self):
        """Whether it is told what this document leaves of the credit."""
        raise NotImplementedError

    def _get_credit_rise(self):
        """By which the exposure rises with this document, in the currency of the company."""
        raise NotImplementedError

    def _prepare_credit_request(self, amounts=None):
        """What is asked for this document, as ``CreditRequest``.

        :param dict amounts: see :meth:`_get_credit_checks`
        """
        raise NotImplementedError
