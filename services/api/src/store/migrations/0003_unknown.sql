-- A transaction of a process that ended before it kept the gateway's answer: nobody knows whether the money is held.
alter table transactions
  drop constraint if exists transactions_status_check,
  add constraint transactions_status_check
    check (status in ('pending', 'completed', 'declined', 'failed', 'unknown'));

-- A page of one status, and the pending ones of long ago, without reading past all the others.
create index if not exists transactions_of_status on transactions (status, created_at desc, id desc);
