-- +goose Up

-- 1: a filter narrows who gets the bulletin (Document.Audience).
ALTER TABLE revisions ADD COLUMN narrowed SMALLINT NOT NULL DEFAULT 0 CHECK (narrowed IN (0, 1));
-- A quotation mark inside a text is escaped there, so this finds the key alone.
UPDATE revisions SET narrowed = 1 WHERE document LIKE '%"audience":"%';

-- What an archive may show: bulletins that have begun to leave, for everyone who
-- subscribes. One that a person stopped is not shown, extra ones never. changed_at is
-- when its words became what they are: after started_at when some were withdrawn.
CREATE VIEW published AS
    SELECT b.id, b.newsletter_id, b.number, b.date, b.started_at, r.hash, r.made_at AS changed_at
    FROM bulletins b JOIN revisions r ON r.bulletin_id = b.id AND r.revision = b.revision
    WHERE b.state IN ('sending', 'sent') AND b.extra = 0 AND b.started_at > 0 AND r.narrowed = 0;
