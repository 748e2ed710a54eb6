-- What is told to other systems afterwards: written in the transaction of what it tells of, sent by a loop of its own.

-- What is wanted at all, and since when: a kind that nobody configured gets no rows.
CREATE TABLE notice_kinds (
  kind   TEXT PRIMARY KEY CHECK (kind IN ('report', 'annotation')),
  since  INTEGER NOT NULL
) STRICT;

CREATE TABLE notices (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  kind         TEXT NOT NULL CHECK (kind IN ('report', 'annotation')),
  -- What it tells of; it is told of once.
  dedupe       TEXT NOT NULL UNIQUE,
  payload      TEXT NOT NULL,
  created_at   INTEGER NOT NULL,
  next_try_at  INTEGER NOT NULL,
  -- Counted before each: one that was cut off is tried again later, not at once.
  tries        INTEGER NOT NULL DEFAULT 0,
  sent_at      INTEGER,
  given_up_at  INTEGER,
  error        TEXT
) STRICT;
CREATE INDEX notices_pending ON notices (kind, next_try_at) WHERE sent_at IS NULL AND given_up_at IS NULL;
CREATE INDEX notices_created ON notices (created_at);

-- The trace that an incident's spans belong to, 32 hex digits; only where spans are sent. In the log, so that the process after
-- a crash goes on with the same one.
ALTER TABLE incidents ADD COLUMN trace TEXT;
INSERT INTO meta (key, value) VALUES ('tracing', 0);
