-- +goose Up

-- The deny-lists: of each phrase its hashes, one for each order of its words, and
-- how many letters it has. The words themselves are kept nowhere.
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
