-- +goose Up

-- Somebody asked on a page to get a newsletter. What was answered by mail, so that
-- no address is flooded; forgotten when the link in the mail runs out. The address
-- stands only in those whose owner was asked to confirm.
CREATE TABLE signups (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    newsletter_id BIGINT NOT NULL REFERENCES newsletters (id),
    email         TEXT   NOT NULL DEFAULT '',
    email_hash    BLOB   NOT NULL,             -- keyed hash, as in suppressions
    domain        TEXT   NOT NULL,
    answer        TEXT   NOT NULL CHECK (answer IN ('confirm', 'known', 'nothing')),
    source        TEXT   NOT NULL DEFAULT '',  -- where the wish came from
    consent_text  TEXT   NOT NULL DEFAULT '',  -- the words that were agreed to
    asked_at      BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL,
    confirmed_at  BIGINT NOT NULL DEFAULT 0,   -- 0: not confirmed
    CHECK (expires_at > asked_at),
    CHECK ((answer = 'confirm') = (email <> '')),
    CHECK (confirmed_at = 0 OR answer = 'confirm')
);
CREATE INDEX signups_by_address ON signups (email_hash, asked_at);
CREATE INDEX signups_by_domain ON signups (domain, asked_at);
CREATE INDEX signups_by_newsletter ON signups (newsletter_id, asked_at);
CREATE INDEX signups_by_end ON signups (expires_at);

-- Every leaving, with what the subscription was before, so that it can be undone.
CREATE TABLE departures (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    newsletter_id BIGINT NOT NULL REFERENCES newsletters (id),
    subscriber_id BIGINT NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
    at            BIGINT NOT NULL,
    how           TEXT   NOT NULL,
    reason        TEXT   NOT NULL DEFAULT '', -- what the reader wrote
    was_state     TEXT   NOT NULL CHECK (was_state IN ('pending', 'active', 'paused', 'suspended')),
    was_since     BIGINT NOT NULL,
    was_how       TEXT   NOT NULL,
    undone_at     BIGINT NOT NULL DEFAULT 0   -- 0: not undone
);
CREATE INDEX departures_by_subscriber ON departures (subscriber_id, newsletter_id, id);
