import { ScriptExit } from '../script.ts';
import { CONTAINER } from './container.ts';
import { LOCKED } from './locked.ts';

/** Looks whether the engine holds an image, and whether there is room for it. Needs IMAGE (by digest), HEX. */
export const LOOK_FOR_IMAGE = `${LOCKED}${CONTAINER}
main() {
  enter
  leave
  need_docker
  if holds_image "$IMAGE"; then echo present; else echo absent; fi
  # The newest ones are kept.
  if [ -e "$base/images/$HEX" ]; then touch "$base/images/$HEX"; fi
  root=$(timeout 10 docker info --format '{{.DockerRootDir}}') || exit 1
  df --block-size=1 --output=avail "$root" | tail -n 1
}`;

/**
 * Has the engine fetch an image, with the login that root has there. What is fetched by Onward is on record, so that it goes again when nobody
 * goes back to it. Needs IMAGE (by digest), HEX, ANSWER_TENTHS, LIMIT_TENTHS.
 */
export const PULL_IMAGE = `${LOCKED}${CONTAINER}
main() {
  enter
  leave
  need_docker
  HOME=~root
  export HOME
  said=$(mktemp -d) || exit 1
  trap 'rm -rf "$said"' EXIT
  docker pull "$IMAGE" >"$said/out" 2>"$said/err" </dev/null &
  pull=$!
  tenths=0
  while kill -0 "$pull" 2>/dev/null; do
    # The engine speaks once the registry has told what the image consists of.
    if [ "$tenths" -ge "$ANSWER_TENTHS" ] && [ ! -s "$said/out" ]; then kill "$pull"; exit ${ScriptExit.registrySilent}; fi
    if [ "$tenths" -ge "$LIMIT_TENTHS" ]; then kill "$pull"; fail ${ScriptExit.notPulled} 'it took too long'; fi
    sleep 0.1
    tenths=$((tenths + 1))
  done
  wait "$pull" || fail ${ScriptExit.notPulled} "$(tail -n 1 "$said/err")"
  holds_image "$IMAGE" || exit ${ScriptExit.wrongArtifact}
  mkdir -p -m 0700 "$base/images" || exit 1
  write "$base/images/$HEX" "$IMAGE"
}`;
