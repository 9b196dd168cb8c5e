-- How long a note is.
ALTER TABLE note ADD COLUMN length INTEGER NOT NULL DEFAULT 0;
CREATE INDEX note_author ON note (author);
