-- A log of a million incidents answers as one of a thousand: every question of the engine, of a scrape and of the API has
-- an index, and what is counted is kept.

-- SQLite uses it where the query says status <> 'closed' in so many words.
DROP INDEX incidents_open;
CREATE INDEX incidents_open ON incidents (status, next_look_at) WHERE status <> 'closed';
CREATE INDEX incidents_target ON incidents (target_id);
CREATE INDEX incidents_healed ON incidents (target_id, closed_at) WHERE outcome = 'healed';
CREATE INDEX episodes_open ON episodes (incident_id) WHERE closed_at IS NULL;
CREATE INDEX episodes_fingerprint ON episodes (fingerprint);

CREATE TABLE incident_counts (
  status  TEXT PRIMARY KEY,
  count   INTEGER NOT NULL
) STRICT;
INSERT INTO incident_counts (status, count) SELECT status, count(*) FROM incidents GROUP BY status;
CREATE TRIGGER incidents_counted AFTER INSERT ON incidents BEGIN
  INSERT INTO incident_counts (status, count) VALUES (new.status, 1) ON CONFLICT (status) DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER incidents_moved AFTER UPDATE OF status ON incidents WHEN new.status <> old.status BEGIN
  UPDATE incident_counts SET count = count - 1 WHERE status = old.status;
  INSERT INTO incident_counts (status, count) VALUES (new.status, 1) ON CONFLICT (status) DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER incidents_removed AFTER DELETE ON incidents BEGIN
  UPDATE incident_counts SET count = count - 1 WHERE status = old.status;
END;
