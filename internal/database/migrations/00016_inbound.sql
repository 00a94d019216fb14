-- +goose Up

-- Everybody a message names, and why it names nobody: a report may be about
-- several, of whom the columns beside it tell only the one that decides.
ALTER TABLE inbound ADD COLUMN recipients TEXT NOT NULL DEFAULT '[]'; -- a list in JSON
ALTER TABLE inbound ADD COLUMN unnamed    TEXT NOT NULL DEFAULT ''; -- why the list is empty

-- Envelope addresses that were refused at the door because their token is none of
-- ours, by day.
CREATE TABLE inbound_refusals (
    day    TEXT    PRIMARY KEY, -- YYYY-MM-DD in UTC
    forged INTEGER NOT NULL
) WITHOUT ROWID;
