from markupsafe import Markup

from odoo import models
from odoo.tools import formatLang


class DunningNotice(models.Model):
    """The words about costs and interest, as law and courts want them.

    A sentence is one term for translators, as its meaning hangs on every word of it: of the term
    in the Dutch letter the Supreme Court approved the very wording (25 November 2016,
    ECLI:NL:HR:2016:2704).
    """

    _inherit = "dunning.notice"

    # === BUSINESS ===#
    def _get_charge_paragraphs(self, informal):
        """Return what is said about costs and interest, paragraph by paragraph.

        The medium shows in the words: with ``dunning_paper`` in the context it is a letter, with
        ``dunning_page`` the page behind the link, else an e-mail.

        :rtype: list[Markup]
        """
        self.ensure_one()
        if self.statutory_law == "nl":
            parts = [self._tell_dutch_term(informal), self._tell_dutch_costs()]
        elif self.statutory_law == "be":
            parts = [
                self._tell_belgian_term(),
                self._tell_belgian_costs(),
                self._tell_belgian_creditor(),
            ]
        else:
            parts = [self._tell_announced_costs()]
        parts += [
            self._tell_announced_interest(),
            self._tell_asked_costs(),
            self._tell_asked_interest(),
        ]
        return [part for part in parts if part]

    def _get_medium(self):
        if self.env.context.get("dunning_page"):
            return "page"
        return "letter" if self.env.context.get("dunning_paper") else "email"

    def _strong(self, amount):
        return Markup("<strong>%s</strong>") % self.currency_id.format(amount)

    def _format_long_day(self, day):
        return self._format_text_date(day, date_format="long")

    # === BUSINESS: NETHERLANDS ===#
    def _tell_dutch_term(self, informal):
        """Civil Code art. 6:96(6): fourteen days from the day after receipt, free of charge."""
        return self.env._(
            "You can still pay without extra costs: pay %(amount)s %(term)s. This message is free "
            "of charge.",
            amount=self._strong(self.amount_total),
            term=Markup("<strong>%s</strong>") % self._get_dutch_term(informal),
        )

    def _get_dutch_term(self, informal):
        """The term of the law in words; in Dutch those for a letter are the approved ones."""
        medium = self._get_medium()
        if medium == "letter":
            if informal:
                return self.env._(
                    "within fourteen days from the day after this letter has been delivered to you"
                )
            return self.env._(
                "within fourteen days from the day after this letter was delivered to you"
            )
        if medium == "email":
            if informal:
                return self.env._(
                    "within fourteen days from the day after you have received this e-mail"
                )
            return self.env._("within fourteen days from the day after you received this e-mail")
        return self.env._("within fourteen days from the day after our message was delivered")

    def _tell_dutch_costs(self):
        """The exact amount, without which the letter would not count."""
        if self.currency_id.is_zero(self.amount_costs_announced):
            return ""
        text = self.env._(
            "If we have not received this amount within that term, collection costs of %(costs)s "
            "are due besides, as the law has it (Dutch Civil Code, article 6:96). They are "
            "calculated on %(principal)s. When a part is paid within the term, they are calculated "
            "on the rest.",
            costs=self._strong(self.amount_costs_announced),
            principal=self.currency_id.format(self.amount_residual),
        )
        return self._join_sentences(text, self._tell_vat())

    def _tell_vat(self):
        """Decree on compensation for extrajudicial collection costs, art. 2(3): only who says so
        may add VAT."""
        percentage = self._get_declared_vat()
        if not percentage:
            return ""
        return self.env._(
            "The costs include %s%% VAT: we cannot deduct the VAT that we are charged for "
            "collection, and the costs are higher by it for that reason.",
            self._format_percentage(percentage),
        )

    # === BUSINESS: BELGIUM ===#
    def _tell_belgian_term(self):
        """Code of Economic Law art. XIX.2: the first reminder is free, and how long it gives."""
        start = {
            "letter": self.env._("from the third working day after this letter was sent"),
            "email": self.env._("from the day after this e-mail was sent"),
            "page": self.env._(
                "from the day after our e-mail, or the third working day after our letter, was sent"
            ),
        }[self._get_medium()]
        if not self.pay_before:
            return self.env._(
                "This reminder is free of charge. The balance of %(amount)s can be paid without "
                "costs within fourteen calendar days, counted %(start)s.",
                amount=self._strong(self.amount_total),
                start=start,
            )
        return self.env._(
            "This reminder is free of charge. The balance of %(amount)s can be paid without costs "
            "up to and including %(day)s. That is at least fourteen calendar days, counted "
            "%(start)s.",
            amount=self._strong(self.amount_total),
            day=Markup("<strong>%s</strong>") % self._format_long_day(self.pay_before),
            start=start,
        )

    def _tell_belgian_costs(self):
        """What the clause of the contract claims afterwards; nothing without a clause."""
        if self.currency_id.is_zero(self.amount_costs_announced):
            return ""
        rate = self._get_clause_rate()
        if not rate:
            return self.env._(
                "If we have not received the whole balance by then, we will claim the compensation "
                "of %s that the contract provides for.",
                self._strong(self.amount_costs_announced),
            )
        return self.env._(
            "If we have not received the whole balance by then, we will claim the compensation of "
            "%(costs)s that the contract provides for, and interest on late payment at %(rate)s%% "
            "per year.",
            costs=self._strong(self.amount_costs_announced),
            rate=rate,
        )

    def _tell_belgian_creditor(self):
        company = self.company_id
        number = company.company_registry or company.vat
        if not number:
            return self.env._("Creditor: %s.", company.name)
        return self.env._(
            "Creditor: %(name)s, enterprise number %(number)s.", name=company.name, number=number
        )

    # === BUSINESS: ALL OTHERS ===#
    def _tell_announced_costs(self):
        if self.currency_id.is_zero(self.amount_costs_announced):
            return ""
        costs = self._strong(self.amount_costs_announced)
        if self.pay_before:
            text = self.env._(
                "If we have not received the full amount by %(day)s, we will claim collection "
                "costs of %(costs)s besides.",
                day=self._format_long_day(self.pay_before),
                costs=costs,
            )
        else:
            text = self.env._(
                "If we have not received the full amount in time, we will claim collection costs "
                "of %s besides.",
                costs,
            )
        return self._join_sentences(text, self._tell_legal_base(), self._tell_vat())

    def _tell_legal_base(self):
        """Where the costs of businesses stand in the law; nothing for costs that were agreed."""
        scheme, _note = self.env["statutory.cost"]._resolve(
            self.level_id, self.partner_id, self.company_id
        )
        if scheme == "nl_business":
            article = self.env._("Dutch Civil Code, article 6:96")
        elif scheme == "be_business":
            article = self.env._("Belgian law of 2 August 2002 on late payment, article 6")
        elif scheme == "eu_40":
            article = self.env._("directive 2011/7/EU on late payment, article 6")
        else:
            return ""
        return self.env._("The law provides for these costs: %s.", article)

    def _tell_announced_interest(self):
        if self.currency_id.is_zero(self.amount_interest_announced):
            return ""
        text = self.env._(
            "Up to and including %(day)s the interest on late payment comes to %(amount)s. It is "
            "not part of the amount that is asked here.",
            day=self._format_long_day(self._get_text_date()),
            amount=self.currency_id.format(self.amount_interest_announced),
        )
        return self._join_sentences(text, self._tell_statement())

    def _tell_asked_costs(self):
        """Why costs are asked: the letter to a consumer, or the law; and the VAT in them."""
        if self.currency_id.is_zero(self.amount_costs):
            return ""
        letter = not self.statutory_law and self._get_earlier_letters()[:1]
        if letter:
            text = self.env._(
                "The term of our message of %s, in which it was possible to pay without costs, has "
                "passed. That is why collection costs are due now.",
                self._format_long_day(letter.sent_date),
            )
        else:
            text = self._tell_legal_base()
        return self._join_sentences(text, self._tell_vat())

    def _tell_asked_interest(self):
        if self.currency_id.is_zero(self.amount_interest):
            return ""
        text = self.env._(
            "The interest is calculated up to and including %s, and goes on until everything is "
            "paid.",
            self._format_long_day(self._get_text_date()),
        )
        return self._join_sentences(text, self._tell_statement())

    def _tell_statement(self):
        enclosed = self._get_medium() == "letter" or (
            self._get_medium() == "email" and self.level_id.attach_letter
        )
        if not enclosed or not self._get_interest_statement():
            return ""
        return self.env._("The calculation is enclosed.")

    # === BUSINESS: HELPERS ===#
    def _join_sentences(self, *sentences):
        return Markup(" ").join(sentence for sentence in sentences if sentence)

    def _format_percentage(self, percentage):
        """A percentage with as many decimals as it has."""
        decimals = len(f"{percentage:.3f}".rstrip("0").partition(".")[2])
        return formatLang(self.env, float(percentage), digits=decimals)
