import { ScriptExit } from '../script.ts';
import { LOCKED } from './locked.ts';
import { UNIT } from './unit.ts';

/**
 * Writes what an instance is made of. Needs ID, SERVICE, SPEC, ENVIRONMENT (a file's text, which may hold secrets), PROGRAM, WORDS (escaped for
 * systemd), ARTIFACT, KIND, GRACE_MS.
 */
export const CREATE = `${LOCKED}${UNIT}
main() {
  enter
  found=$(find_instance "$ID")
  if [ -n "$found" ]; then
    if [ "$(cat "$found/spec.json")" = "$SPEC" ]; then exit 0; fi
    exit ${ScriptExit.otherSpec}
  fi
  new=$base/instances/$SERVICE/.creating-$ID
  rm -rf "$new"
  mkdir -p "$new" || exit 1
  write "$new/environment" "$ENVIRONMENT"
  write "$new/program" "$PROGRAM"
  write "$new/words" "$WORDS"
  write "$new/artifact" "$ARTIFACT"
  write "$new/kind" "$KIND"
  write "$new/grace-ms" "$GRACE_MS"
  write "$new/spec.json" "$SPEC"
  mv "$new" "$base/instances/$SERVICE/$ID" || exit 1
}`;
