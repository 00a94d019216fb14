-- +goose Up

-- Keys for links, VERP senders and hashes. The newest of a purpose signs, all verify.
CREATE TABLE secrets (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    purpose TEXT    NOT NULL,
    key     BLOB    NOT NULL CHECK (length(key) = 32),
    made_at BIGINT  NOT NULL
);

CREATE TABLE newsletters (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    slug       TEXT    NOT NULL UNIQUE,
    definition TEXT    NOT NULL, -- newsletter.Newsletter as JSON
    made_at    BIGINT  NOT NULL,
    changed_at BIGINT  NOT NULL,
    planned_at BIGINT  NOT NULL -- when its schedule or time zone last changed: no run before that
);

-- One dated, numbered edition. extra is 0 but for those made on purpose beside it.
CREATE TABLE bulletins (
    id            INTEGER  PRIMARY KEY AUTOINCREMENT,
    newsletter_id BIGINT   NOT NULL REFERENCES newsletters (id),
    number        INTEGER  NOT NULL CHECK (number > 0),
    date          TEXT     NOT NULL CHECK (length(date) = 10),
    extra         SMALLINT NOT NULL DEFAULT 0 CHECK (extra >= 0),
    state         TEXT     NOT NULL CHECK (state IN ('review', 'approved', 'sending', 'paused', 'sent', 'held', 'cancelled')),
    revision      INTEGER  NOT NULL,
    frozen        SMALLINT NOT NULL DEFAULT 0 CHECK (frozen IN (0, 1)), -- 1: the audience is complete in deliveries
    note          TEXT     NOT NULL DEFAULT '', -- why it is held or paused
    resume_at     BIGINT   NOT NULL DEFAULT 0,  -- a pause that ends by itself; 0: only by a person
    made_at       BIGINT   NOT NULL,
    changed_at    BIGINT   NOT NULL,
    started_at    BIGINT   NOT NULL DEFAULT 0,
    ended_at      BIGINT   NOT NULL DEFAULT 0,
    UNIQUE (newsletter_id, number),
    UNIQUE (newsletter_id, date, extra)
);

-- Every frozen form a bulletin ever had; the newest is what would be sent.
CREATE TABLE revisions (
    bulletin_id BIGINT  NOT NULL REFERENCES bulletins (id),
    revision    INTEGER NOT NULL CHECK (revision > 0),
    document    TEXT    NOT NULL, -- newsletter.Document as canonical JSON
    hash        TEXT    NOT NULL CHECK (length(hash) = 64),
    title       TEXT    NOT NULL,
    made_by     TEXT    NOT NULL,
    made_at     BIGINT  NOT NULL,
    PRIMARY KEY (bulletin_id, revision)
);

CREATE TABLE approvals (
    bulletin_id BIGINT NOT NULL REFERENCES bulletins (id),
    hash        TEXT   NOT NULL CHECK (length(hash) = 64),
    approved_by TEXT   NOT NULL CHECK (approved_by <> ''),
    at          BIGINT NOT NULL,
    PRIMARY KEY (bulletin_id, hash, approved_by)
);

-- A contribution. Used once: it stands in one bulletin or in none.
CREATE TABLE items (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    newsletter_id BIGINT  NOT NULL REFERENCES newsletters (id),
    section       TEXT    NOT NULL CHECK (section <> ''),
    body          TEXT    NOT NULL CHECK (body <> ''),
    state         TEXT    NOT NULL CHECK (state IN ('draft', 'approved', 'used', 'withdrawn')),
    wanted        TEXT    NOT NULL DEFAULT '' CHECK (wanted = '' OR length(wanted) = 10), -- '': the next bulletin
    origin        TEXT    NOT NULL CHECK (origin IN ('desk', 'manuscript')),
    author        TEXT    NOT NULL,
    approved_by   TEXT    NOT NULL DEFAULT '',
    bulletin_id   BIGINT  REFERENCES bulletins (id),
    made_at       BIGINT  NOT NULL,
    changed_at    BIGINT  NOT NULL,
    CHECK ((state = 'used') = (bulletin_id IS NOT NULL))
);
CREATE INDEX items_by_newsletter ON items (newsletter_id, state, section);
CREATE INDEX items_by_bulletin ON items (bulletin_id) WHERE bulletin_id IS NOT NULL;

-- A person. AUTOINCREMENT: an id is never given to another person.
CREATE TABLE subscribers (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    email      TEXT   NOT NULL,
    email_key  TEXT   NOT NULL UNIQUE, -- address.Key: how duplicates are compared
    email_hash BLOB   NOT NULL,        -- keyed hash of email_key, as in suppressions
    name       TEXT   NOT NULL DEFAULT '',
    language   TEXT   NOT NULL DEFAULT '',
    time_zone  TEXT   NOT NULL DEFAULT '',
    made_at    BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);

CREATE TABLE subscriber_tags (
    subscriber_id BIGINT NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
    tag           TEXT   NOT NULL CHECK (tag <> ''),
    PRIMARY KEY (subscriber_id, tag)
) WITHOUT ROWID;

CREATE TABLE subscriber_fields (
    subscriber_id BIGINT NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
    name          TEXT   NOT NULL CHECK (name <> ''),
    value         TEXT   NOT NULL,
    PRIMARY KEY (subscriber_id, name)
) WITHOUT ROWID;

-- A person's relation to one newsletter, with its consent record.
CREATE TABLE subscriptions (
    newsletter_id  BIGINT NOT NULL REFERENCES newsletters (id),
    subscriber_id  BIGINT NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
    state          TEXT   NOT NULL CHECK (state IN ('pending', 'active', 'paused', 'suspended', 'unsubscribed')),
    since          BIGINT NOT NULL,             -- when it came into this state
    how            TEXT   NOT NULL DEFAULT '',  -- what brought it into this state
    consent_at     BIGINT NOT NULL DEFAULT 0,
    consent_source TEXT   NOT NULL DEFAULT '',
    consent_text   TEXT   NOT NULL DEFAULT '',
    made_at        BIGINT NOT NULL,
    PRIMARY KEY (newsletter_id, subscriber_id)
) WITHOUT ROWID;
CREATE INDEX subscriptions_by_subscriber ON subscriptions (subscriber_id);

-- An address that must get nothing, whatever a list says. newsletter_id 0: from anyone.
CREATE TABLE suppressions (
    email_hash    BLOB   NOT NULL,
    newsletter_id BIGINT NOT NULL DEFAULT 0,
    email         TEXT   NOT NULL DEFAULT '', -- empty after an erasure
    reason        TEXT   NOT NULL,
    made_at       BIGINT NOT NULL,
    PRIMARY KEY (email_hash, newsletter_id)
) WITHOUT ROWID;

-- One bulletin to one subscriber. The primary key makes "once per bulletin" a
-- constraint. There is no index on state: every transition would pay for it.
CREATE TABLE deliveries (
    bulletin_id   BIGINT   NOT NULL REFERENCES bulletins (id),
    subscriber_id BIGINT   NOT NULL, -- no reference: the row stays after an erasure
    state         SMALLINT NOT NULL CHECK (state BETWEEN 0 AND 7),
    attempts      SMALLINT NOT NULL DEFAULT 0,
    token         BIGINT   NOT NULL DEFAULT 0, -- which sender's run marked it
    not_before    BIGINT   NOT NULL DEFAULT 0,
    first_at      BIGINT   NOT NULL DEFAULT 0, -- first attempt: give_up_after counts from here
    at            BIGINT   NOT NULL DEFAULT 0, -- last change
    code          INTEGER  NOT NULL DEFAULT 0, -- the server's last words
    enhanced      TEXT     NOT NULL DEFAULT '',
    reply         TEXT     NOT NULL DEFAULT '',
    class         TEXT     NOT NULL DEFAULT '', -- why it failed, was deferred or skipped, in one or two words
    PRIMARY KEY (bulletin_id, subscriber_id)
) WITHOUT ROWID;

-- The queue: a range of subscribers of one bulletin, due at next_at.
CREATE TABLE chunks (
    bulletin_id BIGINT   NOT NULL REFERENCES bulletins (id),
    lo          BIGINT   NOT NULL,
    hi          BIGINT   NOT NULL,
    done        SMALLINT NOT NULL DEFAULT 0 CHECK (done IN (0, 1)),
    next_at     BIGINT   NOT NULL DEFAULT 0,
    PRIMARY KEY (bulletin_id, lo),
    CHECK (lo <= hi)
) WITHOUT ROWID;

-- One mail to one person that is no bulletin. Marked and sent like a delivery.
CREATE TABLE notices (
    id            INTEGER  PRIMARY KEY AUTOINCREMENT,
    key           TEXT     NOT NULL UNIQUE,
    kind          TEXT     NOT NULL,
    newsletter_id BIGINT   NOT NULL REFERENCES newsletters (id),
    bulletin_id   BIGINT   NOT NULL DEFAULT 0,
    revision      INTEGER  NOT NULL DEFAULT 0,
    email         TEXT     NOT NULL,
    name          TEXT     NOT NULL DEFAULT '',
    made_by       TEXT     NOT NULL,
    made_at       BIGINT   NOT NULL,
    state         SMALLINT NOT NULL CHECK (state BETWEEN 0 AND 7),
    attempts      SMALLINT NOT NULL DEFAULT 0,
    token         BIGINT   NOT NULL DEFAULT 0,
    not_before    BIGINT   NOT NULL DEFAULT 0,
    first_at      BIGINT   NOT NULL DEFAULT 0,
    at            BIGINT   NOT NULL DEFAULT 0,
    code          INTEGER  NOT NULL DEFAULT 0,
    enhanced      TEXT     NOT NULL DEFAULT '',
    reply         TEXT     NOT NULL DEFAULT '',
    class         TEXT     NOT NULL DEFAULT ''
);
CREATE INDEX notices_open ON notices (not_before) WHERE state IN (0, 1, 2);

-- A scheduled run. The key is the wall-clock time, so that it happens once
-- across restarts, daylight saving and several hosts.
CREATE TABLE runs (
    newsletter_id BIGINT NOT NULL REFERENCES newsletters (id),
    kind          TEXT   NOT NULL CHECK (kind IN ('assemble', 'proof', 'send')),
    wall          TEXT   NOT NULL,
    due_at        BIGINT NOT NULL,
    started_at    BIGINT NOT NULL,
    outcome       TEXT   NOT NULL CHECK (outcome IN ('started', 'done', 'nothing', 'missed', 'held', 'failed')),
    bulletin_id   BIGINT NOT NULL DEFAULT 0,
    note          TEXT   NOT NULL DEFAULT '',
    PRIMARY KEY (newsletter_id, kind, wall)
) WITHOUT ROWID;

-- Who did what. Only ever added to; ids, never addresses.
CREATE TABLE audit (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    at            BIGINT  NOT NULL,
    actor         TEXT    NOT NULL,
    action        TEXT    NOT NULL,
    newsletter_id BIGINT  NOT NULL DEFAULT 0,
    bulletin_id   BIGINT  NOT NULL DEFAULT 0,
    item_id       BIGINT  NOT NULL DEFAULT 0,
    subscriber_id BIGINT  NOT NULL DEFAULT 0,
    detail        TEXT    NOT NULL DEFAULT ''
);

