-- Leaps of log time: what lies before one counts as later by so much, so that a clock that leaps frees no budget.
CREATE TABLE leaps (
  at  INTEGER NOT NULL,
  by  INTEGER NOT NULL
) STRICT;

-- by how much the clock has jumped, while that holds everything: a process that ends meanwhile leaves it to the next one.
INSERT INTO meta (key, value) VALUES ('jumped', 0);

-- Who took over an incident, so that its page need not be sent any more.
ALTER TABLE escalations ADD COLUMN acknowledged_by TEXT;
