import { join } from 'node:path';
import { buildShop } from '../shop/build.mjs';
import { copyChanged } from './files.mjs';

/**
 * The vendor of the shop, who works in `product/<version>` of a folder and publishes to `releases` in it.
 *
 * @param {object} options
 * @param {ReturnType<typeof import('./onward.mjs').createOnward>} options.onward
 * @param {string} options.folder
 * @param {string | URL} [options.product] another product.yaml than the shop's own
 * @param {Record<string, string>} [options.replacements] in it
 * @param {(version: string, bundles: string) => Promise<void>} [options.publishImages] comes before the release, which pins them
 */
export function createVendor({ onward, folder, product, replacements = {}, publishImages }) {
  return {
    /** Builds the shop as it stood at each of these versions, and publishes the release. @param {...string} versions */
    async publish(...versions) {
      for (const version of versions) {
        const own = join(folder, 'product', version);
        await buildShop(version, own);
        if (product) await copyChanged(product, join(own, 'product.yaml'), replacements);
        await publishImages?.(version, join(own, 'dist'));
        const build = ['release', 'build', version, '--product', join(own, 'product.yaml')];
        await onward.must([...build, '--to', join(folder, 'releases')]);
      }
    },
  };
}
