-- Made from the migrations by `make generate`; for reading.

CREATE TABLE approvals (
    bulletin_id BIGINT NOT NULL REFERENCES bulletins (id),
    hash        TEXT   NOT NULL CHECK (length(hash) = 64),
    approved_by TEXT   NOT NULL CHECK (approved_by <> ''),
    at          BIGINT NOT NULL,
    PRIMARY KEY (bulletin_id, hash, approved_by)
);

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
, before TEXT NOT NULL DEFAULT '', after TEXT NOT NULL DEFAULT '');

CREATE INDEX audit_by_subscriber ON audit (subscriber_id) WHERE subscriber_id <> 0;

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
    ended_at      BIGINT   NOT NULL DEFAULT 0, own_title TEXT NOT NULL DEFAULT '', own_subject TEXT NOT NULL DEFAULT '', own_preheader TEXT NOT NULL DEFAULT '', send_wall TEXT NOT NULL DEFAULT '', leaves_at BIGINT NOT NULL DEFAULT 0, local_wall TEXT NOT NULL DEFAULT '', guarded SMALLINT NOT NULL DEFAULT 0 CHECK (guarded IN (0, 1)),
    UNIQUE (newsletter_id, number),
    UNIQUE (newsletter_id, date, extra)
);

CREATE TABLE choices (
    newsletter_id BIGINT   NOT NULL REFERENCES newsletters (id),
    subscriber_id BIGINT   NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
    declined      TEXT     NOT NULL DEFAULT '', -- section keys, sorted, a space between
    text_only     SMALLINT NOT NULL DEFAULT 0 CHECK (text_only IN (0, 1)),
    PRIMARY KEY (newsletter_id, subscriber_id),
    CHECK (declined <> '' OR text_only = 1)
) WITHOUT ROWID;

CREATE INDEX choices_by_subscriber ON choices (subscriber_id);

CREATE TABLE chunks (
    bulletin_id BIGINT   NOT NULL REFERENCES bulletins (id),
    lo          BIGINT   NOT NULL,
    hi          BIGINT   NOT NULL,
    done        SMALLINT NOT NULL DEFAULT 0 CHECK (done IN (0, 1)),
    next_at     BIGINT   NOT NULL DEFAULT 0,
    PRIMARY KEY (bulletin_id, lo),
    CHECK (lo <= hi)
) WITHOUT ROWID;

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

CREATE TABLE former_addresses (
    subscriber_id BIGINT NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
    email         TEXT   NOT NULL,
    PRIMARY KEY (subscriber_id, email)
) WITHOUT ROWID;

CREATE TABLE import_fields (
    import_id     BIGINT NOT NULL REFERENCES imports (id),
    subscriber_id BIGINT NOT NULL,
    name          TEXT   NOT NULL,
    value         TEXT   NOT NULL,
    value_after   TEXT   NOT NULL,
    PRIMARY KEY (import_id, subscriber_id, name)
) WITHOUT ROWID;

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

CREATE TABLE import_rows (
    import_id BIGINT NOT NULL REFERENCES imports (id),
    line      BIGINT NOT NULL,
    verdict   TEXT   NOT NULL CHECK (verdict IN ('added', 'subscribed', 'changed', 'revived', 'alone', 'refused')),
    email     TEXT   NOT NULL DEFAULT '',
    reason    TEXT   NOT NULL DEFAULT '',
    cells     TEXT   NOT NULL DEFAULT '', -- of a refused row, as JSON
    PRIMARY KEY (import_id, line)
) WITHOUT ROWID;

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
, recipients TEXT NOT NULL DEFAULT '[]', unnamed    TEXT NOT NULL DEFAULT '');

CREATE INDEX inbound_by_address ON inbound (address) WHERE address <> '';

CREATE INDEX inbound_by_bulletin ON inbound (bulletin_id) WHERE bulletin_id <> 0;

CREATE INDEX inbound_by_subscriber ON inbound (subscriber_id) WHERE subscriber_id <> 0;

CREATE INDEX inbound_open ON inbound (state, id) WHERE state <> 'done';

CREATE INDEX inbound_raw_until ON inbound (raw_until) WHERE raw_until > 0;

CREATE TABLE inbound_pauses (
    bulletin_id BIGINT NOT NULL REFERENCES bulletins (id),
    reason      TEXT   NOT NULL CHECK (reason IN ('bounces', 'complaints')),
    at          BIGINT NOT NULL,
    PRIMARY KEY (bulletin_id, reason)
) WITHOUT ROWID;

CREATE TABLE inbound_raw (
    inbound_id INTEGER PRIMARY KEY REFERENCES inbound (id) ON DELETE CASCADE,
    raw        BLOB    NOT NULL
);

CREATE TABLE inbound_refusals (
    day    TEXT    PRIMARY KEY, -- YYYY-MM-DD in UTC
    forged INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE inbound_sweeps (
    bulletin_id BIGINT PRIMARY KEY REFERENCES bulletins (id),
    at          BIGINT NOT NULL
) WITHOUT ROWID;

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
    changed_at    BIGINT  NOT NULL, valid_from TEXT NOT NULL DEFAULT '' CHECK (valid_from = '' OR length(valid_from) = 10), valid_until TEXT NOT NULL DEFAULT '' CHECK (valid_until = '' OR length(valid_until) = 10), email_only SMALLINT NOT NULL DEFAULT 0 CHECK (email_only IN (0, 1)), edited_by TEXT NOT NULL DEFAULT '', edited_at BIGINT NOT NULL DEFAULT 0, left_with BIGINT NOT NULL DEFAULT 0, redacted_at BIGINT NOT NULL DEFAULT 0,
    CHECK ((state = 'used') = (bulletin_id IS NOT NULL))
);

CREATE INDEX items_by_bulletin ON items (bulletin_id) WHERE bulletin_id IS NOT NULL;

CREATE INDEX items_by_newsletter ON items (newsletter_id, state, section);

CREATE TABLE local_hours (
    bulletin_id BIGINT NOT NULL REFERENCES bulletins (id),
    zone        TEXT   NOT NULL,
    at          BIGINT NOT NULL,
    PRIMARY KEY (bulletin_id, zone)
) WITHOUT ROWID;

CREATE VIEW memberships AS
    SELECT s.newsletter_id, s.subscriber_id, COALESCE(r.state, s.state) AS state, COALESCE(r.since, s.since) AS since,
           COALESCE(r.how, s.how) AS how, COALESCE(r.consent_at, s.consent_at) AS consent_at,
           COALESCE(r.consent_source, s.consent_source) AS consent_source, COALESCE(r.consent_text, s.consent_text) AS consent_text,
           COALESCE(r.consent_by, s.consent_by) AS consent_by, s.confirmed_at, s.confirmed_how, s.made_at
    FROM subscriptions s LEFT JOIN import_revivals r
      ON r.import_id = (SELECT id FROM imports WHERE hidden = 1) AND r.subscriber_id = s.subscriber_id
     AND r.newsletter_id = s.newsletter_id AND s.import_id = r.import_id
    WHERE s.import_id <> COALESCE((SELECT id FROM imports WHERE hidden = 1), -1) OR r.subscriber_id IS NOT NULL;

CREATE TABLE newsletters (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    slug       TEXT    NOT NULL UNIQUE,
    definition TEXT    NOT NULL, -- newsletter.Newsletter as JSON
    made_at    BIGINT  NOT NULL,
    changed_at BIGINT  NOT NULL,
    planned_at BIGINT  NOT NULL -- when its schedule or time zone last changed: no run before that
);

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
, subscriber_id BIGINT NOT NULL DEFAULT 0, letter TEXT NOT NULL DEFAULT '');

CREATE INDEX notices_by_subscriber ON notices (subscriber_id) WHERE subscriber_id <> 0;

CREATE INDEX notices_open ON notices (not_before) WHERE state IN (0, 1, 2);

CREATE TABLE overrides (
    bulletin_id BIGINT NOT NULL REFERENCES bulletins (id),
    hash        TEXT   NOT NULL CHECK (length(hash) = 64),
    name        TEXT   NOT NULL CHECK (name <> '' AND name <> 'protection-gate'),
    reason      TEXT   NOT NULL CHECK (reason <> ''),
    made_by     TEXT   NOT NULL,
    made_at     BIGINT NOT NULL,
    PRIMARY KEY (bulletin_id, hash, name)
) WITHOUT ROWID;

CREATE VIEW people AS
    SELECT p.id, p.email, p.email_key, p.email_hash, p.domain,
           CASE WHEN p.name = c.name_after THEN c.name ELSE p.name END AS name,
           CASE WHEN p.language = c.language_after THEN c.language ELSE p.language END AS language,
           CASE WHEN p.time_zone = c.time_zone_after THEN c.time_zone ELSE p.time_zone END AS time_zone,
           p.made_at, p.changed_at
    FROM subscribers p LEFT JOIN import_people c
      ON c.import_id = (SELECT id FROM imports WHERE hidden = 1) AND c.subscriber_id = p.id
    WHERE p.import_id <> COALESCE((SELECT id FROM imports WHERE hidden = 1), -1);

CREATE VIEW people_fields AS
    SELECT f.subscriber_id, f.name, CASE WHEN f.value = c.value_after THEN c.value ELSE f.value END AS value
    FROM subscriber_fields f LEFT JOIN import_fields c
      ON c.import_id = (SELECT id FROM imports WHERE hidden = 1) AND c.subscriber_id = f.subscriber_id AND c.name = f.name
    WHERE f.import_id <> COALESCE((SELECT id FROM imports WHERE hidden = 1), -1);

CREATE VIEW people_tags AS
    SELECT subscriber_id, tag FROM subscriber_tags
    WHERE import_id <> COALESCE((SELECT id FROM imports WHERE hidden = 1), -1);

CREATE TABLE protected (
    id            INTEGER PRIMARY KEY AUTOINCREMENT, -- grows with every addition
    newsletter_id BIGINT  NOT NULL REFERENCES newsletters (id),
    label         TEXT    NOT NULL CHECK (label <> ''),
    length        INTEGER NOT NULL CHECK (length > 0),
    hashes        BLOB    NOT NULL CHECK (length(hashes) >= 32),
    made_by       TEXT    NOT NULL,
    made_at       BIGINT  NOT NULL,
    UNIQUE (newsletter_id, label, hashes)
);

CREATE VIEW published AS
    SELECT b.id, b.newsletter_id, b.number, b.date, b.started_at, r.hash, r.made_at AS changed_at
    FROM bulletins b JOIN revisions r ON r.bulletin_id = b.id AND r.revision = b.revision
    WHERE b.state IN ('sending', 'sent') AND b.extra = 0 AND b.started_at > 0 AND r.narrowed = 0;

CREATE TABLE revisions (
    bulletin_id BIGINT  NOT NULL REFERENCES bulletins (id),
    revision    INTEGER NOT NULL CHECK (revision > 0),
    document    TEXT    NOT NULL, -- newsletter.Document as canonical JSON
    hash        TEXT    NOT NULL CHECK (length(hash) = 64),
    title       TEXT    NOT NULL,
    made_by     TEXT    NOT NULL,
    made_at     BIGINT  NOT NULL, narrowed SMALLINT NOT NULL DEFAULT 0 CHECK (narrowed IN (0, 1)),
    PRIMARY KEY (bulletin_id, revision)
);

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

CREATE TABLE schedule_changes (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    newsletter_id BIGINT NOT NULL REFERENCES newsletters (id),
    kind          TEXT   NOT NULL CHECK (kind IN ('skip', 'move', 'add')),
    date          TEXT   NOT NULL CHECK (length(date) = 10), -- of the bulletin as the schedule has it; of an extra one, its own
    assemble      TEXT   NOT NULL DEFAULT '',
    proof         TEXT   NOT NULL DEFAULT '',
    send          TEXT   NOT NULL DEFAULT '',
    reason        TEXT   NOT NULL DEFAULT '',
    made_by       TEXT   NOT NULL,
    made_at       BIGINT NOT NULL,
    undone_by     TEXT   NOT NULL DEFAULT '',
    undone_at     BIGINT NOT NULL DEFAULT 0
);

CREATE UNIQUE INDEX schedule_changes_standing ON schedule_changes (newsletter_id, date) WHERE undone_at = 0;

CREATE TABLE secrets (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    purpose TEXT    NOT NULL,
    key     BLOB    NOT NULL CHECK (length(key) = 32),
    made_at BIGINT  NOT NULL
);

CREATE TABLE sender_seen (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at BIGINT  NOT NULL
);

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

CREATE INDEX signups_by_end ON signups (expires_at);

CREATE INDEX signups_by_newsletter ON signups (newsletter_id, asked_at);

CREATE TABLE subscriber_fields (
    subscriber_id BIGINT NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
    name          TEXT   NOT NULL CHECK (name <> ''),
    value         TEXT   NOT NULL, import_id BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (subscriber_id, name)
) WITHOUT ROWID;

CREATE TABLE subscriber_tags (
    subscriber_id BIGINT NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
    tag           TEXT   NOT NULL CHECK (tag <> ''), import_id BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (subscriber_id, tag)
) WITHOUT ROWID;

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
, import_id BIGINT NOT NULL DEFAULT 0, domain TEXT GENERATED ALWAYS AS (substr(email_key, instr(email_key, '@') + 1)) VIRTUAL);

CREATE INDEX subscribers_by_zone ON subscribers (time_zone) WHERE time_zone <> '';

CREATE TABLE subscriptions (
    newsletter_id  BIGINT NOT NULL REFERENCES newsletters (id),
    subscriber_id  BIGINT NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
    state          TEXT   NOT NULL CHECK (state IN ('pending', 'active', 'paused', 'suspended', 'unsubscribed')),
    since          BIGINT NOT NULL,             -- when it came into this state
    how            TEXT   NOT NULL DEFAULT '',  -- what brought it into this state
    consent_at     BIGINT NOT NULL DEFAULT 0,
    consent_source TEXT   NOT NULL DEFAULT '',
    consent_text   TEXT   NOT NULL DEFAULT '',
    made_at        BIGINT NOT NULL, import_id BIGINT NOT NULL DEFAULT 0, consent_by TEXT NOT NULL DEFAULT '', confirmed_at BIGINT NOT NULL DEFAULT 0, confirmed_how TEXT NOT NULL DEFAULT '', paused_until BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (newsletter_id, subscriber_id)
) WITHOUT ROWID;

CREATE INDEX subscriptions_by_subscriber ON subscriptions (subscriber_id);

CREATE INDEX subscriptions_paused ON subscriptions (paused_until) WHERE paused_until > 0;

CREATE TABLE suppressed_domains (
    domain        TEXT   NOT NULL CHECK (domain <> ''),
    newsletter_id BIGINT NOT NULL DEFAULT 0,
    reason        TEXT   NOT NULL,
    made_by       TEXT   NOT NULL,
    made_at       BIGINT NOT NULL,
    PRIMARY KEY (domain, newsletter_id)
) WITHOUT ROWID;

CREATE TABLE suppressions (
    email_hash    BLOB   NOT NULL,
    newsletter_id BIGINT NOT NULL DEFAULT 0,
    email         TEXT   NOT NULL DEFAULT '', -- empty after an erasure
    reason        TEXT   NOT NULL,
    made_at       BIGINT NOT NULL, made_by TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (email_hash, newsletter_id)
) WITHOUT ROWID;

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

CREATE INDEX wishes_by_email ON wishes (email_key) WHERE email_key <> '';

CREATE INDEX wishes_by_end ON wishes (expires_at);

CREATE INDEX wishes_by_subscriber ON wishes (subscriber_id);

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

