from datetime import datetime, time, timedelta
from functools import lru_cache

import holidays
import pytz

from odoo import api, fields, models
from odoo.exceptions import ValidationError

SATURDAY = 5
SUNDAY = 6
MINUTES_PER_DAY = 24 * 60


@lru_cache(maxsize=1024)
def _get_public_holidays(country_code, subdivision, year):
    """Public holidays as ordinals. They follow from the library alone, so they never go stale.

    :param str country_code: ISO 3166 code; of a country that the library does not know there are
        none
    :param subdivision: code of :func:`_find_subdivision`, or None
    """
    try:
        days = holidays.country_holidays(country_code, subdiv=subdivision, years=year)
    except NotImplementedError:
        return frozenset()
    return frozenset(day.toordinal() for day in days)


@lru_cache(maxsize=1024)
def _find_subdivision(country_code, state_code, state_name):
    """The library's code of a state or province, or None where all of the country is alike.

    Odoo writes some codes with the country in front.
    """
    country = getattr(holidays, country_code, None)
    codes = getattr(country, "subdivisions", ())
    bare = (state_code or "").removeprefix(f"{country_code}-")
    if bare in codes:
        return bare
    alias = getattr(country, "subdivisions_aliases", {}).get(state_name)
    return alias if alias in codes else None


class ResCompany(models.Model):
    """When a company works: its days, its hours and its time zone.

    Days on which only this company is closed are no part of it: those are pauses of the whole
    company, which have a reason and show in the list of what is on hold.
    """

    _inherit = "res.company"

    # === CONSTRAINTS ===#
    @api.constrains("dunning_send_from", "dunning_send_until")
    def _check_dunning_send_hours(self):
        for company in self:
            start, end = company._get_dunning_send_minutes()
            if not 0 <= start < end <= MINUTES_PER_DAY:
                raise ValidationError(
                    self.env._(
                        "Messages are sent from an hour until a later one on the same day, "
                        "between 0:00 and 24:00."
                    )
                )

    # === BUSINESS: TIME ZONE ===#
    def _get_dunning_timezone(self):
        """The time zone of the company; without one that of the user, or of its country."""
        self.ensure_one()
        name = self.sudo().partner_id.tz or self.env.user.tz
        if not name:
            of_country = pytz.country_timezones.get(self.sudo().country_id.code or "")
            name = of_country[0] if of_country else "UTC"
        return pytz.timezone(name)

    def _get_dunning_today(self):
        """The day it is for this company: a server's clock may be in another time zone."""
        return self._get_dunning_day(fields.Datetime.now())

    def _get_dunning_day(self, moment):
        """The day that a stored moment, which is in UTC, was for this company."""
        return self._get_dunning_local_time(moment).date()

    def _get_dunning_local_time(self, moment):
        return pytz.utc.localize(moment).astimezone(self._get_dunning_timezone())

    # === BUSINESS: DAYS ===#
    def _is_dunning_working_day(self, day):
        return not self._get_dunning_closed_days(day, day)

    def _get_dunning_closed_days(self, day_from, day_to):
        """The days of a period that are not working days, both ends included.

        Sundays, Saturdays unless the company works on them, and the public holidays of its
        country and, where that has its own, state.

        :rtype: list[datetime.date]
        """
        self.ensure_one()
        company = self.sudo()
        country_code = company.country_id.code
        free = set()
        if country_code:
            state = company.state_id
            subdivision = _find_subdivision(country_code, state.code, state.name)
            for year in range(day_from.year, day_to.year + 1):
                free |= _get_public_holidays(country_code, subdivision, year)
        weekend = {SUNDAY} if company.dunning_saturday else {SATURDAY, SUNDAY}
        days = (day_from + timedelta(days=number) for number in range((day_to - day_from).days + 1))
        return [day for day in days if day.weekday() in weekend or day.toordinal() in free]

    def _get_next_dunning_working_day(self, day):
        """The first working day from ``day`` on, which may be ``day`` itself."""
        while not self._is_dunning_working_day(day):
            day += timedelta(days=1)
        return day

    # === BUSINESS: HOURS ===#
    def _get_dunning_send_minutes(self):
        """Opening and closing of the outbox in minutes since midnight."""
        self.ensure_one()
        return round(self.dunning_send_from * 60), round(self.dunning_send_until * 60)

    def _is_dunning_send_time(self, moment):
        """Whether messages may leave the house at a moment (UTC).

        Hours narrower than the whole day hold on working days only. Without them messages leave
        at any moment: whoever releases on a Saturday then means Saturday.
        """
        start, end = self._get_dunning_send_minutes()
        if end - start >= MINUTES_PER_DAY:
            return True
        local = self._get_dunning_local_time(moment)
        minutes = local.hour * 60 + local.minute
        return start <= minutes < end and self._is_dunning_working_day(local.date())

    def _get_next_dunning_send_time(self, moment):
        """The first moment (UTC) from ``moment`` on at which messages may leave the house."""
        if self._is_dunning_send_time(moment):
            return moment
        start, _end = self._get_dunning_send_minutes()
        timezone = self._get_dunning_timezone()
        day = self._get_next_dunning_working_day(self._get_dunning_day(moment))
        opening = self._get_dunning_opening(day, start, timezone)
        if opening <= moment:
            day = self._get_next_dunning_working_day(day + timedelta(days=1))
            opening = self._get_dunning_opening(day, start, timezone)
        return opening

    @api.model
    def _get_dunning_opening(self, day, minutes, timezone):
        """A local time of a day as a moment in UTC; one that the clock skips is an hour later."""
        local = datetime.combine(day, time()) + timedelta(minutes=minutes)
        return timezone.localize(local).astimezone(pytz.utc).replace(tzinfo=None)
