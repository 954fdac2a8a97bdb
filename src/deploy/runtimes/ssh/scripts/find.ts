import { UNIT } from './unit.ts';

/** Which service an instance on this host belongs to; nothing when it is not here. Needs ID. */
export const FIND = `
base=$FOLDER/$DEPLOYMENT
${UNIT}
main() {
  dir=$(find_instance "$ID")
  if [ -n "$dir" ]; then service=\${dir%/*}; printf '%s\\n' "\${service##*/}"; fi
}`;
