import { join } from 'node:path';
import { buildShop } from '../shop/build.mjs';
import { copyChanged } from './files.mjs';

/** What the demos install, upgrade to, and bring back from. */
export const RELEASES = ['1.0.0', '1.1.0', '1.2.0', '1.3.0'];

/**
 * As the vendor does, version by version: builds the shop, then the release, in `product/<version>` of a folder.
 *
 * @param {import('./run-demo.mjs').Stage} stage
 * @param {object} options
 * @param {ReturnType<typeof import('./onward.mjs').createOnward>} options.onward
 * @param {string} options.folder
 * @param {readonly string[]} [options.versions]
 * @param {string | URL} [options.product] another product.yaml than the shop's own
 * @param {Record<string, string>} [options.replacements] in it
 * @param {(version: string, bundles: string) => Promise<void>} [options.publishImages] comes first, because the release pins them
 */
export async function publishReleases(
  stage,
  { onward, folder, versions = RELEASES, product, replacements = {}, publishImages },
) {
  for (const version of versions) {
    stage.say(`Publishing release ${version}`);
    const vendor = join(folder, 'product', version);
    const own = join(vendor, 'product.yaml');
    await buildShop(version, vendor);
    if (product) await copyChanged(product, own, replacements);
    await publishImages?.(version, join(vendor, 'dist'));
    await onward.must(['release', 'build', version, '--product', own, '--to', join(folder, 'releases')]);
  }
}
