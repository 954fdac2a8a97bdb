import { ScriptExit } from '../script.ts';

/** How long a script waits for another one of the same deployment on its host. */
const LOCK_WAIT_S = 30;
const LOG_BYTES = 1_048_576;

/**
 * `enter` begins the section in which one script at a time may change a deployment on its host, and `leave` ends it. A script whose epoch is
 * lower than the highest one seen there changes nothing; a higher one is remembered before anything else. Needs FOLDER, DEPLOYMENT, EPOCH, ACTION.
 */
export const LOCKED = `
base=$FOLDER/$DEPLOYMENT
make_base() {
  (umask 022; mkdir -p "$base/artifacts") && mkdir -p -m 0700 "$base/instances" || exit 1
}
write() { # <path> <text>: whole or not at all
  if printf '%s\\n' "$2" >"$1.tmp" && sync "$1.tmp" && mv -f "$1.tmp" "$1"; then return; fi
  rm -f "$1.tmp"
  exit 1
}
enter() {
  make_base
  exec 9>>"$base/lock" || exit 1
  flock -w ${LOCK_WAIT_S} 9 || exit ${ScriptExit.busy}
  seen=0
  if [ -s "$base/epoch" ]; then read -r seen <"$base/epoch"; fi
  case $seen in '' | *[!0-9]*) fail ${ScriptExit.unsuitable} "$base/epoch holds no number" ;; esac
  if [ "$EPOCH" -lt "$seen" ]; then
    note "refused ($ACTION): epoch $seen was seen"
    fail ${ScriptExit.fenced} "epoch $EPOCH is lower than $seen"
  fi
  if [ "$EPOCH" -gt "$seen" ]; then write "$base/epoch" "$EPOCH"; fi
  note "$ACTION"
}
leave() { exec 9>&-; }
note() { # A full disk is no reason not to act: what needs room says so itself.
  if [ "$(stat -c %s "$base/actions.log" 2>/dev/null || echo 0)" -gt ${LOG_BYTES} ]; then mv -f "$base/actions.log" "$base/actions.log.1"; fi
  printf '%s epoch=%s run=%s %s\\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$EPOCH" "\${RUN:--}" "$1" 2>/dev/null >>"$base/actions.log" || :
}
`;
