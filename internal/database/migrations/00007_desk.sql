-- +goose Up

-- From which to which date of a bulletin an item may be used ('': no bound), and
-- whether the archive leaves it out.
ALTER TABLE items ADD COLUMN valid_from TEXT NOT NULL DEFAULT '' CHECK (valid_from = '' OR length(valid_from) = 10);
ALTER TABLE items ADD COLUMN valid_until TEXT NOT NULL DEFAULT '' CHECK (valid_until = '' OR length(valid_until) = 10);
ALTER TABLE items ADD COLUMN email_only SMALLINT NOT NULL DEFAULT 0 CHECK (email_only IN (0, 1));
-- Who wrote the words as they stand, and when; '' and 0: its author, when it was made.
ALTER TABLE items ADD COLUMN edited_by TEXT NOT NULL DEFAULT '';
ALTER TABLE items ADD COLUMN edited_at BIGINT NOT NULL DEFAULT 0;
-- The bulletin that readers got it with before it was withdrawn, and when its words
-- were taken out for good.
ALTER TABLE items ADD COLUMN left_with BIGINT NOT NULL DEFAULT 0;
ALTER TABLE items ADD COLUMN redacted_at BIGINT NOT NULL DEFAULT 0;

-- What an item said before each change.
CREATE TABLE item_versions (
    item_id     BIGINT   NOT NULL REFERENCES items (id),
    version     INTEGER  NOT NULL CHECK (version > 0),
    section     TEXT     NOT NULL,
    body        TEXT     NOT NULL CHECK (body <> ''),
    wanted      TEXT     NOT NULL,
    valid_from  TEXT     NOT NULL,
    valid_until TEXT     NOT NULL,
    email_only  SMALLINT NOT NULL,
    written_by  TEXT     NOT NULL,
    written_at  BIGINT   NOT NULL,
    PRIMARY KEY (item_id, version)
) WITHOUT ROWID;

-- Which items were taken out of a bulletin, why, and from which hash to which. The
-- words are kept nowhere.
CREATE TABLE withdrawals (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    item_id     BIGINT   NOT NULL REFERENCES items (id),
    bulletin_id BIGINT   NOT NULL DEFAULT 0,            -- 0: it stood in none
    redacted    SMALLINT NOT NULL CHECK (redacted IN (0, 1)), -- 1: from the older revisions and the history too
    reason      TEXT     NOT NULL DEFAULT '',
    hash_before TEXT     NOT NULL DEFAULT '',
    hash_after  TEXT     NOT NULL DEFAULT '',
    made_by     TEXT     NOT NULL,
    made_at     BIGINT   NOT NULL
);
CREATE INDEX withdrawals_by_item ON withdrawals (item_id);

-- Checks of the preflight that somebody let pass, for one hash.
CREATE TABLE overrides (
    bulletin_id BIGINT NOT NULL REFERENCES bulletins (id),
    hash        TEXT   NOT NULL CHECK (length(hash) = 64),
    name        TEXT   NOT NULL CHECK (name <> '' AND name <> 'protection-gate'),
    reason      TEXT   NOT NULL CHECK (reason <> ''),
    made_by     TEXT   NOT NULL,
    made_at     BIGINT NOT NULL,
    PRIMARY KEY (bulletin_id, hash, name)
) WITHOUT ROWID;

-- What an editor gave the bulletin by hand, and assembling again keeps.
ALTER TABLE bulletins ADD COLUMN own_title TEXT NOT NULL DEFAULT '';
ALTER TABLE bulletins ADD COLUMN own_subject TEXT NOT NULL DEFAULT '';
ALTER TABLE bulletins ADD COLUMN own_preheader TEXT NOT NULL DEFAULT '';
