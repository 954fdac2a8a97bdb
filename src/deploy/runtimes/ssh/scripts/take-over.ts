import { ScriptExit } from '../script.ts';
import { LOCKED } from './locked.ts';
import { UNIT } from './unit.ts';

/**
 * Puts a unit that Onward has not started on record as an instance: what it was compared with, and when. The unit is not touched. Again, it is
 * what was compared last. Needs ID, SERVICE, UNIT, TAKEN (its unit), SPEC, ARTIFACT (its folder, or its image by digest), PROGRAMS and PATHS (one
 * a line), PROVEN_AT, CONTAINER, IMAGE_ID, PORT, GRACE_MS; empty what it does not have.
 */
export const TAKE_OVER = `${LOCKED}${UNIT}
main() {
  enter
  place=$base/instances/$SERVICE
  if is_down "$TAKEN" || [ -n "$(held_by "$TAKEN")" ]; then fail ${ScriptExit.noInstance} "$TAKEN"; fi
  if [ -e "$place/$ID" ] && [ "$(cat "$place/$ID/taken" 2>/dev/null)" != "$TAKEN" ]; then exit ${ScriptExit.otherSpec}; fi
  new=$place/.creating-$ID
  rm -rf "$new"
  mkdir -p "$new" || exit 1
  write "$new/taken" "$TAKEN"
  write "$new/artifact" "$ARTIFACT"
  write "$new/programs" "$PROGRAMS"
  write "$new/paths" "$PATHS"
  write "$new/proven-at" "$PROVEN_AT"
  write "$new/kind" service
  write "$new/grace-ms" "$GRACE_MS"
  write "$new/since" "$(date +%s)"
  if [ -n "$CONTAINER" ]; then write "$new/container" "$CONTAINER"; write "$new/image-id" "$IMAGE_ID"; fi
  if [ -n "$PORT" ]; then write "$new/address" "PORT=$PORT"; else : >"$new/address" || exit 1; fi
  write "$new/desired" running
  write "$new/spec.json" "$SPEC"
  rm -rf "$place/$ID" || exit 1
  mv "$new" "$place/$ID" || exit 1
}`;
