/**
 * @typedef {object} Place
 * @property {ReturnType<typeof import('./onward.mjs').createOnward>} onward
 * @property {{ mark(name: string): Promise<unknown> }} load
 * @property {(text: string) => void} open
 */

/**
 * The vendor publishes a release, and the operator upgrades to it, which must succeed.
 *
 * @param {string} version @param {Place} place @param {string} [story]
 */
export async function upgradeTo(version, { onward, load, open }, story = `The vendor publishes ${version}`) {
  open(`${story}, and the operator upgrades`);
  await onward.must(`channel set stable ${version}`);
  await load.mark(`to ${version}`);
  await onward.must('upgrade --yes');
  await load.mark(`on ${version}`);
}

/** The operator tries a release of which there is nothing good to say. @param {Place} place @param {string} [story] */
export async function tryBroken({ onward, load, open }, story = 'The operator tries 1.3.0, which is broken') {
  open(story);
  await load.mark('try 1.3.0');
  const { exit } = await onward.run('upgrade --version 1.3.0 --yes');
  await load.mark('after');
  return { exit };
}
