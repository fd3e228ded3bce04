"""A schema with everything in it that Prisma's language has, and the database that Prisma makes of it."""

from __future__ import annotations

SCHEMA = """
// An app.
generator client { provider = "prisma-client-js" }

datasource db {
  provider  = "postgresql"
  url       = env("APP_URL")
  directUrl = env("APP_DIRECT_URL")
  schemas   = ["public", "audit"]
}

/* moods, and one that the
   database calls otherwise */
enum Mood {
  LOW
  /// as good as it gets
  HIGH  @map("very high")
  @@map("mood_type")
  @@schema("public")
}

/// Who takes part.
/// @zod.hidden
model User {
  id        BigInt   @id @default(autoincrement())
  /// Where to write. Never shown.
  /// @pii
  contact   String   @unique /// @pii sensitive
  moods     Mood[]   @default([LOW])
  password  String
  fullName  String?  @map("full_name")
  posts     Post[]
  friends   User[]   @relation("friends")
  friendOf  User[]   @relation("friends")
  tags      Tag[]
  createdAt DateTime @default(now()) @db.Timestamptz(3)
  updatedAt DateTime @updatedAt

  @@map("users")
  @@schema("public")
}

model Post {
  author    User     @relation(fields: [authorId, authorMail], references: [id, contact],
                               onDelete: Cascade)
  authorId  BigInt   @map("author_id")
  authorMail String
  slug      String   @db.VarChar(40)
  at        DateTime @default(now())
  on        DateTime @db.Date
  mood      Mood     @default(HIGH)
  price     Decimal
  tax       Decimal? @db.Decimal(10, 2)
  ratio     Float?   @db.Real
  size      Int      @db.SmallInt /// bytes
  body      Json
  extra     Json?
  raw       Bytes?
  key       String   @default(dbgenerated("gen_random_uuid()")) @db.Uuid
  area      Unsupported("point")?
  lines     String[]
  class     String?
  _hidden   Boolean  @default(false)

  @@id([authorId, slug])
  @@unique(fields: [key, slug(sort: Desc)], name: "k")
  @@index([at(sort: Desc), mood])
  @@schema("public")
}

model Tag {
  name  String @id @db.Char(3)
  users User[]
  @@schema("audit")
}

view Totals {
  n Int @unique
}
"""

DATABASE = """
create schema audit;
create type mood_type as enum ('LOW', 'very high');
create table users (
    id bigserial primary key, contact text not null, moods mood_type[] default array['LOW']::mood_type[],
    password text not null, full_name text, "createdAt" timestamptz(3) not null default current_timestamp,
    "updatedAt" timestamp(3) not null
);
create unique index users_contact_key on users (contact);
create unique index on users (id, contact);
create unique index on users (lower(contact));
create unique index on users (full_name) where full_name <> '';
comment on table users is 'Who takes part.';
comment on column users.contact is 'Where to write. Never shown. @pii sensitive';
create table "Post" (
    author_id bigint not null, "authorMail" text not null, slug varchar(40) not null,
    at timestamp(3) not null default current_timestamp, "on" date not null,
    mood mood_type not null default 'very high', price numeric(65,30) not null, tax numeric(10,2), ratio real,
    size smallint not null, body jsonb not null, extra jsonb, raw bytea,
    key uuid not null default gen_random_uuid(), area point, lines text[], class text, _hidden boolean not null
        default false,
    primary key (author_id, slug), foreign key (author_id, "authorMail") references users (id, contact)
);
comment on column "Post".size is 'bytes';
create unique index on "Post" (key, slug desc);
create index on "Post" (at desc, mood);
create table audit."Tag" (name char(3) primary key);
create table "_friends" ("A" bigint not null references users, "B" bigint not null references users);
create unique index on "_friends" ("A", "B");
create table audit."_TagToUser" ("A" char(3) not null references audit."Tag", "B" bigint not null references users);
create unique index on audit."_TagToUser" ("A", "B");
create view "Totals" as select 1 as n;
create table _prisma_migrations (id text primary key);
insert into users (contact, password, "updatedAt") values ('a@b', 'x', now()), ('c@d', 'y', 'infinity');
insert into "Post" (author_id, "authorMail", slug, "on", price, tax, size, body, area, lines, raw)
    values (1, 'a@b', 'one', '2026-01-02', 1.5, 'NaN', 3, '{"a": [1]}', '(1,2)', '{"x",null}', '\\x00'),
           (2, 'c@d', 'two', '2026-01-03', 123456789012345678901234567890.5, 2, 4, '[]', null, null, null);
insert into audit."Tag" values ('ab');
insert into "_friends" values (1, 2);
insert into audit."_TagToUser" values ('ab', 1);
"""
