import { CONTAINER } from './container.ts';
import { UNIT } from './unit.ts';

/** What there is of a service's instances on a host, for `parse-listing.ts`. Changes nothing. Needs SERVICE. */
export const LIST = `
base=$FOLDER/$DEPLOYMENT
${UNIT}${CONTAINER}
one_line() { # <key> <file>; no program is started for it: this runs many times in a row
  if [ -s "$2" ]; then IFS= read -r line <"$2"; printf '%s %s\\n' "$1" "$line"; fi
}
main() {
  read -r uptime idle </proc/uptime
  printf 'uptime %s\\n' "$uptime"
  units=
  has_image=no
  for dir in "$base/instances/$SERVICE"/*/; do
    dir=\${dir%/}
    id=\${dir##*/}
    if [ ! -d "$dir" ]; then continue; fi
    unit=$(unit_of "$id")
    printf 'instance %s\\n' "$id"
    printf 'unit %s\\n' "$unit"
    one_line spec "$dir/spec.json"
    one_line desired "$dir/desired"
    one_line address "$dir/address"
    one_line exit "$dir/exit"
    one_line image-id "$dir/image-id"
    if [ -s "$dir/image-id" ]; then has_image=yes; fi
    if [ -e "$dir/desired" ]; then printf 'held-by %s\\n' "$(held_by "$unit")"; units="$units $unit"; fi
  done
  if [ "$has_image" = yes ]; then list_containers; fi
  if [ -n "$units" ]; then
    systemctl show --property Id,LoadState,ActiveState,SubState,MainPID,NRestarts,ExecMainStartTimestampMonotonic $units
  fi
}`;
