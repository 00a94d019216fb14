-- +goose Up

-- One reading of a list, or its trial. While hidden is 1 nobody sees what it
-- changes: it is being applied, or taken back. One row flips that at once.
CREATE TABLE imports (
    id             INTEGER  PRIMARY KEY AUTOINCREMENT,
    newsletter_id  BIGINT   NOT NULL REFERENCES newsletters (id),
    state          TEXT     NOT NULL CHECK (state IN ('planned', 'applying', 'applied', 'undoing', 'undone', 'stopped')),
    hidden         SMALLINT NOT NULL DEFAULT 0 CHECK (hidden IN (0, 1)),
    file           TEXT     NOT NULL,
    made_by        TEXT     NOT NULL,
    made_at        BIGINT   NOT NULL,
    ended_at       BIGINT   NOT NULL DEFAULT 0,
    after_id       BIGINT   NOT NULL DEFAULT 0, -- people it added have higher numbers
    counts         TEXT     NOT NULL DEFAULT '', -- audience.Counts as JSON
    header         TEXT     NOT NULL DEFAULT '', -- the names of the columns, as JSON
    CHECK (hidden = 0 OR state IN ('applying', 'undoing'))
);
CREATE UNIQUE INDEX imports_hidden ON imports (hidden) WHERE hidden = 1;

-- The plan: what becomes of each line, and why. New people of a list that was
-- applied stand in subscribers alone.
CREATE TABLE import_rows (
    import_id BIGINT NOT NULL REFERENCES imports (id),
    line      BIGINT NOT NULL,
    verdict   TEXT   NOT NULL CHECK (verdict IN ('added', 'subscribed', 'changed', 'revived', 'alone', 'refused')),
    email     TEXT   NOT NULL DEFAULT '',
    reason    TEXT   NOT NULL DEFAULT '',
    cells     TEXT   NOT NULL DEFAULT '', -- of a refused row, as JSON
    PRIMARY KEY (import_id, line)
) WITHOUT ROWID;

-- What an import changed of people who were there before: from what to what.
CREATE TABLE import_people (
    import_id       BIGINT NOT NULL REFERENCES imports (id),
    subscriber_id   BIGINT NOT NULL,
    name            TEXT   NOT NULL,
    language        TEXT   NOT NULL,
    time_zone       TEXT   NOT NULL,
    name_after      TEXT   NOT NULL,
    language_after  TEXT   NOT NULL,
    time_zone_after TEXT   NOT NULL,
    PRIMARY KEY (import_id, subscriber_id)
) WITHOUT ROWID;

CREATE TABLE import_fields (
    import_id     BIGINT NOT NULL REFERENCES imports (id),
    subscriber_id BIGINT NOT NULL,
    name          TEXT   NOT NULL,
    value         TEXT   NOT NULL,
    value_after   TEXT   NOT NULL,
    PRIMARY KEY (import_id, subscriber_id, name)
) WITHOUT ROWID;

CREATE TABLE import_revivals (
    import_id      BIGINT NOT NULL REFERENCES imports (id),
    subscriber_id  BIGINT NOT NULL,
    newsletter_id  BIGINT NOT NULL,
    state          TEXT   NOT NULL,
    since          BIGINT NOT NULL,
    how            TEXT   NOT NULL,
    consent_at     BIGINT NOT NULL,
    consent_source TEXT   NOT NULL,
    consent_text   TEXT   NOT NULL,
    consent_by     TEXT   NOT NULL,
    PRIMARY KEY (import_id, subscriber_id)
) WITHOUT ROWID;

-- import_id: which import made the row, until something else changes it.
ALTER TABLE subscribers ADD COLUMN import_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE subscribers ADD COLUMN domain TEXT GENERATED ALWAYS AS (substr(email_key, instr(email_key, '@') + 1)) VIRTUAL;
ALTER TABLE subscriber_tags ADD COLUMN import_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE subscriber_fields ADD COLUMN import_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE subscriptions ADD COLUMN import_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE subscriptions ADD COLUMN consent_by TEXT NOT NULL DEFAULT '';    -- who recorded the consent
ALTER TABLE subscriptions ADD COLUMN confirmed_at BIGINT NOT NULL DEFAULT 0; -- 0: never confirmed by the person
ALTER TABLE subscriptions ADD COLUMN confirmed_how TEXT NOT NULL DEFAULT '';

ALTER TABLE suppressions ADD COLUMN made_by TEXT NOT NULL DEFAULT '';

-- A domain that must get nothing. newsletter_id 0: from anyone.
CREATE TABLE suppressed_domains (
    domain        TEXT   NOT NULL CHECK (domain <> ''),
    newsletter_id BIGINT NOT NULL DEFAULT 0,
    reason        TEXT   NOT NULL,
    made_by       TEXT   NOT NULL,
    made_at       BIGINT NOT NULL,
    PRIMARY KEY (domain, newsletter_id)
) WITHOUT ROWID;

-- Values before and after a change, as JSON; an erasure empties them.
ALTER TABLE audit ADD COLUMN before TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN after TEXT NOT NULL DEFAULT '';
CREATE INDEX audit_by_subscriber ON audit (subscriber_id) WHERE subscriber_id <> 0;

-- What readers of the list see: without what a hidden import made, and with the
-- values from before it where it changed something.
CREATE VIEW people AS
    SELECT p.id, p.email, p.email_key, p.email_hash, p.domain,
           CASE WHEN p.name = c.name_after THEN c.name ELSE p.name END AS name,
           CASE WHEN p.language = c.language_after THEN c.language ELSE p.language END AS language,
           CASE WHEN p.time_zone = c.time_zone_after THEN c.time_zone ELSE p.time_zone END AS time_zone,
           p.made_at, p.changed_at
    FROM subscribers p LEFT JOIN import_people c
      ON c.import_id = (SELECT id FROM imports WHERE hidden = 1) AND c.subscriber_id = p.id
    WHERE p.import_id <> COALESCE((SELECT id FROM imports WHERE hidden = 1), -1);

CREATE VIEW people_tags AS
    SELECT subscriber_id, tag FROM subscriber_tags
    WHERE import_id <> COALESCE((SELECT id FROM imports WHERE hidden = 1), -1);

CREATE VIEW people_fields AS
    SELECT f.subscriber_id, f.name, CASE WHEN f.value = c.value_after THEN c.value ELSE f.value END AS value
    FROM subscriber_fields f LEFT JOIN import_fields c
      ON c.import_id = (SELECT id FROM imports WHERE hidden = 1) AND c.subscriber_id = f.subscriber_id AND c.name = f.name
    WHERE f.import_id <> COALESCE((SELECT id FROM imports WHERE hidden = 1), -1);

CREATE VIEW memberships AS
    SELECT s.newsletter_id, s.subscriber_id, COALESCE(r.state, s.state) AS state, COALESCE(r.since, s.since) AS since,
           COALESCE(r.how, s.how) AS how, COALESCE(r.consent_at, s.consent_at) AS consent_at,
           COALESCE(r.consent_source, s.consent_source) AS consent_source, COALESCE(r.consent_text, s.consent_text) AS consent_text,
           COALESCE(r.consent_by, s.consent_by) AS consent_by, s.confirmed_at, s.confirmed_how, s.made_at
    FROM subscriptions s LEFT JOIN import_revivals r
      ON r.import_id = (SELECT id FROM imports WHERE hidden = 1) AND r.subscriber_id = s.subscriber_id
     AND r.newsletter_id = s.newsletter_id AND s.import_id = r.import_id
    WHERE s.import_id <> COALESCE((SELECT id FROM imports WHERE hidden = 1), -1) OR r.subscriber_id IS NOT NULL;
