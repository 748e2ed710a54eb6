-- The history of incidents by what people ask for. By target, by what is open and by time there are indexes already; outcome
-- and severity are few values, each of them many rows: store/history.ts walks those a bounded part at a time.
CREATE INDEX incidents_service ON incidents (service) WHERE service IS NOT NULL;
CREATE INDEX incidents_playbook ON incidents (playbook) WHERE playbook IS NOT NULL;
CREATE INDEX incidents_reason ON incidents (reason) WHERE reason IS NOT NULL;

-- What people did is only ever added to: by which way it came (null before this version), and nobody changes it afterwards.
ALTER TABLE audit ADD COLUMN via TEXT;
CREATE TRIGGER audit_is_kept BEFORE UPDATE ON audit BEGIN
  SELECT RAISE(ABORT, 'audit is append-only: a row is never changed');
END;
-- Retention says up to where it prunes, in the transaction in which it does so (store/retention.ts).
INSERT INTO meta (key, value) VALUES ('audit_pruned_before', 0);
CREATE TRIGGER audit_is_not_removed BEFORE DELETE ON audit
  WHEN old.at >= (SELECT value FROM meta WHERE key = 'audit_pruned_before') BEGIN
  SELECT RAISE(ABORT, 'audit is append-only: a row goes only when retention has pruned it');
END;

-- What the console's charts are drawn of: counted as it happens, so that a chart of a year reads no incident. It stays when
-- incidents are pruned. Hours since the epoch.
CREATE TABLE incident_hours (
  hour     INTEGER NOT NULL,
  -- opened, or the outcome that it was closed with.
  what     TEXT NOT NULL,
  -- Of what was healed: how long it took, as the power of two of its seconds; 0 for all others.
  scale    INTEGER NOT NULL,
  count    INTEGER NOT NULL,
  PRIMARY KEY (hour, what, scale)
) STRICT, WITHOUT ROWID;
CREATE TABLE action_hours (
  hour     INTEGER PRIMARY KEY,
  count    INTEGER NOT NULL
) STRICT;

INSERT INTO incident_hours (hour, what, scale, count)
  SELECT opened_at / 3600000, 'opened', 0, count(*) FROM incidents GROUP BY 1;
INSERT INTO incident_hours (hour, what, scale, count)
  SELECT closed_at / 3600000, outcome,
    iif(outcome = 'healed', max(0, ceil(log2(max(1, (closed_at - opened_at) / 1000.0)))), 0), count(*)
  FROM incidents WHERE status = 'closed' AND outcome IS NOT NULL GROUP BY 1, 2, 3;
INSERT INTO action_hours (hour, count) SELECT calling_at / 3600000, count(*) FROM calls GROUP BY 1;

CREATE TRIGGER incident_hours_opened AFTER INSERT ON incidents BEGIN
  INSERT INTO incident_hours (hour, what, scale, count) VALUES (new.opened_at / 3600000, 'opened', 0, 1)
    ON CONFLICT (hour, what, scale) DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER incident_hours_closed AFTER UPDATE OF status ON incidents
WHEN new.status = 'closed' AND old.status <> 'closed' AND new.outcome IS NOT NULL BEGIN
  INSERT INTO incident_hours (hour, what, scale, count) VALUES (new.closed_at / 3600000, new.outcome,
    iif(new.outcome = 'healed', max(0, ceil(log2(max(1, (new.closed_at - new.opened_at) / 1000.0)))), 0), 1)
    ON CONFLICT (hour, what, scale) DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER action_hours_called AFTER INSERT ON calls BEGIN
  INSERT INTO action_hours (hour, count) VALUES (new.calling_at / 3600000, 1)
    ON CONFLICT (hour) DO UPDATE SET count = count + 1;
END;
