-- What a pause holds for: all, target:<id> or playbook:<name>.
ALTER TABLE pauses ADD COLUMN scope TEXT NOT NULL DEFAULT 'all';

-- What a person was asked (mode approve), bound to the step and the instances as they were then.
CREATE TABLE approvals (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  incident_id  INTEGER NOT NULL REFERENCES incidents (id),
  step         INTEGER NOT NULL,
  instances    TEXT NOT NULL,
  asked_at     INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL,
  ended_at     INTEGER,
  answer       TEXT CHECK (answer IN ('approved', 'rejected', 'expired', 'withdrawn', 'replaced')),
  by           TEXT,
  why          TEXT
) STRICT;
CREATE UNIQUE INDEX approvals_one_open ON approvals (incident_id) WHERE ended_at IS NULL;

-- A storm, its one incident, and the incidents that it holds.
CREATE TABLE storms (
  id                INTEGER PRIMARY KEY AUTOINCREMENT,
  incident_id       INTEGER NOT NULL REFERENCES incidents (id),
  began_at          INTEGER NOT NULL,
  last_incident_at  INTEGER NOT NULL,
  released_at       INTEGER,
  ended_at          INTEGER
) STRICT;
-- On an expression, because NULLs do not collide.
CREATE UNIQUE INDEX storms_one_open ON storms ((ended_at IS NULL)) WHERE ended_at IS NULL;
ALTER TABLE incidents ADD COLUMN storm_id INTEGER REFERENCES storms (id);
-- Whether it would be acted on but for the storm and what bounds the bot as a whole: who waits for anything else
-- steps aside when a storm is released.
ALTER TABLE incidents ADD COLUMN in_line INTEGER NOT NULL DEFAULT 1;
-- How deep in the dependencies its target stands: 0 depends on nothing. What others need goes first.
ALTER TABLE incidents ADD COLUMN depth INTEGER NOT NULL DEFAULT 0;
CREATE INDEX incidents_opened ON incidents (opened_at);
CREATE INDEX attempts_reserved ON attempts (reserved_at);
