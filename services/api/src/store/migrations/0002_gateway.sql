-- What the payment gateway makes of a transaction: pending until it has answered, and a bank's refusal is no failure.
alter table transactions
  drop constraint if exists transactions_status_check,
  add constraint transactions_status_check check (status in ('pending', 'completed', 'declined', 'failed'));
