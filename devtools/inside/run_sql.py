"""Run SQL statements one by one outside a transaction; the last one's rows come as JSON.

Standard input: ``{"database": name, "statements": [[sql, [parameters]], …]}``.
"""

import json
import sys

import psycopg2

task = json.load(sys.stdin)
try:
    connection = psycopg2.connect(dbname=task["database"])
    connection.autocommit = True
    with connection.cursor() as cursor:
        for statement, parameters in task["statements"]:
            cursor.execute(statement, parameters or None)
        rows = cursor.fetchall() if cursor.description else []
except psycopg2.Error as error:
    sys.exit(str(error))
json.dump(rows, sys.stdout)
