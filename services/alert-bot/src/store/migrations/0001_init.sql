-- Times are milliseconds since the epoch. JSON columns hold what is read whole or not at all.

CREATE TABLE deliveries (
  id           TEXT PRIMARY KEY,
  received_at  INTEGER NOT NULL,
  source       TEXT NOT NULL CHECK (source IN ('alertmanager', 'manual')),
  group_key    TEXT,
  body         TEXT NOT NULL,
  state        TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'triaged', 'rejected')),
  tries        INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX deliveries_pending ON deliveries (state) WHERE state = 'pending';

-- One row per alert of a delivery: what became of it, or why it was rejected.
CREATE TABLE delivery_alerts (
  delivery_id  TEXT NOT NULL REFERENCES deliveries (id),
  idx          INTEGER NOT NULL,
  outcome      TEXT NOT NULL CHECK (outcome IN
                 ('new', 'joined', 'duplicate', 'late', 'resolved', 'rejected', 'heartbeat', 'own')),
  fingerprint  TEXT,
  incident_id  INTEGER REFERENCES incidents (id),
  field        TEXT,
  message      TEXT,
  PRIMARY KEY (delivery_id, idx)
) STRICT;

CREATE TABLE incidents (
  id               INTEGER PRIMARY KEY AUTOINCREMENT,
  target_id        TEXT,
  service          TEXT,
  title            TEXT NOT NULL,
  severity         TEXT NOT NULL,
  playbook         TEXT,
  -- The ladder as it was when the incident opened: a running incident keeps it (design §5).
  steps            TEXT NOT NULL,
  status           TEXT NOT NULL,
  reason           TEXT,
  outcome          TEXT,
  weak_proof       TEXT,
  until            INTEGER,
  next_look_at     INTEGER NOT NULL,
  deadline         INTEGER NOT NULL,
  escalated_reason TEXT,
  escalated_at     INTEGER,
  proof            TEXT,
  opened_at        INTEGER NOT NULL,
  updated_at       INTEGER NOT NULL,
  closed_at        INTEGER
) STRICT;
CREATE UNIQUE INDEX incidents_one_open_per_target ON incidents (target_id)
  WHERE status <> 'closed' AND target_id IS NOT NULL;
CREATE INDEX incidents_open ON incidents (status) WHERE status <> 'closed';

-- One unbroken time of firing of a fingerprint.
CREATE TABLE episodes (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  fingerprint    TEXT NOT NULL,
  source         TEXT NOT NULL CHECK (source IN ('alertmanager', 'manual')),
  labels         TEXT NOT NULL,
  annotations    TEXT NOT NULL,
  generator_url  TEXT NOT NULL,
  starts_at      INTEGER NOT NULL,
  opened_at      INTEGER NOT NULL,
  last_seen_at   INTEGER NOT NULL,
  absent_since   INTEGER,
  closed_at      INTEGER,
  closed_by      TEXT CHECK (closed_by IN ('resolved', 'absent', 'expired', 'proven')),
  incident_id    INTEGER NOT NULL REFERENCES incidents (id)
) STRICT;
CREATE UNIQUE INDEX episodes_one_open ON episodes (fingerprint) WHERE closed_at IS NULL;
CREATE INDEX episodes_incident ON episodes (incident_id);

CREATE TABLE decisions (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  incident_id  INTEGER NOT NULL REFERENCES incidents (id),
  at           INTEGER NOT NULL,
  last_at      INTEGER NOT NULL,
  count        INTEGER NOT NULL DEFAULT 1,
  kind         TEXT NOT NULL,
  reason       TEXT NOT NULL,
  until        INTEGER,
  decision     TEXT NOT NULL,
  facts        TEXT NOT NULL
) STRICT;
CREATE INDEX decisions_incident ON decisions (incident_id, id);

CREATE TABLE attempts (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  incident_id    INTEGER NOT NULL REFERENCES incidents (id),
  target_id      TEXT NOT NULL,
  step           INTEGER NOT NULL,
  number         INTEGER NOT NULL,
  reason         TEXT NOT NULL,
  -- The process that reserved it: a later boot resumes what an earlier one left open.
  boot           INTEGER NOT NULL,
  grace          INTEGER NOT NULL,
  reserved_at    INTEGER NOT NULL,
  ended_at       INTEGER,
  outcome        TEXT,
  detail         TEXT,
  -- The circuit as it was before the reservation, for an attempt that is never called.
  circuit_before TEXT NOT NULL,
  UNIQUE (incident_id, step, number)
) STRICT;
CREATE UNIQUE INDEX attempts_one_open_per_target ON attempts (target_id) WHERE ended_at IS NULL;
CREATE INDEX attempts_target ON attempts (target_id, reserved_at);

-- One row per call to the platform, written before the call is made (G3).
CREATE TABLE calls (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  attempt_id   INTEGER NOT NULL REFERENCES attempts (id),
  instance_id  TEXT NOT NULL,
  verb         TEXT NOT NULL CHECK (verb IN ('restart', 'start')),
  before       TEXT NOT NULL,
  calling_at   INTEGER NOT NULL,
  ended_at     INTEGER,
  result       TEXT,
  after        TEXT,
  UNIQUE (attempt_id, instance_id, verb)
) STRICT;

CREATE TABLE evidence (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  incident_id  INTEGER NOT NULL REFERENCES incidents (id),
  attempt_id   INTEGER REFERENCES attempts (id),
  kind         TEXT NOT NULL,
  subject      TEXT NOT NULL,
  at           INTEGER NOT NULL,
  took_ms      INTEGER NOT NULL,
  content      TEXT NOT NULL,
  truncated    INTEGER NOT NULL,
  error        TEXT
) STRICT;
CREATE INDEX evidence_incident ON evidence (incident_id);

CREATE TABLE events (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  incident_id  INTEGER NOT NULL REFERENCES incidents (id),
  at           INTEGER NOT NULL,
  kind         TEXT NOT NULL,
  text         TEXT NOT NULL,
  data         TEXT NOT NULL
) STRICT;
CREATE INDEX events_incident ON events (incident_id, id);

-- The circuit of a target and when a person last reset it.
CREATE TABLE targets (
  target_id      TEXT PRIMARY KEY,
  circuit_open   INTEGER NOT NULL DEFAULT 0,
  circuit_until  INTEGER,
  circuit_times  INTEGER NOT NULL DEFAULT 0,
  reset_at       INTEGER
) STRICT;

CREATE TABLE pauses (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  by         TEXT NOT NULL,
  why        TEXT NOT NULL,
  at         INTEGER NOT NULL,
  until      INTEGER,
  ended_at   INTEGER
) STRICT;

-- What people did, and why.
CREATE TABLE audit (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  at       INTEGER NOT NULL,
  by       TEXT NOT NULL,
  why      TEXT NOT NULL,
  action   TEXT NOT NULL,
  subject  TEXT NOT NULL
) STRICT;

-- The outbox: alerts that are kept firing in Alertmanager until they end there.
CREATE TABLE escalations (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  incident_id  INTEGER NOT NULL REFERENCES incidents (id),
  reason       TEXT NOT NULL,
  labels       TEXT NOT NULL,
  annotations  TEXT NOT NULL,
  starts_at    INTEGER NOT NULL,
  ended_at     INTEGER,
  last_sent_at INTEGER,
  end_sent     INTEGER NOT NULL DEFAULT 0,
  error        TEXT
) STRICT;
CREATE INDEX escalations_open ON escalations (end_sent) WHERE end_sent = 0;

CREATE TABLE meta (
  key    TEXT PRIMARY KEY,
  value  INTEGER NOT NULL
) STRICT;
INSERT INTO meta (key, value) VALUES ('boot', 0), ('alive_at', 0), ('heartbeat_at', 0);
