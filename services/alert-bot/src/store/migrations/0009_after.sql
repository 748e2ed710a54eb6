-- Evidence is captured before an action, and once more when the proof of its attempt is over.
ALTER TABLE evidence ADD COLUMN moment TEXT NOT NULL DEFAULT 'before' CHECK (moment IN ('before', 'after'));
