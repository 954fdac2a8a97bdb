/** @type {Set<{ remove: () => Promise<unknown>, removed?: Promise<void> }>} */
const owed = new Set();
let isHeard = false;

/**
 * Remembers what has to be gone at the end, also when somebody interrupts the bench. The returned function removes it, once; what cannot be
 * removed is said, and stops nothing.
 *
 * @param {string} what for people
 * @param {() => Promise<unknown>} remove
 */
export function oweRemoval(what, remove) {
  if (!isHeard) for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void leave());
  isHeard = true;
  const entry = {
    remove: () => remove().catch((error) => console.error(`${what} is left: ${error.message}`)),
  };
  owed.add(entry);
  return () => settle(entry);
}

/** @param {typeof owed extends Set<infer Entry> ? Entry : never} entry */
function settle(entry) {
  entry.removed ??= entry.remove().then(() => void owed.delete(entry));
  return entry.removed;
}

/** Removes what has not been removed yet; the last that was made goes first. */
export async function removeOwed() {
  for (const entry of [...owed].reverse()) await settle(entry);
}

async function leave() {
  await removeOwed();
  process.exit(130);
}
