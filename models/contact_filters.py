from odoo.tools import SQL


def get_contact_filters(columns, partner_ids):
    """Conditions that keep parts of a statement to the contacts of some commercial partners.

    :param dict columns: ``alias.column`` by name of the condition
    :rtype: dict[str, SQL]
    """
    contacts = SQL(
        "(SELECT id FROM res_partner WHERE commercial_partner_id IN %s)", tuple(partner_ids)
    )
    return {
        name: SQL("AND %s IN %s", SQL.identifier(*column.split(".")), contacts)
        for name, column in columns.items()
    }
