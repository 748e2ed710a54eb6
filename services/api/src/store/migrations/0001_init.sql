-- Runs inside one transaction under an advisory lock (store/migrate.ts); running it twice changes nothing.

create table if not exists transactions (
  id          uuid        primary key default gen_random_uuid(),
  amount      bigint      not null check (amount > 0),              -- minor units: 1250 is 12.50
  currency    text        not null check (currency ~ '^[A-Z]{3}$'), -- ISO 4217
  description text        check (length(description) <= 200),
  status      text        not null check (status in ('completed', 'failed')),
  created_at  timestamptz not null default clock_timestamp()
);

-- Newest first; the id breaks ties, so that paging neither skips nor repeats.
create index if not exists transactions_newest_first on transactions (created_at desc, id desc);

-- Faults that a restart does not heal; at most one of each kind.
create table if not exists faults (
  kind   text             primary key check (kind in ('errors', 'latency')),
  rate   double precision not null check (rate between 0 and 1),
  ms     integer          check (ms between 1 and 60000),
  set_at timestamptz      not null default now(),
  check ((kind = 'latency') = (ms is not null))
);
