import { UNIT } from './unit.ts';

/** The last lines of an instance's processes, without what systemd says of them. Needs ID, UNIT, LINES. */
export const TAIL = `
base=$FOLDER/$DEPLOYMENT
${UNIT}
main() {
  dir=$(find_instance "$ID")
  if [ -z "$dir" ] || [ ! -e "$dir/since" ]; then exit 0; fi
  journalctl --quiet --no-pager --output=cat --since="@$(cat "$dir/since")" "_SYSTEMD_UNIT=$(unit_of "$ID")" | tail -n "$LINES"
}`;
