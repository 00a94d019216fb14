-- +goose Up

-- A message that came back, and what became of it. It is kept from the moment it
-- is taken in; the words about it are written together with its effect.
CREATE TABLE inbound (
    id            INTEGER  PRIMARY KEY AUTOINCREMENT,
    identity      TEXT     NOT NULL UNIQUE CHECK (length(identity) = 64), -- the same by every way in
    source        TEXT     NOT NULL, -- the way in
    received_at   BIGINT   NOT NULL,
    size          BIGINT   NOT NULL,
    cut           SMALLINT NOT NULL DEFAULT 0 CHECK (cut IN (0, 1)), -- 1: only its beginning is kept
    enveloped     SMALLINT NOT NULL CHECK (enveloped IN (0, 1)), -- 1: the two below were said in SMTP
    envelope_from TEXT     NOT NULL DEFAULT '',
    envelope_to   TEXT     NOT NULL DEFAULT '[]', -- a list in JSON
    state         TEXT     NOT NULL CHECK (state IN ('waiting', 'done', 'person')), -- person: for somebody to decide
    acted_at      BIGINT   NOT NULL DEFAULT 0,
    raw_until     BIGINT   NOT NULL DEFAULT 0, -- when its bytes may go; 0: they are needed, or gone
    kind          TEXT     NOT NULL DEFAULT '',
    class         TEXT     NOT NULL DEFAULT '',
    hard          SMALLINT NOT NULL DEFAULT 0 CHECK (hard IN (0, 1)),
    action        TEXT     NOT NULL DEFAULT '',
    status        TEXT     NOT NULL DEFAULT '',
    code          INTEGER  NOT NULL DEFAULT 0,
    diagnostic    TEXT     NOT NULL DEFAULT '',
    evidence      TEXT     NOT NULL DEFAULT '', -- the line that decided the class
    remote        TEXT     NOT NULL DEFAULT '', -- the server that said so
    address       TEXT     NOT NULL DEFAULT '', -- whom it names
    final_address TEXT     NOT NULL DEFAULT '', -- behind a forwarding
    found_by      TEXT     NOT NULL DEFAULT '', -- how they were found
    verified      SMALLINT NOT NULL DEFAULT 0 CHECK (verified IN (0, 1)), -- 1: a token of ours names them
    newsletter_id BIGINT   NOT NULL DEFAULT 0,
    bulletin_id   BIGINT   NOT NULL DEFAULT 0,
    subscriber_id BIGINT   NOT NULL DEFAULT 0,
    notice_id     BIGINT   NOT NULL DEFAULT 0,
    subject       TEXT     NOT NULL DEFAULT '',
    sender        TEXT     NOT NULL DEFAULT '',
    returned_id   TEXT     NOT NULL DEFAULT '', -- Message-ID of the message that came back
    forged        INTEGER  NOT NULL DEFAULT 0, -- how many tokens in it were not ours
    reason        TEXT     NOT NULL DEFAULT '', -- why nothing followed, or why a person is asked
    effect        TEXT     NOT NULL DEFAULT '', -- what followed
    decided_by    TEXT     NOT NULL DEFAULT '' -- who classified it by hand
);
CREATE INDEX inbound_open ON inbound (state, id) WHERE state <> 'done';
CREATE INDEX inbound_raw_until ON inbound (raw_until) WHERE raw_until > 0;
CREATE INDEX inbound_by_subscriber ON inbound (subscriber_id) WHERE subscriber_id <> 0;
CREATE INDEX inbound_by_bulletin ON inbound (bulletin_id) WHERE bulletin_id <> 0;
CREATE INDEX inbound_by_address ON inbound (address) WHERE address <> '';

-- The bytes of a message, as long as they are of use.
CREATE TABLE inbound_raw (
    inbound_id INTEGER PRIMARY KEY REFERENCES inbound (id) ON DELETE CASCADE,
    raw        BLOB    NOT NULL
);

-- A send that was paused for its rates: once for each reason, so that whoever
-- resumes it has the last word.
CREATE TABLE inbound_pauses (
    bulletin_id BIGINT NOT NULL REFERENCES bulletins (id),
    reason      TEXT   NOT NULL CHECK (reason IN ('bounces', 'complaints')),
    at          BIGINT NOT NULL,
    PRIMARY KEY (bulletin_id, reason)
) WITHOUT ROWID;

-- Bulletins whose refusals at once have been followed up, and up to when.
CREATE TABLE inbound_sweeps (
    bulletin_id BIGINT PRIMARY KEY REFERENCES bulletins (id),
    at          BIGINT NOT NULL
) WITHOUT ROWID;
