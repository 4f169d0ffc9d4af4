from odoo.tools import SQL


def get_assignments(records, values):
    """What stands after ``SET`` in a statement that writes the same on all records.

    :param dict values: values by stored field, as :meth:`write` takes them
    """
    return SQL(", ").join(
        SQL("%s = %s", SQL.identifier(name), _convert(records, name, value))
        for name, value in values.items()
    )


def _convert(records, name, value):
    field = records._fields[name]
    return field.convert_to_column(value, records[:1])
