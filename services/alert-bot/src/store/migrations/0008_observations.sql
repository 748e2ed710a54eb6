-- What the bot was told from outside, by time: without it the past could not be tried under another playbook file. A row is
-- written when an answer differs from the last one about the same thing, or when that one is a day old.
CREATE TABLE observations (
  id       INTEGER PRIMARY KEY,
  kind     TEXT NOT NULL,
  subject  TEXT NOT NULL,
  at       INTEGER NOT NULL,
  -- Until when the answer before it was heard: from then on it may have been as it is here. NULL: there was none.
  since    INTEGER,
  value    TEXT NOT NULL
) STRICT;
CREATE INDEX observations_subject ON observations (kind, subject, id);
