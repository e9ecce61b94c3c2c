"""A PostgreSQL server for the tests, and fixtures that use it."""

import os
import secrets
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import create_server
from typing import Any

import pytest

VARIABLE = "DATABASE_URL"
DEBIAN = Path("/usr/lib/postgresql")  # a folder for each version


@dataclass
class Database:
    """The part of a database that one test has for itself.

    Attributes:
        execute: Returns the first value of an SQL query.
        schema: The name of the schema that holds the tables.
    """

    execute: Callable[[str], Any]
    schema: str

    def count_tables(self) -> int:
        """Return how many tables the schema has."""
        tables = "select count(*) from pg_tables where schemaname"
        return int(self.execute(f"{tables} = '{self.schema}'"))


@contextmanager
def postgresql() -> Iterator[str]:
    """Yield the address of a server: of DATABASE_URL, or one of our own.

    Without the programs of a server, the test is skipped.
    """
    if url := os.environ.get(VARIABLE):
        yield url
        return
    control = find_program("pg_ctl")
    with tempfile.TemporaryDirectory(prefix="lab-postgresql-") as name:
        folder = Path(name)
        data = folder / "data"
        password = secrets.token_hex()
        (folder / "password").write_text(password)
        user = give_to_user(folder)
        run(
            find_program("initdb"),
            f"--pgdata={data}",
            "--username=lab",
            f"--pwfile={folder / 'password'}",
            "--auth=scram-sha-256",
            "--no-sync",
            user=user,
        )
        with create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        with (data / "postgresql.conf").open("a") as file:
            file.write(
                f"port = {port}\nlisten_addresses = '127.0.0.1'\n"
                "unix_socket_directories = ''\nfsync = off\n"
            )
        log = f"--log={folder / 'log'}"
        run(control, "start", "--wait", f"--pgdata={data}", log, user=user)
        try:
            yield f"postgresql://lab:{password}@127.0.0.1:{port}/postgres"
        finally:
            run(
                control,
                "stop",
                "--mode=immediate",
                f"--pgdata={data}",
                user=user,
            )


def find_program(name: str) -> str:
    folders = [str(path) for path in sorted(DEBIAN.glob("*/bin"))]
    path = os.pathsep.join([os.environ["PATH"], *folders])
    program = shutil.which(name, path=path)
    if program is None:
        pytest.skip(f"no {VARIABLE}, and no PostgreSQL: {name} is missing")
    return program


def give_to_user(folder: Path) -> str | None:
    """Give a folder to the user of the server; None is the current one.

    PostgreSQL refuses to run as root.
    """
    if os.name == "nt" or os.geteuid() != 0:
        return None
    try:
        for path in folder, *folder.iterdir():
            shutil.chown(path, "postgres")
    except LookupError:
        pytest.skip(f"no {VARIABLE}, and root has no user postgres")
    return "postgres"


def run(*command: str, user: str | None) -> None:
    subprocess.run(
        command,
        user=user,
        check=True,
        cwd="/",  # a folder that every user may enter
        stdout=subprocess.DEVNULL,
        timeout=60,
    )


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """Yield the address of a server, or skip the test."""
    pytest.importorskip("psycopg")
    with postgresql() as url:
        yield url


@pytest.fixture
def database(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Database]:
    """Let the lesson create its tables in a schema of this test."""
    import psycopg
    from psycopg.conninfo import make_conninfo

    schema = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(postgresql_url, autocommit=True) as connection:

        def execute(query: str) -> Any:
            return connection.execute(query).fetchall()[0][0]

        connection.execute(f"create schema {schema}")
        try:
            options = f"-c search_path={schema}"
            url = make_conninfo(postgresql_url, options=options)
            monkeypatch.setenv(VARIABLE, url)
            yield Database(execute, schema)
        finally:
            connection.execute(f"drop schema {schema} cascade")
