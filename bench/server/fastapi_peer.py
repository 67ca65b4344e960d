# A stand-in for the original workspace's server, written from its documented behaviour: POST /api/v1/contexts/ hashes
# the content, writes context/<hash>/content into a folder, which stands for its bucket, and inserts a row with
# SQLAlchemy. Both are durable when it answers, as a bucket and a database are: the file is synced, and SQLite syncs each
# commit.
# Usage: fastapi_peer.py FOLDER PORT
import hashlib
import os
import pathlib
import sys
import uuid
from datetime import datetime, timezone
from typing import Any

import uvicorn
from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel
from sqlalchemy import JSON, DateTime, String, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
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


# Endpoints and dependencies are coroutines that block: with SQLite that is faster than threads, which would wait for
# each other's lock in steps of milliseconds.
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
    place = folder / "context" / digest
    place.mkdir(parents=True, exist_ok=True)
    with open(place / "content", "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
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
