import { LOCKED } from './locked.ts';

/** Makes the folders of a deployment. */
export const PROVISION = `${LOCKED}
main() {
  make_base
  note "$ACTION"
  systemctl daemon-reload
}`;

/** Writes a unit file where there is none: it is there whole, or not at all. Needs UNIT_PATH, UNIT_TEXT. */
export const WRITE_UNIT = `${LOCKED}
main() {
  make_base
  new=$(mktemp "$UNIT_PATH.XXXXXX") || exit 1
  trap 'rm -f "$new"' EXIT
  printf '%s\\n' "$UNIT_TEXT" >"$new" || exit 1
  chmod 0644 "$new"
  if ln "$new" "$UNIT_PATH" 2>/dev/null; then note "$ACTION"; fi
  [ -e "$UNIT_PATH" ]
}`;
