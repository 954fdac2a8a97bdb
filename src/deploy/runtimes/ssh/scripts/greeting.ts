import { type Script, ScriptExit } from '../script.ts';

/** The first script on a host: whether it has what the others need. */
export const GREETING: Script = {
  action: 'look at what there is',
  variables: {},
  text: `
main() {
  missing=
  for tool in systemctl systemd-run journalctl flock tar gzip sha256sum find df mktemp sync; do
    command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"
  done
  [ -z "$missing" ] || fail ${ScriptExit.unsuitable} "it lacks$missing"
  case $(systemctl is-system-running 2>/dev/null) in
    offline | unknown | '') fail ${ScriptExit.unsuitable} 'systemd does not run there' ;;
  esac
}`,
};

/** Does nothing: whoever runs it is connected afterwards. */
export const LOG_IN: Script = { action: 'log in', variables: {}, text: 'main() { :; }' };
