import { type ImageReference, parseImageReference } from '../model/index.ts';

const VERSION = /\$\{version\}/g;

/** The image that product.yaml names, for one version; `undefined` when the version makes none of it. */
export function fillImageTemplate(template: string, version: string): ImageReference | undefined {
  return parseImageReference(template.replaceAll(VERSION, () => version));
}

/** What is wrong with the image that product.yaml names; `undefined` when nothing is. */
export function explainWrongImage(template: string): string | undefined {
  const [unknown] = /\$\{[^}]*\}?|\$\w*/.exec(template.replaceAll(VERSION, '')) ?? [];
  if (unknown !== undefined) return `knows no ${unknown}; only \${version} is replaced`;
  const [image, other] = ['1.0.0', '2'].map((version) => fillImageTemplate(template, version));
  if (!image || !other) return `must name an image, such as registry.example/shop/api:\${version}`;
  if (image.repository !== other.repository || image.registry !== other.registry || image.digest !== other.digest) {
    return `may hold \${version} in the tag only`;
  }
  if (image.tag !== undefined || image.digest !== undefined) return undefined;
  return 'must have a tag or a digest: without one it means whatever is the latest';
}
