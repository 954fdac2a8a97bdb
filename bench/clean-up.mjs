/** @type {{ remove: () => Promise<unknown>, removed?: Promise<void> }[]} */
const owed = [];

/**
 * Remembers what has to be gone at the end, also when somebody interrupts the bench. The returned function removes it, once; what cannot be
 * removed is said, and stops nothing.
 *
 * @param {string} what for people
 * @param {() => Promise<unknown>} remove
 */
export function oweRemoval(what, remove) {
  if (owed.length === 0) for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void leave());
  const entry = {
    remove: () => remove().catch((error) => console.error(`${what} is left: ${error.message}`)),
  };
  owed.push(entry);
  return () => settle(entry);
}

/** @param {(typeof owed)[number]} entry */
function settle(entry) {
  entry.removed ??= entry.remove().then(() => {});
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
