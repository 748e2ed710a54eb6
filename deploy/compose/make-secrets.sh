#!/bin/bash
# Makes every secret of docker-compose.yml on the first start, into the volumes of those who need it, and leaves
# alone what is there. One file is the original, the others are copies of it and follow it on each start:
#
#   alert-bot/tokens/webhook  the bot     → alertmanager/webhook        its first token
#   alert-bot/tokens/admin    the bot
#   postgres/password         PostgreSQL  → api/database-password       used by PostgreSQL on its first start only
#   api/faults-token          the api
#   payments/faults-token     payments
#   postgres/monitoring-password  PostgreSQL → postgres-exporter/password   set in PostgreSQL on each start
#   grafana/admin-password    Grafana     → alert-bot/grafana-password  used by Grafana on its first start only
#
# The last two serve the profile `all` and are made without it too, so that it can be added later.
#
# As root, since seven users own these files; with no network, and of root's capabilities only those to give a file
# away and to look into another's folder.
set -euo pipefail
umask 077
cd "${SECRETS:-/secrets}"

bot=10002 api=10003 payments=10004 alertmanager=65534 postgres=999 grafana=472 exporter=65534

random() { head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n'; }

# folder OWNER NAME
folder() {
  mkdir -p "$2"
  [ "$(stat -c %u "$2")" = "$1" ] && return
  chmod 0700 "$2"
  chown "$1:$1" "$2"
}

# put OWNER FILE: standard input, whole or not at all, also when the machine stops in between
put() {
  local draft=$2.new
  rm -f "$draft"
  cat >"$draft"
  chmod 0600 "$draft"
  chown "$1:$1" "$draft"
  sync "$draft"
  mv "$draft" "$2"
}

# make OWNER FILE
make() {
  [ -s "$2" ] && return
  local secret
  secret=$(random)
  printf '%s\n' "$secret" | put "$1" "$2"
  echo "made $2"
}

# follow OWNER FILE ORIGINAL: the original's first line that is a secret
follow() {
  local secret
  secret=$(grep -m 1 -Ev '^[[:space:]]*(#|$)' "$3" | tr -d '[:space:]')
  [ -e "$2" ] && [ "$(<"$2")" = "$secret" ] && return
  # Alertmanager sends the whole file, so there is no line end in it.
  printf '%s' "$secret" | put "$1" "$2"
  echo "copied $3 to $2"
}

folder $bot alert-bot
folder $bot alert-bot/tokens
folder $alertmanager alertmanager
folder $postgres postgres
folder $api api
folder $payments payments
folder $grafana grafana
folder $exporter postgres-exporter

make $bot alert-bot/tokens/webhook
make $bot alert-bot/tokens/admin
make $postgres postgres/password
make $api api/faults-token
make $payments payments/faults-token
make $postgres postgres/monitoring-password
make $grafana grafana/admin-password
follow $alertmanager alertmanager/webhook alert-bot/tokens/webhook
follow $api api/database-password postgres/password
follow $bot alert-bot/grafana-password grafana/admin-password
follow $exporter postgres-exporter/password postgres/monitoring-password
