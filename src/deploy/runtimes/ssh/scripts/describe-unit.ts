import { UNIT } from './unit.ts';

/** The files that make a unit, without the drop-in of Onward. Prints nothing when there is no such unit. Needs UNIT. */
export const DESCRIBE_UNIT = `
base=$FOLDER/$DEPLOYMENT
${UNIT}
main() {
  unit=$(unit_of onward)
  fragment=$(systemctl show --property FragmentPath --value "$unit")
  if [ -z "$fragment" ]; then exit 0; fi
  cat "$fragment" || exit 1
  for path in $(systemctl show --property DropInPaths --value "$unit"); do
    case $path in */$drop_in) ;; *) printf '\\n# %s\\n' "$path"; cat "$path" || exit 1 ;; esac
  done
}`;
