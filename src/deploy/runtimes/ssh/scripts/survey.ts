import { UNIT } from './unit.ts';

/** What a host has and is. Changes nothing. Needs UNITS (`service:unit`, separated by spaces) and HEXES (artifacts that are looked for). */
export const SURVEY = `
base=$FOLDER/$DEPLOYMENT
${UNIT}
main() {
  printf 'now %s\\n' "$(date +%s%3N)"
  printf 'systemd %s\\n' "$(systemctl --version | head -n 1)"
  printf 'machine %s %s %s\\n' "$(cat /etc/machine-id 2>/dev/null)" "$(cat /proc/sys/kernel/random/boot_id)" "$(stat -c %d:%i /)"
  if [ -r /etc/os-release ]; then (. /etc/os-release; printf 'system %s\\n' "\${PRETTY_NAME:-unknown}"); fi
  folder=$base
  while [ ! -d "$folder" ]; do folder=\${folder%/*}; folder=\${folder:-/}; done
  printf 'disk %s\\n' "$(df --block-size=1 --output=avail "$folder" | tail -n 1)"
  sed -n 's/^MemAvailable: *\\([0-9]*\\) kB$/memory \\1/p' /proc/meminfo
  for hex in $HEXES; do if [ -s "$base/artifacts/$hex.staged" ]; then printf 'artifact %s\\n' "$hex"; fi; done
  for pair in $UNITS; do
    service=\${pair%%:*}
    UNIT=\${pair#*:}
    for dir in "$base/instances/$service"/*/; do
      dir=\${dir%/}
      if [ ! -e "$dir/desired" ]; then continue; fi
      printf 'used %s %s\\n' "$service" "$(systemctl show --property MemoryCurrent --value "$(unit_of "\${dir##*/}")")"
    done
  done
}`;
