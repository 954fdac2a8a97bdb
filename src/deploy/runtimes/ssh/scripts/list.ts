import { CONTAINER } from './container.ts';
import { FOREIGN } from './foreign.ts';
import { UNIT } from './unit.ts';

/** What there is of a service's instances on a host, for `parse-listing.ts`. Changes nothing. Needs SERVICE. */
export const LIST = `
base=$FOLDER/$DEPLOYMENT
${UNIT}${CONTAINER}${FOREIGN}
one_line() { # <key> <file>; no program is started for it: this runs many times in a row
  if [ -s "$2" ]; then IFS= read -r line <"$2"; printf '%s %s\\n' "$1" "$line"; fi
}
show_taken() { # <folder>
  units="$units $unit"
  if [ -n "$(held_by "$unit")" ]; then return; fi
  printf 'held-by %s\\n' "$id"
  if is_down "$unit"; then return; fi
  if [ -s "$1/container" ]; then show_taken_container "$1"; elif ! is_as_proven "$1"; then echo 'proof lost'; fi
}
show_taken_container() { # <folder>
  timeout 5 docker container inspect "$(cat "$1/container")" \\
    --format "container $unit {{.State.Status}} {{.State.Pid}} {{.Image}}" 2>/dev/null
  if [ $? = 124 ]; then echo 'containers unknown'; fi
}
is_as_proven() { # <folder>: it runs from where it did, and nothing there has changed since
  find_running "$unit" "$(cat "$1/programs")" && [ "$root" = "$(cat "$1/artifact")" ] || return 1
  paths=$(cat "$1/paths")
  changed=$(cd "/proc/$pid/root$root" && changed_after "$(cat "$1/proven-at")" "$paths") && [ -z "$changed" ]
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
    if [ -s "$dir/taken" ]; then show_taken "$dir"; continue; fi
    if [ -e "$dir/desired" ]; then printf 'held-by %s\\n' "$(held_by "$unit")"; units="$units $unit"; fi
  done
  if [ "$has_image" = yes ]; then list_containers; fi
  if [ -n "$units" ]; then
    systemctl show --property Id,LoadState,ActiveState,SubState,MainPID,NRestarts,ExecMainStartTimestampMonotonic $units
  fi
}`;
