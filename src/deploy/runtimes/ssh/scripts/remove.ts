import { ScriptExit } from '../script.ts';
import { CONTAINER } from './container.ts';
import { LOCKED } from './locked.ts';
import { UNIT } from './unit.ts';

/** Artifacts, and images, that stay although no instance is made of them: the one before, and one more. */
const KEPT_ARTIFACTS = 2;

/** Forgets an instance that does not run, and artifacts that nobody goes back to. Needs ID, UNIT. */
export const REMOVE = `${LOCKED}${UNIT}${CONTAINER}
prune() {
  cd "$base/artifacts" || exit 1
  kept=0
  for name in $(ls -1t); do
    case $name in *[!0-9a-f]*) continue ;; esac
    if cat "$base/instances"/*/*/artifact 2>/dev/null | grep -qxF "$base/artifacts/$name"; then continue; fi
    kept=$((kept + 1))
    if [ "$kept" -gt ${KEPT_ARTIFACTS} ]; then rm -rf "$name" "$name.manifest" "$name.staged"; fi
  done
}
prune_images() { # Those that Onward has fetched. What a container runs stays: the engine refuses.
  if [ ! -d "$base/images" ]; then return; fi
  cd "$base/images" || exit 1
  kept=0
  for name in $(ls -1t); do
    if cat "$base/instances"/*/*/artifact 2>/dev/null | grep -qxF "$(cat "$name")"; then continue; fi
    kept=$((kept + 1))
    if [ "$kept" -le ${KEPT_ARTIFACTS} ]; then continue; fi
    timeout 30 docker image rm "$(cat "$name")" >/dev/null 2>&1
    rm -f "$name"
  done
}
main() {
  enter
  # Left by what was cut off: in this section nobody else makes or removes an instance. It may hold secrets.
  rm -rf "$base/instances"/*/.creating-* "$base/instances"/*/.removing-*
  dir=$(find_instance "$ID")
  if [ -z "$dir" ]; then exit 0; fi
  unit=$(unit_of "$ID")
  if is_its_own "$ID" "$unit"; then
    if [ -e "$dir/desired" ] && ! is_down "$unit"; then exit ${ScriptExit.stillRunning}; fi
    if [ -e "$dir/desired" ] && is_image "$(cat "$dir/artifact")"; then remove_container "$unit"; fi
    systemctl disable --quiet --no-reload "$unit" 2>/dev/null || :
    if [ -e "$(drop_in_of "$unit")" ]; then
      rm -f "$(drop_in_of "$unit")"
      rmdir "/etc/systemd/system/$unit.d" 2>/dev/null || :
      systemctl daemon-reload || exit 1
    fi
  fi
  mv "$dir" "\${dir%/*}/.removing-$ID" || exit 1
  rm -rf "\${dir%/*}/.removing-$ID"
  prune
  prune_images
}`;
