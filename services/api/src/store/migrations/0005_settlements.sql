-- One settlement: the completed transactions of one currency that were paid out together.
create table if not exists settlements (
  id           uuid        primary key default gen_random_uuid(),
  currency     text        not null check (currency ~ '^[A-Z]{3}$'),
  amount       bigint      not null check (amount > 0),        -- minor units, the sum of its transactions
  transactions integer     not null check (transactions > 0),
  created_at   timestamptz not null default clock_timestamp()
);

create index if not exists settlements_newest_first on settlements (created_at desc, id desc);

-- One column: a transaction cannot be in two settlements.
alter table transactions add column if not exists settlement_id uuid references settlements (id);

-- The work that is left, oldest first; it stays as small as that, however many are settled.
create index if not exists transactions_unsettled on transactions (created_at, id)
  where status = 'completed' and settlement_id is null;
