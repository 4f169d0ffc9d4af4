"""The stage: company, staff, products, terms and debtors, made through the ORM."""

import base64
import re
from datetime import timedelta
from pathlib import Path

from odoo.fields import Command

from . import props

# Names that a company has before anyone configured it.
UNTOUCHED_NAMES = ("My Company", "YourCompany")
# Dollars for one euro, oldest first, one rate for every sixty days before the installation.
DOLLAR_RATES = (1.06, 1.09, 1.12, 1.08, 1.11, 1.15, 1.13)
DAYS_PER_RATE = 60


# === COMPANY ===#
def find_company(env):
    """Return the company in which the story plays.

    The main company is used when nobody has touched it: it still has the name it was born with
    and no journal entry. Otherwise, as in a database with the demo data of Odoo itself or in one
    that is in use, the story gets a company of its own and changes nothing of the others.
    """
    main = env.ref("base.main_company", raise_if_not_found=False)
    if main and main.name in UNTOUCHED_NAMES and not main._existing_accounting():
        return main
    return env["res.company"].create({"name": "Demo", "country_id": env.ref("base.nl").id})


def furnish_company(company):
    """Give the company its address, a chart of accounts if it has none, and its bank account."""
    env = company.env
    country = env.ref("base.nl")
    logo = base64.b64encode(Path(__file__).with_name("logo.png").read_bytes())
    company.write(
        {**props.COMPANY, "country_id": country.id, "logo": logo, "dunning_setup_done": True}
    )
    (env.ref("base.user_root") | env.ref("base.user_admin")).company_ids = [
        Command.link(company.id)
    ]
    if not company.chart_template:
        # Not `try_loading`, which insists on loading Odoo's own demo invoices along.
        env["account.chart.template"]._load(get_chart(env), company, install_demo=False)
        # The generic chart would leave a Dutch company with dollars.
        company.currency_id = env.ref("base.EUR")
    bank = get_bank_journal(company)
    if not bank.bank_account_id:
        bank.set_bank_account(props.COMPANY_IBAN)
    bank.bank_account_id.allow_out_payment = True


def get_chart(env):
    """Return the Dutch chart of accounts when it is there, else the generic one."""
    dutch = env["ir.module.module"].search_count(
        [("name", "=", "l10n_nl"), ("state", "=", "installed")]
    )
    return "nl" if dutch else "generic_coa"


def get_bank_journal(company):
    journals = company.env["account.journal"]
    return journals.search(
        [*journals._check_company_domain(company), ("type", "=", "bank")], limit=1
    )


def create_users(company):
    """Create the staff so that every role can be tried. A login that is taken is left alone."""
    env = company.env
    taken = env["res.users"].with_context(active_test=False).search([]).mapped("login")
    users = {}
    for login, (name, groups) in props.USERS.items():
        if login in taken:
            continue
        users[login] = env["res.users"].create(
            {
                "name": name,
                "login": login,
                "password": login,
                "email": f"{login}@zilverlinde.example",
                "phone": f"{props.COMPANY['phone'][:-1]}{len(users) + 1}",
                "tz": "Europe/Amsterdam",
                "notification_type": "inbox",
                "company_id": company.id,
                "company_ids": [Command.set(company.ids)],
                "group_ids": [Command.link(env.ref(group).id) for group in groups],
            }
        )
    if "collector" in users:
        company.dunning_user_id = users["collector"]
    if "manager" in users:
        company.credit_user_id = users["manager"]
    return users


def create_portal_user(company, person):
    """Let one debtor log in to the portal."""
    env = company.env
    users = env["res.users"].with_context(active_test=False)
    if users.search_count([("login", "=", props.PORTAL_LOGIN)]):
        return users
    return users.create(
        {
            "partner_id": person.id,
            "login": props.PORTAL_LOGIN,
            "password": props.PORTAL_LOGIN,
            "company_id": company.id,
            "company_ids": [Command.set(company.ids)],
            "group_ids": [Command.set(env.ref("base.group_portal").ids)],
        }
    )


# === CATALOG ===#
def create_products(company):
    products = {}
    for key, (name, dutch, price, service) in props.PRODUCTS.items():
        products[key] = company.env["product.product"].create(
            {
                "name": name,
                "type": "service" if service else "consu",
                "list_price": price,
                "company_id": company.id,
                "taxes_id": [Command.set(company.account_sale_tax_id.ids)],
            }
        )
        products[key].with_context(lang="nl_NL").name = dutch
    return products


def create_terms(company):
    terms = {}
    for key, (name, dutch, lines) in props.TERMS.items():
        terms[key] = company.env["account.payment.term"].create(
            {
                "name": name,
                "company_id": company.id,
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": share, "nb_days": days})
                    for share, days in lines
                ],
            }
        )
        terms[key].with_context(lang="nl_NL").name = dutch
    return terms


def activate_foreign_currency(company, today):
    """Return dollars, or euros for a company that keeps its books in dollars, with rates."""
    env = company.env
    dollar, euro = env.ref("base.USD"), env.ref("base.EUR")
    currency = euro if company.currency_id == dollar else dollar
    currency.active = True
    rates = env["res.currency.rate"]
    if not rates.search_count([("currency_id", "=", currency.id), ("company_id", "=", company.id)]):
        rates.create(
            [
                {
                    "currency_id": currency.id,
                    "company_id": company.id,
                    "name": today - timedelta(days=DAYS_PER_RATE * age),
                    "rate": rate,
                }
                for age, rate in enumerate(reversed(DOLLAR_RATES))
            ]
        )
    return currency


# === POLICY ===#
def shape_policy(company):
    """Let nothing small go out, and have debtors called who cannot be written to."""
    policy = company.env["dunning.policy"]._get_default(company)
    policy.minimum_amount = props.MINIMUM_AMOUNT
    policy.level_ids.filtered(lambda level: level.stage in ("reminder", "firm")).use_call = True


# === DEBTORS ===#
def create_debtors(company, debtors, terms, salesperson):
    """Create the debtors with their contacts.

    :param list debtors: rows of the cast
    :return: partners by key, contacts included
    """
    env = company.env
    languages = {code for code, _name in env["res.lang"].get_installed()}
    partners = env["res.partner"].create(
        [
            {
                **_prepare_address(env, debtor, number),
                "name": debtor.name,
                "is_company": not debtor.person,
                "vat": debtor.vat,
                "lang": debtor.lang if debtor.lang in languages else "en_US",
                "user_id": salesperson.id,
                "customer_rank": 1,
                "property_payment_term_id": terms["14" if debtor.person else "30"].id,
                "comment": debtor.case,
                "dunning_direct_debit": debtor.direct_debit,
                "child_ids": [
                    Command.create(_prepare_contact(debtor, number, name, kind))
                    for _key, name, kind in debtor.contacts
                ],
            }
            for number, debtor in enumerate(debtors)
        ]
    )
    by_key = {}
    for debtor, partner in zip(debtors, partners, strict=True):
        by_key[debtor.key] = partner
        for (key, _name, _kind), contact in zip(
            debtor.contacts, partner.child_ids.sorted("id"), strict=True
        ):
            by_key[key] = contact
    return by_key


def _prepare_address(env, debtor, number):
    """Made-up street, town, telephone and mail address, different for each number."""
    values = {"country_id": env.ref(f"base.{debtor.country}").id}
    if debtor.address or debtor.phone:
        prefix = "32 2" if debtor.country == "be" else "31 20"
        values["phone"] = f"+{prefix} 000 0{200 + number}"
    if debtor.address:
        towns = props.TOWNS[debtor.country]
        values |= {
            "street": f"{props.STREETS[number % len(props.STREETS)]} {3 + number * 7 % 180}",
            "city": towns[number % len(towns)],
            "zip": f"{9900 + number}" + ("" if debtor.country == "be" else " XX"),
        }
    if debtor.email:
        values["email"] = (
            f"{_slug(debtor.name)}@post.example"
            if debtor.person
            else f"administratie@{_slug(debtor.name)}.example"
        )
    return values


def create_person_in_charge(company, status):
    """The trustee, administrator or the like, in an office in another town."""
    return company.env["res.partner"].create(
        {
            "name": status.person,
            "lang": "nl_NL",
            "street": "Zegelwaskade 1",
            "zip": "9890 XX",
            "city": "Berkelzande",
            "country_id": company.env.ref("base.nl").id,
            "email": f"{_slug(status.person)}@kantoor.example",
            "phone": "+31 20 000 0190",
        }
    )


def _slug(name):
    """Return a name as it stands in a mail address."""
    return re.sub(r"[^a-z]+", "-", name.lower()).strip("-")


def _prepare_contact(debtor, number, name, kind):
    values = {"name": name, "type": kind, "lang": debtor.lang}
    if kind in ("contact", "invoice"):
        values["email"] = f"{_slug(name)}@{_slug(debtor.name)}.example"
    else:
        values |= {"street": f"Filiaalpad {number}", "city": "Maanbroek", "zip": "9899 XX"}
    return values


# === PAYMENT PROVIDER ===#
def prepare_payment_provider(company):
    """Return a provider of the company; the demo provider, ready to pay with, when installed."""
    providers = company.env["payment.provider"]
    if providers.search_count([("code", "=", "demo")], limit=1):
        providers._setup_provider("demo")
    own = [("company_id", "=", company.id)]
    provider = providers.search([*own, ("code", "=", "demo")], limit=1)
    if provider:
        provider.write({"state": "test", "is_published": True})
        return provider
    return providers.search(own, limit=1) or providers.create(
        {"name": "Pay page (example)", "code": "none", "company_id": company.id}
    )
