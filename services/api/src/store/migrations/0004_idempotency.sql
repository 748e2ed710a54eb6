-- What was asked for under which Idempotency-Key, and what was answered. Written together with the transaction.
create table if not exists idempotency_keys (
  key            text        primary key check (length(key) between 1 and 64),
  fingerprint    text        not null,  -- of the body, to tell a repeat from another purchase
  transaction_id uuid        not null references transactions (id) on delete cascade,
  answer_status  smallint    check (answer_status between 200 and 599),
  answer         json,                  -- json and not jsonb: it is replayed as it was, order included
  expires_at     timestamptz not null,
  check ((answer_status is null) = (answer is null))
);

create index if not exists idempotency_keys_expiry on idempotency_keys (expires_at);
