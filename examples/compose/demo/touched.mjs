/** @typedef {import('./docker.mjs').ContainerView} ContainerView */

/**
 * Services of which a container was made, removed, started or stopped between two looks, although nobody should have.
 *
 * @param {readonly ContainerView[]} before
 * @param {readonly ContainerView[]} after
 * @param {readonly string[]} allowed
 * @returns {string[]}
 */
export function findDisturbed(before, after, allowed) {
  const services = new Set([...before, ...after].map(({ service }) => service));
  const own = (/** @type {readonly ContainerView[]} */ views, /** @type {string} */ name) =>
    views.filter(({ service }) => service === name);
  return [...services].filter((name) => !allowed.includes(name) && !isSame(own(before, name), own(after, name)));
}

/** @param {readonly ContainerView[]} before @param {readonly ContainerView[]} after */
export function isSame(before, after) {
  return JSON.stringify(before) === JSON.stringify(after);
}
