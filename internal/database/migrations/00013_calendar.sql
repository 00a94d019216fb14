-- +goose Up

-- What people changed in the schedule: a week skipped, moved, or one extra. A row
-- is never taken away, only undone. The times are those of the newsletter's wall
-- clock, 2027-03-12T08:00; an empty one stands for no such run.
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

ALTER TABLE bulletins ADD COLUMN send_wall TEXT NOT NULL DEFAULT '';  -- a time of its own to be sent at, on the newsletter's clock
ALTER TABLE bulletins ADD COLUMN leaves_at BIGINT NOT NULL DEFAULT 0; -- its time has come; it may still be stopped until then
ALTER TABLE bulletins ADD COLUMN local_wall TEXT NOT NULL DEFAULT ''; -- what each reader's own clock is to show
ALTER TABLE bulletins ADD COLUMN guarded SMALLINT NOT NULL DEFAULT 0 CHECK (guarded IN (0, 1)); -- 1: paused as an old copy

-- When a bulletin's local hour comes in each zone; '' is the newsletter's own, for
-- readers of whom no zone is known.
CREATE TABLE local_hours (
    bulletin_id BIGINT NOT NULL REFERENCES bulletins (id),
    zone        TEXT   NOT NULL,
    at          BIGINT NOT NULL,
    PRIMARY KEY (bulletin_id, zone)
) WITHOUT ROWID;
CREATE INDEX subscribers_by_zone ON subscribers (time_zone) WHERE time_zone <> '';

-- When a sender was last at work on this database.
CREATE TABLE sender_seen (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at BIGINT  NOT NULL
);
