/**
 * @typedef {object} Place
 * @property {ReturnType<typeof import('./onward.mjs').createOnward>} onward
 * @property {ReturnType<typeof import('./vendor.mjs').createVendor>} vendor
 * @property {{ mark(name: string): Promise<unknown> }} load
 * @property {(text: string) => void} open
 */

/**
 * The vendor publishes releases, and the operator upgrades to the last of them, which must succeed.
 *
 * @param {readonly string[]} versions @param {Place} place @param {string} [story] of the vendor
 */
export async function upgradeTo(versions, { onward, vendor, load, open }, story) {
  const version = versions.at(-1);
  open(`${story ?? `The vendor publishes ${versions.join(' and ')}`}, and the operator upgrades`);
  await vendor.publish(...versions);
  await onward.must(`channel set stable ${version}`);
  await load.mark(`to ${version}`);
  await onward.must('upgrade --yes');
  await load.mark(`on ${version}`);
}

/** The operator tries a release that never gets ready. @param {Place} place @param {string} [story] */
export async function tryBroken({ onward, vendor, load, open }, story = 'The operator tries 1.3.0, which is broken') {
  open(story);
  await vendor.publish('1.3.0');
  await load.mark('try 1.3.0');
  const { exit } = await onward.run('upgrade --version 1.3.0 --yes');
  await load.mark('after');
  return { exit };
}
