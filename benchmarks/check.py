"""Are the copies real documents? Else the figures would tell nothing."""

# Figures that the ORM stores and that depend on what else was copied.
STORED = {
    "account.move": ("amount_total", "amount_residual", "payment_state", "invoice_date_due"),
    "account.move.line": ("amount_residual", "amount_residual_currency", "reconciled"),
}


def check_copies(env, day):
    """Compute the last copies anew, pay one, and see that it is no longer reminded.

    Everything is rolled back.

    :raise RuntimeError: when a copy behaves unlike a document made through the ORM
    """
    env.cr.execute("SELECT MAX(n) FROM bench_document GROUP BY pattern")
    numbers = tuple(number for (number,) in env.cr.fetchall())
    env.cr.execute("SELECT id FROM bench_copied_move WHERE n IN %s", [numbers])
    moves = env["account.move"].browse(move_id for (move_id,) in env.cr.fetchall())
    _check_stored(moves)
    _check_stored(moves.line_ids)
    _check_payment(env, day)
    env.cr.rollback()
    env.invalidate_all()


def _check_stored(records):
    names = STORED[records._name]
    before = records.read(names, load=None)
    for name in names:
        records.env.add_to_compute(records._fields[name], records)
    records.env.flush_all()
    records.invalidate_recordset(names)
    for old, new in zip(before, records.read(names, load=None), strict=True):
        if old != new:
            raise RuntimeError(f"A copy is not like the original: {old} became {new}.")


def _check_payment(env, day):
    """An item that would be reminded is paid, and gone."""
    env.cr.execute(
        """
        SELECT copied.move_id
          FROM bench_copied_line copied
          JOIN bench_document document ON document.n = copied.n
         WHERE document.pattern = 'open_1' AND document.sent AND document.shift < 0
         ORDER BY copied.id
         LIMIT 100"""
    )
    invoices = env["account.move"].browse(dict.fromkeys(row[0] for row in env.cr.fetchall()))
    decide = env["dunning.decision"]._decide
    decisions = decide(env.company, day, invoices.commercial_partner_id)
    reminded = {row.move_id for row in decisions if row.reason == "remind"}
    invoice = invoices.filtered(lambda invoice: invoice.id in reminded)[0]
    context = {"active_model": "account.move", "active_ids": invoice.ids}
    env["account.payment.register"].with_context(**context).create({})._create_payments()
    open_moves = {row.move_id for row in decide(env.company, day, invoice.commercial_partner_id)}
    if invoice.payment_state != "paid" or invoice.id in open_moves:
        raise RuntimeError(f"{invoice.name} was paid but is {invoice.payment_state}.")
