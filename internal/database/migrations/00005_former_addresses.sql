-- +goose Up

-- Addresses that a person had before: erasing the person finds their traces by these.
CREATE TABLE former_addresses (
    subscriber_id BIGINT NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
    email         TEXT   NOT NULL,
    PRIMARY KEY (subscriber_id, email)
) WITHOUT ROWID;
