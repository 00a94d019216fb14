-- +goose Up

-- What a reader wants of each bulletin of a newsletter; no row: all of it. The
-- sections that are not wanted are kept, so that one added later reaches everybody.
CREATE TABLE choices (
    newsletter_id BIGINT   NOT NULL REFERENCES newsletters (id),
    subscriber_id BIGINT   NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
    declined      TEXT     NOT NULL DEFAULT '', -- section keys, sorted, a space between
    text_only     SMALLINT NOT NULL DEFAULT 0 CHECK (text_only IN (0, 1)),
    PRIMARY KEY (newsletter_id, subscriber_id),
    CHECK (declined <> '' OR text_only = 1)
) WITHOUT ROWID;
CREATE INDEX choices_by_subscriber ON choices (subscriber_id);

-- When a pause ends by itself; 0: only by a person, or there is none.
ALTER TABLE subscriptions ADD COLUMN paused_until BIGINT NOT NULL DEFAULT 0;
CREATE INDEX subscriptions_paused ON subscriptions (paused_until) WHERE paused_until > 0;

-- What a reader asked for on a page and has to confirm by a link in a mail. Its
-- number stands in the link.
CREATE TABLE wishes (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    kind          TEXT    NOT NULL CHECK (kind IN ('address', 'address back', 'download', 'erase')),
    subscriber_id BIGINT  NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
    newsletter_id BIGINT  NOT NULL REFERENCES newsletters (id), -- in whose name the mail was written
    email         TEXT    NOT NULL DEFAULT '', -- of an address: the one to be used
    email_key     TEXT    NOT NULL DEFAULT '',
    made_at       BIGINT  NOT NULL,
    expires_at    BIGINT  NOT NULL,
    ended_at      BIGINT  NOT NULL DEFAULT 0, -- 0: still open
    outcome       TEXT    NOT NULL DEFAULT '' CHECK (outcome IN ('', 'done', 'void')),
    CHECK ((ended_at = 0) = (outcome = ''))
);
CREATE INDEX wishes_by_subscriber ON wishes (subscriber_id);
CREATE INDEX wishes_by_email ON wishes (email_key) WHERE email_key <> '';
CREATE INDEX wishes_by_end ON wishes (expires_at);
