-- A slow database is a fault that a restart of the api does not heal.
alter table faults
  drop constraint if exists faults_kind_check,
  drop constraint if exists faults_check,
  add constraint faults_kind_check check (kind in ('errors', 'latency', 'slow_database')),
  add constraint faults_check check ((kind <> 'errors') = (ms is not null));
