"""Sales orders of generated debtors: copies of confirmed ones, and quotations to confirm."""

from odoo import Command
from odoo.tools import SQL

from .copying import copy_rows, dice, one_of

# Per thousand debtors: they have an order that was confirmed and not invoiced yet.
WITH_ORDER = 500
AMOUNTS = (150.0, 50.0)
# Names of copies end in numbers that no real order reaches.
FIRST_NUMBER = 10_000_000


def add_orders(env):
    """Give a share of the debtors that have no order yet one that waits for its invoice."""
    pattern = new_quotation(env, env["res.partner"].create({"name": "Pattern of Orders"}))
    pattern.action_confirm()
    env.flush_all()
    env.cr.execute("DROP TABLE IF EXISTS bench_order, bench_order_line")
    env.cr.execute(
        SQL(
            """
            CREATE TEMP TABLE bench_order AS
            SELECT nextval('sale_order_id_seq')::int AS id, debtor.id AS debtor_id,
                   %(shift)s %% 90 AS age
              FROM res_partner debtor
             WHERE debtor.debtor_code LIKE 'BENCH%%' AND debtor.parent_id IS NULL AND %(chosen)s
               AND NOT EXISTS (SELECT FROM sale_order WHERE partner_id = debtor.id)
             ORDER BY debtor.id;
            CREATE TEMP TABLE bench_order_line AS
            SELECT nextval('sale_order_line_id_seq')::int AS id, line.id AS model_id,
                   bench_order.id AS order_id, bench_order.debtor_id
              FROM bench_order
              JOIN sale_order_line line ON line.order_id = %(pattern)s
             ORDER BY bench_order.id, line.id;
            ANALYZE bench_order, bench_order_line""",
            shift=dice(SQL("debtor.id"), "age of an order"),
            chosen=one_of(SQL("debtor.id"), "order", WITH_ORDER),
            pattern=pattern.id,
        )
    )
    debtor = SQL("copied.debtor_id")
    copy_rows(
        env.cr,
        "sale_order",
        SQL("bench_order copied JOIN sale_order model ON model.id = %s", pattern.id),
        SQL("copied.id"),
        id=SQL("copied.id"),
        name=SQL("'S' || (%s + copied.id)", FIRST_NUMBER),
        access_token=SQL("NULL"),
        partner_id=debtor,
        partner_invoice_id=debtor,
        partner_shipping_id=debtor,
        date_order=SQL("model.date_order - copied.age * INTERVAL '1 day'"),
    )
    source = SQL("bench_order_line copied JOIN sale_order_line model ON model.id = copied.model_id")
    copy_rows(
        env.cr,
        "sale_order_line",
        source,
        SQL("copied.id"),
        id=SQL("copied.id"),
        order_id=SQL("copied.order_id"),
        order_partner_id=debtor,
    )
    copy_rows(
        env.cr,
        "account_tax_sale_order_line_rel",
        SQL(
            "bench_order_line copied JOIN account_tax_sale_order_line_rel model "
            "ON model.sale_order_line_id = copied.model_id"
        ),
        SQL("copied.id"),
        sale_order_line_id=SQL("copied.id"),
    )
    env.cr.execute("ANALYZE sale_order, sale_order_line")
    env.cr.commit()
    env.invalidate_all()


def new_quotation(env, partner):
    """A quotation of two lines, made through the ORM."""
    products = env["product.product"].search([("name", "in", ("Bench Goods", "Bench Service"))])
    if not products:
        products = env["product.product"].create(
            [{"name": "Bench Goods", "type": "consu"}, {"name": "Bench Service", "type": "service"}]
        )
    return env["sale.order"].create(
        {
            "partner_id": partner.id,
            "order_line": [
                Command.create({"product_id": product.id, "price_unit": amount})
                for product, amount in zip(products, AMOUNTS, strict=True)
            ],
        }
    )
