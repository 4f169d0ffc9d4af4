def get_flushed_fields(env, names):
    """Fields that a statement reads, to be given to ``SQL`` as ``to_flush``.

    :param dict names: names of fields by model
    :rtype: list[odoo.fields.Field]
    """
    return [env[model]._fields[name] for model, fields in names.items() for name in fields]
