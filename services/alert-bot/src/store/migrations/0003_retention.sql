-- Retention: what is oldest is found, and what refers to it, without reading the whole log.

-- The boot whose try of a delivery is counted and not yet over: a delivery that ends the process is counted all the same.
ALTER TABLE deliveries ADD COLUMN begun INTEGER;

CREATE INDEX deliveries_received ON deliveries (received_at);
CREATE INDEX delivery_alerts_heartbeat ON delivery_alerts (delivery_id) WHERE outcome = 'heartbeat';
CREATE INDEX delivery_alerts_incident ON delivery_alerts (incident_id);
CREATE INDEX incidents_closed ON incidents (closed_at) WHERE status = 'closed';
CREATE INDEX incidents_storm ON incidents (storm_id);
CREATE INDEX storms_incident ON storms (incident_id);
CREATE INDEX approvals_incident ON approvals (incident_id);
CREATE INDEX escalations_incident ON escalations (incident_id);
CREATE INDEX evidence_attempt ON evidence (attempt_id);
CREATE INDEX evidence_kept ON evidence (incident_id) WHERE content <> '';
CREATE INDEX calls_instance ON calls (instance_id);

-- log_time: log time when something was last pruned, so that it does not go back with the rows.
-- pruning: the incident that is being removed, so that none stays with half of its rows.
-- backup_at and restored_at: when this log was copied, and when the copy took the place of another log.
INSERT INTO meta (key, value) VALUES ('log_time', 0), ('pruning', 0), ('backup_at', 0), ('restored_at', 0);
