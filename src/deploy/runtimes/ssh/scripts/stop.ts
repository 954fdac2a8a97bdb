import { ScriptExit } from '../script.ts';
import { CONTAINER } from './container.ts';
import { LOCKED } from './locked.ts';
import { UNIT } from './unit.ts';

/**
 * Ends an instance: that it is not wanted any more is on disk first. The wait for its end is outside of the lock, so that other services go
 * on meanwhile. Needs ID, UNIT, LIMIT_TENTHS.
 */
export const STOP = `${LOCKED}${UNIT}${CONTAINER}
stop_taken() { # <container>: its unit may not have waited for it
  if [ "$(docker container inspect --format '{{.State.Running}}' "$1" 2>/dev/null)" != true ]; then return; fi
  docker stop -t "$((($(cat "$dir/grace-ms") + 999) / 1000))" "$1" >/dev/null || need_docker || exit 1
}
main() {
  enter
  dir=$(find_instance "$ID")
  if [ -z "$dir" ] || [ ! -e "$dir/desired" ]; then exit 0; fi
  unit=$(unit_of "$ID")
  write "$dir/desired" stopped
  if ! is_its_own "$ID" "$unit"; then exit 0; fi
  if [ -s "$dir/taken" ] && systemctl is-enabled --quiet "$unit" 2>/dev/null; then : >"$dir/was-enabled"; fi
  systemctl disable --quiet --no-reload "$unit" 2>/dev/null || :
  if ! is_down "$unit"; then systemctl stop --no-block "$unit" || exit 1; fi
  leave
  tries=0
  while ! is_down "$unit"; do
    tries=$((tries + 1))
    if [ "$tries" -gt "$LIMIT_TENTHS" ]; then exit ${ScriptExit.stillEnding}; fi
    sleep 0.1
  done
  if is_image "$(cat "$dir/artifact")"; then remove_container "$unit"; fi
  if [ -s "$dir/container" ]; then stop_taken "$(cat "$dir/container")"; fi
  systemctl reset-failed "$unit" 2>/dev/null || :
}`;
