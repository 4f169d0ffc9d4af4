from odoo.exceptions import UserError


def check_transition(records, state, transitions):
    """Let records go only where the table of their state machine allows.

    :param records: records with a selection field ``state``
    :param str state: where they are to go
    :param dict transitions: the states that may follow, by state
    :raise UserError: naming the first record that cannot go there
    """
    states = dict(records._fields["state"]._description_selection(records.env))
    for record in records:
        if state not in transitions[record.state]:
            raise UserError(
                records.env._(
                    "%(record)s is “%(from)s” and cannot become “%(to)s”.",
                    **{
                        "record": record.display_name,
                        "from": states[record.state],
                        "to": states[state],
                    },
                )
            )
