"""Copies of the filled database, without this add-on and with others in its place."""

import shutil
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
from psycopg2.extensions import quote_ident

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.sql_db import close_db, connection_info_for
from odoo.tools import config

import odoo.addons

ADD_ON = "account_credit_management"


def add_folder(folder):
    """Let Odoo find the add-ons of a folder, here and in the servers that are started."""
    path = str(Path(folder).resolve())
    odoo.addons.__path__.append(path)
    config["addons_path"] = [*config["addons_path"], path]


@contextmanager
def copied(database, name):
    """A copy of a database and its files, for the time of the block."""
    close_db(database)
    filestore = Path(config.filestore(name))
    with _maintenance() as cr:
        cr.execute(f"DROP DATABASE IF EXISTS {quote_ident(name, cr)} WITH (FORCE)")
        cr.execute(
            f"CREATE DATABASE {quote_ident(name, cr)} "
            f"TEMPLATE {quote_ident(database, cr)} STRATEGY FILE_COPY"
        )
    if Path(config.filestore(database)).exists():
        shutil.copytree(config.filestore(database), filestore, dirs_exist_ok=True)
    try:
        yield name
    finally:
        Registry.delete(name)
        close_db(name)
        with _maintenance() as cr:
            cr.execute(f"DROP DATABASE IF EXISTS {quote_ident(name, cr)} WITH (FORCE)")
        shutil.rmtree(filestore, ignore_errors=True)


def uninstall(database):
    """Leave Odoo alone with the same ledger."""
    with Registry(database).cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        env["ir.module.module"].search([("name", "=", ADD_ON)]).button_immediate_uninstall()


def install(database, modules):
    Registry.new(database, update_module=True, install_modules=modules)


def vacuum(database):
    """Sweep up and analyze all tables, so that nothing is left of what was done before."""
    _name, info = connection_info_for(database)
    with closing(psycopg2.connect(**info)) as connection:
        connection.autocommit = True
        with connection.cursor() as cr:
            cr.execute("VACUUM (ANALYZE)")
            cr.execute("CHECKPOINT")


@contextmanager
def _maintenance():
    """Cursor for what cannot be done in a transaction, or in the database itself."""
    _name, info = connection_info_for("postgres")
    with closing(psycopg2.connect(**info)) as connection:
        connection.autocommit = True
        with connection.cursor() as cr:
            yield cr
