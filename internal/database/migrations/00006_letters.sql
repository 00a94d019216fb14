-- +goose Up

-- Mail to one person whose words are its own: a confirmation, an undo, a warning.
ALTER TABLE notices ADD COLUMN subscriber_id BIGINT NOT NULL DEFAULT 0; -- 0: to the staff
ALTER TABLE notices ADD COLUMN letter TEXT NOT NULL DEFAULT '';         -- newsletter.Letter as JSON; empty: a bare proof
CREATE INDEX notices_by_subscriber ON notices (subscriber_id) WHERE subscriber_id <> 0;
