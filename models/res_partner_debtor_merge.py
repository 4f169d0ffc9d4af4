from odoo import models
from odoo.exceptions import UserError

from .res_partner_debtor_status import STATUS_FIELDS


class ResPartner(models.Model):
    """What becomes of status, addressee and joint debtors when partners are merged.

    The merge of Odoo moves every reference by SQL, past all constraints, and mixes the fields of
    both sides one by one: the trustee of one bankruptcy with the date of another.
    """

    _inherit = "res.partner"

    # === BUSINESS ===#
    def _detach_debtor_parties(self, destination):
        """Take apart what would point at itself, or contradict, after a merge.

        :param destination: the partner that stays
        :return: values of the status that the destination gets, its own or else the latest one
            of the others; empty when nobody has one
        :rtype: dict
        :raise UserError: when the status would end up on a contact
        """
        for partner in self:
            if partner.dunning_addressee_id in self:
                partner.dunning_addressee_id = False
            if partner.joint_debtor_ids & self:
                partner.joint_debtor_ids -= self
        with_status = self.filtered("debtor_status")
        if not with_status:
            return {}
        if destination.commercial_partner_id != destination:
            raise UserError(
                self.env._(
                    "%(debtor)s has a debtor status (%(status)s) and cannot be merged into a "
                    "contact of %(company)s.",
                    debtor=with_status[0].display_name,
                    status=with_status[0]._get_debtor_status_text(),
                    company=destination.commercial_partner_id.display_name,
                )
            )
        chosen = (with_status & destination) or with_status.sorted("debtor_status_date")[-1:]
        for other in with_status - chosen:
            destination.sudo()._message_log(
                body=self.env._(
                    "%(debtor)s: %(status)s",
                    debtor=other.display_name,
                    status=other._get_debtor_status_reason(),
                )
            )
        status = {
            "debtor_status": chosen.debtor_status,
            "debtor_status_date": chosen.debtor_status_date,
            "debtor_status_contact_id": (chosen.debtor_status_contact_id - self).id,
            "debtor_status_reference": chosen.debtor_status_reference,
        }
        with_status._write_debtor_status(dict.fromkeys(STATUS_FIELDS, False))
        return status

    def _attach_debtor_status(self, status):
        """Give a merged debtor the status that :meth:`_detach_debtor_parties` kept. The blocks
        and activities of the others moved along."""
        if status:
            self._write_debtor_status(status)
            self._follow_debtor_status()
