import { type ImageReference, parseImageReference } from '../model/index.ts';
import { explainUnknownVariable, fillVersion } from './version-template.ts';

/** The image that product.yaml names, for one version; `undefined` when the version makes none of it. */
export function fillImageTemplate(template: string, version: string): ImageReference | undefined {
  return parseImageReference(fillVersion(template, version));
}

/** What is wrong with the image that product.yaml names; `undefined` when nothing is. */
export function explainWrongImage(template: string): string | undefined {
  const unknown = explainUnknownVariable(template);
  if (unknown !== undefined) return unknown;
  const [image, other] = ['1.0.0', '2'].map((version) => fillImageTemplate(template, version));
  if (!image || !other) return `must name an image, such as registry.example/shop/api:\${version}`;
  if (image.repository !== other.repository || image.registry !== other.registry || image.digest !== other.digest) {
    return `may hold \${version} in the tag only`;
  }
  if (image.tag !== undefined || image.digest !== undefined) return undefined;
  return 'must have a tag or a digest: without one it means whatever is the latest';
}
