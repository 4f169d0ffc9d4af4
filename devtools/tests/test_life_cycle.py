"""The add-on on a database of its own: used, upgraded and taken away again."""

from .. import databases, session
from ..paths import DEVTOOLS, MODULE


def test_installs_where_there_are_several_companies():
    inside = DEVTOOLS / "inside"
    with (
        session.opened() as odoo,
        databases.temporary(odoo, databases.provide_dependencies) as name,
    ):
        databases.run_script(odoo, name, inside / "second_company.py")
        log = databases.install(odoo, name, (MODULE,))
        assert databases.trouble_in(log) == []
        policies = databases.run_script(odoo, name, inside / "default_policies.py")
        assert policies.split() == ["Standard", "Standard"]


def test_used_upgraded_and_uninstalled_without_complaint():
    with session.opened() as odoo, databases.temporary(odoo) as name:
        used = databases.run_script(odoo, name, DEVTOOLS / "inside" / "live_with_addon.py")
        assert used.split() == ["1", "D00001"]
        log = databases.update(odoo, name, MODULE)
        assert databases.trouble_in(log) == []
        left = databases.run_script(odoo, name, DEVTOOLS / "inside" / "uninstall_addon.py")
        assert left == ""
        # Odoo works on without it.
        log = databases.update(odoo, name, "sale")
        assert "ERROR" not in log.read_text()
