# A stand-in for the original workspace's server, written from its documented behaviour: POST /api/v1/contexts/ hashes
# the content, puts it into a bucket as context/<hash>/content with boto3, and inserts a row into PostgreSQL with
# SQLAlchemy. Both are durable when it answers.
#
# The database is a real one, started here on loopback; without PostgreSQL it is SQLite that syncs each commit. The
# bucket is a process of its own that does less than any real one: it takes PUT, ignores the signature, writes a file
# and syncs it.
# Usage: fastapi_peer.py FOLDER PORT
import atexit
import glob
import hashlib
import os
import pathlib
import pwd
import signal
import socket
import subprocess
import sys
import time
import uuid
from datetime import datetime, timezone
from typing import Any

import boto3
import botocore.config
import uvicorn
from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel
from sqlalchemy import JSON, DateTime, String, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

folder = pathlib.Path(sys.argv[1])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def bucket(port: int) -> None:
    """PUT /bucket/key: the body is in a file, synced, when it answers."""

    async def serve(scope, receive, send):
        if scope["type"] != "http":
            return
        body = b""
        while True:
            part = await receive()
            body += part.get("body", b"")
            if not part.get("more_body"):
                break
        place = folder / "bucket" / scope["path"].lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        with open(place, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        tag = b'"' + hashlib.md5(body).hexdigest().encode() + b'"'
        await send({"type": "http.response.start", "status": 200, "headers": [(b"etag", tag), (b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    uvicorn.run(serve, host="127.0.0.1", port=port, access_log=False, log_level="warning", lifespan="off")


def start_bucket():
    port = free_port()
    child = subprocess.Popen([sys.executable, __file__, str(folder), str(port), "bucket"])
    atexit.register(child.terminate)
    settings = botocore.config.Config(max_pool_connections=64, s3={"addressing_style": "path"})
    return boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", region_name="us-east-1", config=settings,
                        aws_access_key_id="peer", aws_secret_access_key="peer-peer")


def start_postgres():
    """Its URL; None when there is no PostgreSQL."""
    programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
    if not programs:
        return None
    data = folder / "postgres"
    data.mkdir()
    account = {}
    if os.getuid() == 0:  # it refuses to run as root
        user = pwd.getpwnam("postgres")
        os.chown(data, user.pw_uid, user.pw_gid)
        account = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        for parent in [folder, *folder.parents][:2]:
            parent.chmod(parent.stat().st_mode | 0o011)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/"}
    subprocess.run([f"{programs[-1]}/initdb", "-D", data, "-U", "peer", "--auth=trust", "--no-sync"], check=True,
                   **quiet, **account)
    port = free_port()
    child = subprocess.Popen([f"{programs[-1]}/postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", ""],
                             **quiet, **account)
    atexit.register(child.send_signal, signal.SIGINT)
    for _ in range(400):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    time.sleep(0.5)
    return f"postgresql+psycopg2://peer@127.0.0.1:{port}/postgres"


if len(sys.argv) > 3:
    bucket(int(sys.argv[2]))
    sys.exit(0)

folder.mkdir(parents=True, exist_ok=True)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # uvicorn hands it on, and what was started here ends, too
s3 = start_bucket()
url = start_postgres()
if url:
    engine = create_engine(url, pool_size=40, max_overflow=0)
else:
    engine = create_engine(f"sqlite:///{folder / 'peer.db'}", connect_args={"check_same_thread": False})

    @event.listens_for(engine, "connect")
    def durable(connection, _record):
        connection.execute("PRAGMA synchronous=FULL")


class Base(DeclarativeBase):
    pass


def now() -> datetime:
    return datetime.now(timezone.utc).replace(tzinfo=None)


class Row(Base):
    __tablename__ = "contexts"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=lambda: str(uuid.uuid4()))
    type: Mapped[str] = mapped_column(String)
    content: Mapped[str] = mapped_column(String)
    content_hash: Mapped[str] = mapped_column(String)
    context_metadata: Mapped[Any] = mapped_column(JSON, nullable=True)
    created_at: Mapped[datetime] = mapped_column(DateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(DateTime, default=now, onupdate=now)


Base.metadata.create_all(engine)
sessions = sessionmaker(bind=engine, autoflush=False)


class ContextCreate(BaseModel):
    type: str
    content: str
    context_metadata: dict | None = None


class Context(ContextCreate):
    model_config = {"from_attributes": True}
    id: str
    content_hash: str
    created_at: datetime
    updated_at: datetime


async def session():
    opened = sessions()
    try:
        yield opened
    finally:
        opened.close()


app = FastAPI()


@app.post("/api/v1/contexts/", response_model=Context)
async def create(context: ContextCreate, database: Session = Depends(session)):
    data = context.content.encode()
    digest = hashlib.sha256(data).hexdigest()
    s3.put_object(Bucket="contexts", Key=f"context/{digest}/content", Body=data)
    row = Row(**context.model_dump(), content_hash=digest)
    database.add(row)
    database.commit()
    database.refresh(row)
    return row


@app.get("/api/v1/contexts/{identifier}", response_model=Context)
async def read(identifier: str, database: Session = Depends(session)):
    row = database.get(Row, identifier)
    if row is None:
        raise HTTPException(status_code=404, detail="Context not found")
    return row


uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), workers=1, access_log=False, log_level="warning")
